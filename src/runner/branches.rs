//! The branches of a parallel block, as their session's runner sees them: each is a run of its own, with a runner of its
//! own in the same thread.
//!
//! What a session wants of its branches is a value they look at, and how far they are is told in their journals' line
//! numbers, so nothing is lost or done twice whenever the runner dies.
use super::view::View;
use super::{Ears, News, Runner};
use crate::clock;
use crate::engine::{Budget, Phase, State, accept};
use crate::error::{Error, Result};
use crate::exec::process;
use crate::model::{BranchReport, Change, Cursor, Ending, Event, Input, NodeId, Orders, Request};
use crate::plan::{Block, Plan};
use crate::store::crash;
use crate::store::session::{Session, load};
use std::collections::{BTreeMap, BTreeSet};
use std::future::pending;
use std::rc::Rc;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

/// What a session tells its branches.
#[derive(Clone, Debug, Default)]
struct Told {
    orders: Orders,
    /// How often somebody has asked for a stop.
    times: u32,
    /// What they share with it, and how far it knows each of them to be.
    budget: Budget,
    reported: BTreeMap<NodeId, BranchReport>,
}

/// The branches that run, and the lines to them.
#[derive(Default)]
pub(super) struct Branches {
    /// The block's cursor; a later one is another block, or the same one anew.
    at: Cursor,
    running: BTreeSet<NodeId>,
    runners: JoinSet<Result<Ending>>,
    told: watch::Sender<Told>,
    reports: Option<(mpsc::UnboundedSender<Input>, mpsc::UnboundedReceiver<Input>)>,
}

impl Branches {
    /// Tells the branches what is wanted of them, and what there is: that wakes nobody.
    fn tell(&self, told: Told) {
        self.told.send_if_modified(|now| {
            let news = (&now.orders, now.times) != (&told.orders, told.times);
            *now = told;
            news
        });
    }

    /// Waits for what a branch says.
    pub(super) async fn heard(&mut self) -> News {
        let Some((_, reports)) = &mut self.reports else {
            return pending().await;
        };
        tokio::select! {
            biased;
            Some(input) = reports.recv() => News::Branch(input),
            Some(ended) = self.runners.join_next() => match ended {
                // What it said last has been heard.
                Ok(Ok(_)) => News::Look,
                Ok(Err(error)) => News::BranchFailed(error),
                Err(error) => News::BranchFailed(Error::failed(format!("the runner of a branch died: {error}"))),
            },
        }
    }
}

/// A branch's end of the line to its session.
pub(super) struct Line {
    name: NodeId,
    step: u32,
    orders: watch::Receiver<Told>,
    reports: mpsc::UnboundedSender<Input>,
    /// Iterations, and whether it has ended: what was told last.
    told: Option<(u32, bool)>,
}

impl Line {
    pub(super) async fn heard(&mut self) -> News {
        match self.orders.changed().await {
            Ok(()) => News::Look,
            // The session's runner is about to end, and we with it.
            Err(_) => pending().await,
        }
    }
}

impl Runner {
    /// Makes every branch run that has not ended, and tells all of them what is wanted.
    pub(super) fn run_branches(&mut self, at: Cursor) -> Result<()> {
        if self.branches.at != at {
            self.branches = Branches {
                at,
                ..Branches::default()
            };
        }
        let state = self.session.state();
        let (budget, reported) = (
            Budget::of_session(&self.session.plan, state),
            state.branches.clone(),
        );
        self.branches.tell(Told {
            orders: state.orders(),
            times: self.asked_to_stop,
            budget,
            reported,
        });
        let Some(block) = self.session.plan.block(at.node).cloned() else {
            return Ok(());
        };
        for branch in &block.branches {
            let ended = self
                .session
                .state()
                .branches
                .get(&branch.name)
                .is_some_and(|report| report.ending.is_some());
            if !ended && self.branches.running.insert(branch.name.clone()) {
                self.start_branch(&block, &branch.name)?;
            }
        }
        Ok(())
    }

