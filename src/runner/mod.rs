//! The loop: what should be in flight is made so, what happens is recorded. It decides nothing itself.
mod attempt;
mod branches;
mod context;
mod exchange;
mod folder;
mod gates;
mod given;
mod kill;
mod launch_request;
mod manifest;
mod outputs;
mod preview;
mod start;
mod surroundings;
mod take;
mod tasks;
mod told;
mod view;

pub use gates::{JUDGE_TRIES, freeze_gates};
pub use kill::record_kill;
pub use launch_request::LaunchRequest;
pub use preview::{PromptPreview, preview_prompt};
pub use surroundings::Surroundings;
pub use take::{Mode, Taken, Wanted, end_attempt, hold, kill_all, stop_living, take};

use crate::clock;
use crate::engine::{Phase, accept, counts_idle, follow};
use crate::error::Result;
use crate::model::{Cursor, Effect, Ending, Event, Input, NodeEnding, Outcome, Request};
use crate::store::session::Session;
use crate::store::{crash, inbox};
use crate::termination::promises;
use crate::workspace::git::Git;
use attempt::{Attempt, Ensured};
use branches::{Branches, Line};
use gates::Gates;
use jiff::Timestamp;
use std::future::pending;
use std::rc::Rc;
use std::time::Duration;
use tasks::Tasks;
use tokio::signal::unix::{Signal, SignalKind, signal};
use view::View;

/// How often the window and the inbox are looked at while something runs.
const TICK: Duration = Duration::from_millis(500);
/// How often when nothing does: a signal wakes us, this is for the one that got lost.
const QUIET_TICK: Duration = Duration::from_secs(2);

/// Runs a session to its end, whatever has happened to it before. Its branches run in the same thread. Whoever waits for
/// the session waits until it is let go of, too.
pub async fn run(session: Session, around: Surroundings) -> Result<(Ending, Session)> {
    let view = View::new(&around.project, &session);
    let mut runner = Runner::new(
        session,
        Rc::new(around),
        view,
        Ears::Session(Signals::listen()?),
    );
    let ending = tokio::task::LocalSet::new()
        .run_until(runner.drive())
        .await?;
    Ok((ending, runner.session))
}

/// Runs a session, or a branch of one.
struct Runner {
    session: Session,
    around: Rc<Surroundings>,
    view: View,
    ears: Ears,
    branches: Branches,
    attempt: Option<Attempt>,
    tasks: Tasks,
    gates: Gates,
    git: Git,
    /// Known before anything has to be waited for.
    known: Option<Input>,
    asked_to_stop: u32,
    /// Whether an agent waits for others to end.
    no_room: bool,
}

/// Where a runner hears what is asked of it.
enum Ears {
    /// Signals and the inbox.
    Session(Signals),
    /// The session it is a branch of.
    Branch(Line),
}

struct Signals {
    hangup: Signal,
    interrupt: Signal,
    terminate: Signal,
    request: Signal,
}

/// What ends a wait.
#[derive(Debug)]
enum News {
    AgentGone,
    QueueAnswered(Input, Vec<String>),
    GateAnswered(Input),
    Branch(Input),
    BranchFailed(crate::error::Error),
    SignOfLife,
    Woke,
    Known(Input),
    Asked(&'static str),
    Look,
}

impl Signals {
    fn listen() -> Result<Self> {
        Ok(Self {
            hangup: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            request: signal(SignalKind::user_defined1())?,
        })
    }

    async fn heard(&mut self) -> News {
        tokio::select! {
            biased;
            _ = self.hangup.recv() => News::Asked("the closed window"),
            _ = self.interrupt.recv() => News::Asked("Ctrl-C"),
            _ = self.terminate.recv() => News::Asked("a TERM signal"),
            _ = self.request.recv() => News::Look,
        }
    }
}

impl Ears {
    async fn heard(&mut self) -> News {
        match self {
            Self::Session(signals) => signals.heard().await,
            Self::Branch(line) => line.heard().await,
        }
    }
}

impl Runner {
    fn new(session: Session, around: Rc<Surroundings>, mut view: View, ears: Ears) -> Self {
        view.opened(&session.plan, session.state());
        let (tasks, gates, branches) = (Tasks::new(&around), Gates::default(), Branches::default());
        let git = Git::new(around.project.root(), around.find("git"), &around.env);
        Self {
            session,
            around,
            view,
            ears,
            branches,
            attempt: None,
            tasks,
            gates,
            git,
            known: None,
            asked_to_stop: 0,
            no_room: false,
        }
    }

