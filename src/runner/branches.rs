//! The branches of a parallel block that run in this process, and the channels between them and their session's runner.
//!
//! What a session wants of its branches is a value they read, and a branch's progress is named by its journal's line
//! numbers, so nothing is lost or done twice whenever the process dies.
use super::slice::RunEnd;
use crate::clock;
use crate::engine::{Budget, Phase, State};
use crate::error::{Error, Result};
use crate::exec::process;
use crate::model::{
    AccountKind, AllowedCall, BranchReport, Change, Cursor, Event, Input, NodeId, Orders,
    QuestionId, Request,
};
use crate::plan::{Block, Plan};
use crate::store::layout::RunDir;
use crate::store::session::{Session, kept, load};
use crate::store::{crash, outputs};
use std::collections::{BTreeMap, BTreeSet};
use std::future::{Future, pending};
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinError, JoinSet};

/// What a session's runner publishes to its branches.
#[derive(Clone, Debug, Default)]
pub(super) struct BranchSignal {
    pub(super) orders: Orders,
    /// How often a stop was requested.
    pub(super) stop_requests: u32,
    /// How often the user asked to continue: the branches end their waits.
    pub(super) continue_requests: u32,
    /// What the session may use as a whole, and what it knows of each branch's part in that.
    pub(super) budget: Budget,
    pub(super) reported: BTreeMap<NodeId, BranchReport>,
}

impl BranchSignal {
    /// Returns what the branches must act on.
    fn requests(&self) -> (&Orders, u32, u32) {
        (&self.orders, self.stop_requests, self.continue_requests)
    }
}

/// What a session's runner learns from its branches.
#[derive(Debug)]
pub(super) enum BranchUpdate {
    Reported(Box<Input>),
    /// The runner of a branch ended; its last report was received before.
    Ended,
    Failed(Error),
}

/// The branches of the current block.
pub(super) struct Branches {
    /// The block's cursor; a later one is another block, or another run of the same one.
    block: Cursor,
    running: BTreeSet<NodeId>,
    runners: JoinSet<Result<RunEnd>>,
    signal: watch::Sender<BranchSignal>,
    reporter: mpsc::UnboundedSender<Input>,
    reports: mpsc::UnboundedReceiver<Input>,
}

impl Branches {
    pub(super) fn new(block: Cursor) -> Self {
        let (reporter, reports) = mpsc::unbounded_channel();
        Self {
            block,
            running: BTreeSet::new(),
            runners: JoinSet::new(),
            signal: watch::Sender::default(),
            reporter,
            reports,
        }
    }

    pub(super) fn block(&self) -> Cursor {
        self.block
    }

    /// Publishes a signal. Only new orders wake the branches.
    pub(super) fn publish(&self, signal: BranchSignal) {
        self.signal.send_if_modified(|current| {
            let has_new_orders = current.requests() != signal.requests();
            *current = signal;
            has_new_orders
        });
    }

    pub(super) fn is_running(&self, branch: &NodeId) -> bool {
        self.running.contains(branch)
    }

    /// Returns a branch's end of the channels.
    pub(super) fn link(&self, branch: &NodeId) -> BranchLink {
        BranchLink {
            branch: branch.clone(),
            step: self.block.node,
            signal: self.signal.subscribe(),
            reporter: self.reporter.clone(),
            continued: self.signal.borrow().continue_requests,
            reported: None,
        }
    }

    /// Runs a branch's runner in this thread.
    pub(super) fn start(
        &mut self,
        branch: &NodeId,
        runner: impl Future<Output = Result<RunEnd>> + 'static,
    ) {
        self.running.insert(branch.clone());
        self.runners.spawn_local(runner);
    }

    /// Waits for the next update.
    pub(super) async fn next(&mut self) -> BranchUpdate {
        tokio::select! {
            biased;
            Some(input) = self.reports.recv() => BranchUpdate::Reported(Box::new(input)),
            Some(ended) = self.runners.join_next() => update(ended),
        }
    }
}

fn update(ended: Result<Result<RunEnd>, JoinError>) -> BranchUpdate {
    match ended {
        Ok(Ok(_)) => BranchUpdate::Ended,
        Ok(Err(error)) => BranchUpdate::Failed(error),
        Err(error) => BranchUpdate::Failed(Error::failed(format!(
            "the runner of a branch died: {error}"
        ))),
    }
}

/// A branch's end of the channels to its session's runner.
pub(super) struct BranchLink {
    branch: NodeId,
    step: u32,
    signal: watch::Receiver<BranchSignal>,
    reporter: mpsc::UnboundedSender<Input>,
    /// The requests to continue that the branch has followed.
    continued: u32,
    /// What was reported last: iterations, the open question, whether the branch has ended, and the account it asks
    /// about.
    reported: Option<(u32, Option<QuestionId>, bool, Option<AccountKind>)>,
}