    fn start_branch(&mut self, block: &Block, name: &NodeId) -> Result<()> {
        let step = self.branches.at.node;
        let session = open(&self.session, step, block, name)?;
        let (reports, _) = self
            .branches
            .reports
            .get_or_insert_with(mpsc::unbounded_channel);
        let line = Line {
            name: name.clone(),
            step,
            orders: self.branches.told.subscribe(),
            reports: reports.clone(),
            told: None,
        };
        let view = View::of_branch(&self.around.project, &session, name);
        self.around
            .show_branch(&self.session.plan.session, &block.id, name);
        let mut runner = Self::new(session, Rc::clone(&self.around), view, Ears::Branch(line));
        self.branches
            .runners
            .spawn_local(async move { runner.drive().await });
        Ok(())
    }

    /// Does what the session wants of its branch.
    pub(super) fn obey(&mut self) -> Result<()> {
        let Ears::Branch(line) = &mut self.ears else {
            return Ok(());
        };
        let Told { orders, times, .. } = line.orders.borrow_and_update().clone();
        let pause = if orders.pause || orders.drain.is_some() {
            Request::Pause
        } else {
            Request::Continue
        };
        let held = self.session.state().pausing;
        if held != (pause == Request::Pause) {
            self.accept(&Input::Request(pause))?;
        }
        let rests = self.session.state().phase != Phase::Running;
        if let Some(by) = orders.stop.or(orders.drain.filter(|_| rests)) {
            self.asked_to_stop = times.max(1);
            self.accept(&Input::Request(Request::Stop { by }))?;
        }
        Ok(())
    }

    /// Returns what the session as a whole may use and has used.
    pub(super) fn budget(&self) -> Budget {
        let state = self.session.state();
        match &self.ears {
            Ears::Session(_) => Budget::of_session(&self.session.plan, state),
            Ears::Branch(line) => {
                let told = line.orders.borrow();
                told.budget.of_branch(told.reported.get(&line.name), state)
            }
        }
    }

    /// Tells the session how far its branch is, when that is news. Comes after it is on disk.
    pub(super) fn tell(&mut self) {
        let Ears::Branch(line) = &mut self.ears else {
            return;
        };
        let state = self.session.state();
        let news = (state.iterations, matches!(state.phase, Phase::Ended { .. }));
        if line.told.replace(news) != Some(news) {
            let report = report(&self.session);
            // If nobody listens, the session's runner is about to end, and asks again when it starts.
            let _ = line.reports.send(Input::BranchReported {
                step: line.step,
                branch: line.name.clone(),
                report,
            });
        }
    }
}

/// Returns how far a branch is.
pub(super) fn report(session: &Session) -> BranchReport {
    let State {
        iterations,
        usage,
        phase,
        ..
    } = session.state();
    let ending = match phase {
        Phase::Ended { ending } => Some(ending.clone()),
        _ => None,
    };
    BranchReport {
        seq: session.seq(),
        iterations: *iterations,
        usage: *usage,
        ending,
    }
}

/// Opens a branch where it was left, or makes it.
fn open(parent: &Session, step: u32, block: &Block, name: &NodeId) -> Result<Session> {
    let dir = parent.dir.branch(step, &block.id, name);
    crash::point("branch: before it is opened");
    let snapshot = load(&dir)?;
    let mut session = match snapshot {
        Some(_) => Session::open(dir, None)?,
        None => {
            let plan = plan(parent, step, name)
                .ok_or_else(|| Error::failed(format!("the plan has no branch `{name}`")))?;
            Session::create(dir, &plan, None, clock::now())?
        }
    };
    // An end the session has heard of is one that somebody resumed it from; of any other it has yet to hear.
    let heard = parent
        .state()
        .branches
        .get(name)
        .map_or(0, |report| report.seq);
    if !matches!(session.state().phase, Phase::Ended { .. }) || session.seq() <= heard {
        // Money and time are the session's own.
        let change = Change {
            max_cost_usd: None,
            max_runtime_seconds: None,
            ..parent.state().change.clone()
        };
        let resume = Input::Request(Request::Resume {
            max_iterations: None,
            change,
        });
        if let Some(event) = accept(&session.plan, session.state(), &resume, clock::now()) {
            session.append(event, clock::now())?;
        }
    }
    let attended = Event::RunnerStarted {
        runner: process::current(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    session.append_sync(attended, clock::now())?;
    crash::point("branch: opened");
    Ok(session)
}

fn plan(parent: &Session, step: u32, name: &NodeId) -> Option<Plan> {
    let earlier = super::outputs::earlier(&parent.dir, &parent.plan, parent.state(), step);
    parent.plan.of_branch(step, name, earlier)
}