    async fn drive(&mut self) -> Result<Ending> {
        loop {
            self.obey()?;
            self.settle()?;
            self.tell();
            if let Phase::Ended { ending } = &self.session.state().phase {
                let ending = ending.clone();
                self.view.ended(&self.session.plan, self.session.state());
                return Ok(ending);
            }
            self.reconcile()?;
            let news = self.next().await;
            self.take_in(news).await?;
        }
    }

    /// Records what follows, until nothing more does. Whatever has been noted is on disk when this returns.
    fn settle(&mut self) -> Result<()> {
        while let Some(event) = follow(&self.session.plan, self.session.state(), clock::now()) {
            if let Event::NodeFinished {
                node,
                ending: NodeEnding::Branches { .. },
                ..
            } = &event
            {
                manifest::write(&self.session, *node)?;
            }
            self.note(&event)?;
        }
        Ok(self.session.sync()?)
    }

    fn note(&mut self, event: &Event) -> Result<()> {
        tracing::debug!(?event, "recorded");
        self.session.append(event.clone(), clock::now())?;
        self.view
            .recorded(&self.session.plan, self.session.state(), event);
        Ok(())
    }

    /// Notes what an input amounts to; [`settle`](Self::settle) comes before anything is done about it.
    fn accept(&mut self, input: &Input) -> Result<()> {
        match accept(
            &self.session.plan,
            self.session.state(),
            input,
            clock::now(),
        ) {
            Some(event) => self.note(&event),
            None => Ok(()),
        }
    }

    /// Starts what should be in flight and is not.
    fn reconcile(&mut self) -> Result<()> {
        match self.session.state().pending(&self.session.plan) {
            Some(Effect::RunAgent(cursor)) => self.ensure_agent(cursor)?,
            Some(Effect::StopAgent(cursor)) => {
                self.ensure_agent(cursor)?;
                let at_once = 1 < self.asked_to_stop;
                if let Some(attempt) = &mut self.attempt {
                    attempt.end(&self.session.plan, at_once);
                }
            }
            Some(Effect::CheckQueue(cursor)) => {
                if self.session.state().stopping.is_some() {
                    self.tasks.shorten_timeouts(1 < self.asked_to_stop);
                }
                self.tasks.check(
                    &self.session.dir,
                    &self.session.plan,
                    self.session.state(),
                    cursor,
                );
            }
            Some(Effect::ClaimTask(cursor)) => {
                self.tasks
                    .claim(&self.session.plan, self.session.state(), cursor)
            }
            Some(Effect::AskGate(cursor, gate)) => {
                self.gates.ask(&self.session, &self.around, cursor, gate)?
            }
            Some(Effect::RunBlock(cursor)) => self.run_branches(cursor)?,
            Some(Effect::WaitUntil(_)) | None => (),
        }
        Ok(())
    }

    fn ensure_agent(&mut self, cursor: Cursor) -> Result<()> {
        if self
            .attempt
            .as_ref()
            .is_some_and(|attempt| attempt.cursor == cursor)
            || self.known.is_some()
        {
            return Ok(());
        }
        let tracker_env = self
            .tasks
            .agent_env(&self.session.plan, self.session.state());
        match Attempt::ensure(
            &self.session,
            &self.budget(),
            &self.around,
            &tracker_env,
            clock::now(),
        )? {
            Ensured::Runs(attempt) => {
                self.no_room = false;
                self.view
                    .agent(&self.session.plan, self.session.state(), attempt.adopted);
                let shim = attempt.shim.clone();
                self.attempt = Some(*attempt);
                if let Some(shim) = shim {
                    // Nothing is done because of it, so it is synced with whatever comes next.
                    self.accept(&Input::AgentStarted { cursor, shim })?;
                }
            }
            Ensured::NoRoom => {
                if !std::mem::replace(&mut self.no_room, true) {
                    self.view.remark(
                        "as many agents run as may; this one starts as soon as another ends",
                    );
                }
            }
            Ensured::Ended(outcome) => {
                self.known = Some(Input::AgentExited {
                    cursor,
                    outcome,
                    usage: crate::model::Usage::default(),
                    promises: Vec::new(),
                    tree: None,
                });
            }
        }
        Ok(())
    }