impl BranchLink {
    /// Waits for new orders.
    pub(super) async fn changed(&mut self) {
        if self.signal.changed().await.is_err() {
            // The session's runner is about to end, and this one with it.
            pending::<()>().await;
        }
    }

    /// Returns the current orders, and how often a stop was requested.
    pub(super) fn orders(&mut self) -> (Orders, u32) {
        let signal = self.signal.borrow_and_update();
        (signal.orders.clone(), signal.stop_requests)
    }

    /// Returns who pays, as the session has accepted it.
    pub(super) fn account(&self) -> Option<AccountKind> {
        self.signal.borrow().orders.account
    }

    /// Whether the session has allowed such calls.
    pub(super) fn allows(&self, call: &AllowedCall) -> bool {
        self.signal.borrow().orders.allowed.contains(call)
    }

    /// Whether the user asked to continue since this was last called.
    pub(super) fn must_continue(&mut self) -> bool {
        let requests = self.signal.borrow().continue_requests;
        std::mem::replace(&mut self.continued, requests) != requests
    }

    /// Returns what the session as a whole may use and has used; `state` is the branch's own.
    pub(super) fn budget(&self, state: &State) -> Budget {
        let signal = self.signal.borrow();
        signal
            .budget
            .of_branch(signal.reported.get(&self.branch), state)
    }

    /// Reports the branch's progress, unless that was reported already. The progress is on disk.
    pub(super) fn report(&mut self, session: &Session) {
        let state = session.state();
        let progress = (
            state.session.iterations,
            state.session.question.as_ref().map(|question| question.id),
            matches!(state.phase, Phase::Ended { .. }),
            state.session.spending.billing,
        );
        if self.reported.replace(progress) == Some(progress) {
            return;
        }
        // Without a receiver the session's runner is about to end; the next one asks again.
        let _ = self.reporter.send(Input::BranchReported {
            step: self.step,
            branch: self.branch.clone(),
            report: report(session),
        });
    }
}

/// Returns a branch's progress.
pub(super) fn report(session: &Session) -> BranchReport {
    let state = session.state();
    BranchReport {
        seq: session.seq(),
        iterations: state.session.iterations,
        usage: state.session.usage,
        question: state.session.question.clone(),
        ending: state.phase.ending().cloned(),
        account: state.session.spending.accepted,
        billing: state.session.spending.billing,
    }
}

/// What is needed to open a branch on a thread of its own.
pub(super) struct BranchOpening {
    parent: RunDir,
    plan: Plan,
    state: State,
    step: u32,
    dir: RunDir,
    branch: NodeId,
}

impl BranchOpening {
    pub(super) fn new(parent: &Session, step: u32, block: &Block, branch: &NodeId) -> Self {
        Self {
            parent: parent.dir.clone(),
            plan: parent.plan.clone(),
            state: parent.state().clone(),
            step,
            dir: parent.dir.branch(step, &block.id, branch),
            branch: branch.clone(),
        }
    }

    /// Opens the branch where it was left, or creates it.
    pub(super) fn open(self) -> Result<Session> {
        crash::point("branch: before it is opened");
        kept::put_back(&self.dir)?;
        let mut session = match load(&self.dir)? {
            Some(_) => Session::open(self.dir.clone(), None)?,
            None => Session::create(self.dir.clone(), &self.branch_plan()?, None, clock::now())?,
        };
        if self.must_resume(&session) {
            session.accept(&Input::Request(self.resume_request()))?;
        }
        let started = Event::RunnerStarted {
            runner: process::current(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            slice: None,
        };
        session.append_sync(started, clock::now())?;
        crash::point("branch: opened");
        Ok(session)
    }

    /// Whether the branch is to run again. An end that the session knows of is one it was resumed from; any other is still
    /// to be reported.
    fn must_resume(&self, session: &Session) -> bool {
        let reported = self.state.current.branches.get(&self.branch);
        !matches!(session.state().phase, Phase::Ended { .. })
            || session.seq() <= reported.map_or(0, |report| report.seq)
    }

    /// Returns the request that passes on what the user changed, but for money and time, which are the session's own.
    fn resume_request(&self) -> Request {
        Request::Resume {
            max_iterations: None,
            change: Change {
                max_cost_usd: None,
                max_tokens: None,
                max_runtime_seconds: None,
                ..self.state.session.change.clone()
            },
        }
    }

    fn branch_plan(&self) -> Result<Plan> {
        let earlier = outputs::earlier(&self.parent, &self.plan, &self.state, self.step);
        let mut plan = self.plan.branch_plan(self.step, &self.branch, earlier);
        if let Some(context) = plan.as_mut().and_then(|plan| plan.branch.as_mut()) {
            context.answers.clone_from(&self.state.session.answers);
        }
        plan.ok_or_else(|| Error::failed(format!("the plan has no branch `{}`", self.branch)))
    }
}