    /// Waits for the next thing to happen.
    async fn next(&mut self) -> News {
        if let Some(input) = self.known.take() {
            return News::Known(input);
        }
        let until = match self.session.state().phase {
            Phase::Waiting { until, .. } => Some(until),
            Phase::New
            | Phase::Ready
            | Phase::Running
            | Phase::Parallel
            | Phase::Exited { .. }
            | Phase::Ended { .. } => None,
        };
        let sign = self.attempt.as_ref().and_then(|_| self.tasks.next_sign());
        let tick = if self.attempt.is_some() || self.no_room {
            TICK
        } else {
            QUIET_TICK
        };
        tokio::select! {
            biased;
            news = self.ears.heard() => news,
            news = self.branches.heard() => news,
            () = ended(&mut self.attempt) => News::AgentGone,
            (input, remarks) = self.tasks.answered() => News::QueueAnswered(input, remarks),
            input = self.gates.answered() => News::GateAnswered(input),
            () = reached(sign) => News::SignOfLife,
            () = passed(until) => News::Woke,
            () = tokio::time::sleep(tick) => News::Look,
        }
    }

    async fn take_in(&mut self, news: News) -> Result<()> {
        tracing::trace!(?news);
        match news {
            News::AgentGone => self.conclude().await,
            News::QueueAnswered(input, remarks) => {
                remarks.iter().for_each(|remark| self.view.remark(remark));
                self.accept(&input)
            }
            News::GateAnswered(input) | News::Branch(input) => self.accept(&input),
            News::BranchFailed(error) => Err(error),
            News::SignOfLife => {
                self.tasks
                    .give_sign(&self.session.plan, self.session.state());
                Ok(())
            }
            News::Woke => self.accept(&Input::Woke),
            News::Known(input) => self.accept(&input),
            News::Asked(by) => {
                self.asked_to_stop += 1;
                self.accept(&Input::Request(Request::Stop { by: by.to_owned() }))
            }
            News::Look => {
                self.show();
                self.read_inbox()
            }
        }
    }

    async fn conclude(&mut self) -> Result<()> {
        let Some(mut attempt) = self.attempt.take() else {
            return Ok(());
        };
        let plan = &self.session.plan;
        let Some(node) = self.session.state().changed_node(plan) else {
            return Ok(());
        };
        if attempt.never_began() {
            // The runner before us died before it could tell the shim what to do; the attempt is still to be made.
            return Ok(());
        }
        attempt.follow_to_end(|said, transcript| self.view.said(said, transcript));
        let (outcome, usage) = attempt.conclude(plan, &node, clock::now())?;
        let promises = promises(&attempt.last_words());
        let tree = match &outcome {
            Outcome::Reported { .. } | Outcome::Unreported { .. } if counts_idle(plan, &node) => {
                self.git.status().await
            }
            Outcome::Reported { .. } | Outcome::Unreported { .. } => self.git.head().await,
            Outcome::Crashed { .. } | Outcome::Refused { .. } | Outcome::TimedOut { .. } => None,
            Outcome::RateLimited { .. } | Outcome::Lost { .. } | Outcome::Cancelled => None,
        };
        self.accept(&Input::AgentExited {
            cursor: attempt.cursor,
            outcome,
            usage,
            promises,
            tree,
        })
    }

    fn show(&mut self) {
        let now = clock::now();
        if let Some(attempt) = &mut self.attempt {
            attempt.follow(|said, transcript| self.view.said(said, transcript));
            self.view.working(
                &self.session.plan,
                self.session.state(),
                attempt.transcript(),
                now,
            );
        } else {
            self.view
                .idle(&self.session.plan, self.session.state(), now);
        }
    }

    fn read_inbox(&mut self) -> Result<()> {
        if let Ears::Branch(_) = self.ears {
            return Ok(());
        }
        for waiting in inbox::waiting(&self.session.dir)? {
            if matches!(waiting.request, Request::Stop { .. }) {
                self.asked_to_stop += 1;
            }
            self.accept(&Input::Request(waiting.request.clone()))?;
            self.session.sync()?;
            crash::point("inbox: request taken up");
            waiting.done()?;
            crash::point("inbox: request removed");
        }
        Ok(())
    }
}

async fn ended(attempt: &mut Option<Attempt>) {
    match attempt {
        Some(attempt) => attempt.ended().await,
        None => pending().await,
    }
}

async fn reached(moment: Option<tokio::time::Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment).await,
        None => pending().await,
    }
}

/// Waits for a time of day. In steps, so that a machine that slept in between notices.
async fn passed(until: Option<Timestamp>) {
    let Some(until) = until else {
        return pending().await;
    };
    loop {
        let left = until.duration_since(clock::now());
        let Ok(left) = Duration::try_from(left) else {
            return;
        };
        if left.is_zero() {
            return;
        }
        tokio::time::sleep(left.min(Duration::from_secs(30))).await;
    }
}
