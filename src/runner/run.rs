//! One runner: it runs a session, or a branch of one, to its end.
use super::attempt::Attempt;
use super::attempt_context::AttemptContext;
use super::branches::Branches;
use super::env::RunnerEnv;
use super::gates::Gates;
use super::hooks::{AwaitedHook, HookObserver};
use super::known_quota::SharedDesk;
use super::observer::archive::PhaseArchive;
use super::observer::ledger::LedgerWriter;
use super::observer::notifier::attach_notifier;
use super::observer::questions::QuestionWriter;
use super::observer::window::Window;
use super::probe::Probe;
use super::progress_snapshots::ProgressSnapshots;
use super::quota::{self, Asking, QuotaAtStart};
use super::shared_budget::SharedBudget;
use super::signals::Signals;
use super::slice::{RunEnd, WakeupFile};
use super::spans::Spans;
use super::tampering::Watched;
use super::tasks::Tasks;
use super::typed::TypedLines;
use super::wait_clock::WaitClock;
use super::wakeup::{ControlSource, Wakeup, attempt_ended, passed, reached};
use crate::clock;
use crate::engine::Phase;
use crate::error::{Error, Result};
use crate::model::{Effect, Ending, Input, Request, WorkTree};
use crate::store::ledger::branch_key;
use crate::store::observer::SharedObserver;
use crate::store::session::{Session, kept};
use crate::workspace::git::Git;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::LocalSet;
use tokio::time::sleep;
use tracing::Instrument as _;

/// Poll interval while an agent runs. A turn of a model takes longer, and a budget ends the agent within one.
const BUSY_POLL: Duration = Duration::from_millis(200);
/// Poll interval while none runs; covers a lost SIGUSR1.
const IDLE_POLL: Duration = Duration::from_secs(2);

/// Runs a session to its end, whatever happened to it before, and its branches in the same thread. It is still locked then.
pub async fn run(mut session: Session, env: RunnerEnv) -> Result<(RunEnd, Session)> {
    session.set_redactor(Arc::clone(&env.redactor));
    let _pulse = attach_notifier(&env, &mut session)?;
    attach_ledger(&env, &mut session)?;
    let questions = QuestionWriter::new(&env.workspace.store_root, &env.dirs, &session);
    session.attach(questions)?;
    if PhaseArchive::is_kept(&session.plan) {
        session.attach(PhaseArchive::new(&env.workspace.cwd))?;
    }
    if let Some(path) = env.slice.as_ref().and_then(|slice| slice.wakeup.clone()) {
        session.attach(WakeupFile(path))?;
    }
    let mut window = Window::new(&env, &session);
    window.show_keys(env.windows.as_deref());
    let control = ControlSource::Session(Signals::listen(env.windows.is_some())?);
    let mut runner = Runner::new(session, Rc::new(env), window, control)?;
    let ending = LocalSet::new().run_until(runner.run()).await?;
    if matches!(ending, RunEnd::Ended(Ending::Completed { .. })) {
        // Nothing continues it, so nothing of it need survive a clean-up.
        let _ = kept::forget(&runner.session.dir);
    }
    Ok((ending, runner.session))
}

/// Attaches the writer of the ledger to a session, or to a branch.
pub(super) fn attach_ledger(env: &RunnerEnv, session: &mut Session) -> Result<()> {
    let project = env.workspace.store_root.root().to_owned();
    let writer = LedgerWriter::new(env.dirs.clone(), project, branch_key(&session.plan));
    let writer = SharedObserver::new(writer);
    session.attach(writer.clone())?;
    writer.lock().caught_up();
    Ok(())
}

/// Runs a session, or a branch of one.
pub(super) struct Runner {
    pub(super) session: Session,
    pub(super) env: Rc<RunnerEnv>,
    /// One of the session's observers, which shows what no fact tells, too.
    pub(super) window: SharedObserver<Window>,
    pub(super) control: ControlSource,
    typed: TypedLines,
    pub(super) shared_budget: SharedBudget,
    pub(super) branches: Branches,
    pub(super) attempt: Option<Attempt>,
    pub(super) snapshots: ProgressSnapshots,
    /// The files that no agent has to change, as they were when the attempt began.
    pub(super) watched: Watched,
    /// Whether the run directory was removed while the attempt ran.
    pub(super) was_cleaned: bool,
    pub(super) tasks: Tasks,
    gates: Gates,
    hook: AwaitedHook,
    pub(super) probe: Probe,
    spans: Spans,
    wait_clock: WaitClock,
    pub(super) git: Git,
    /// The working tree before the current node, until its first iteration is over.
    pub(super) tree_before: Option<WorkTree>,
    /// An input that is known before anything has to be waited for.
    pub(super) pending_input: Option<Input>,
    /// Iterations that were over when it began.
    pub(super) iterations_before: u32,
    /// How often a stop was requested.
    pub(super) stop_requests: u32,
    /// How often the user asked to continue.
    pub(super) continue_requests: u32,
    /// Whether an agent waits until another one ends.
    pub(super) waiting_for_slot: bool,
    /// What the gate before attempts shares with its runner.
    pub(super) desk: SharedDesk,
    /// A program that is asked for the quota.
    pub(super) asking: Option<Asking>,
    /// What was known of it when the attempt began.
    pub(super) quota_at_start: Option<QuotaAtStart>,
}

impl Runner {
    pub(super) fn new(
        mut session: Session,
        env: Rc<RunnerEnv>,
        mut window: Window,
        control: ControlSource,
    ) -> Result<Self> {
        window.show_session(&session.plan, session.state());
        let window = SharedObserver::new(window);
        session.attach(window.clone())?;
        if let Some(hooks) = HookObserver::new(&session, &env)? {
            session.attach(hooks)?;
        }
        let reads_keys = matches!(control, ControlSource::Session(_)) && env.windows.is_some();
        let typed = TypedLines::read(reads_keys);
        let desk = SharedDesk::default();
        quota::guard(&mut session, &env, &desk);
        Ok(Self {
            shared_budget: SharedBudget::default(),
            branches: Branches::new(session.state().current.cursor),
            tasks: Tasks::new(&env),
            gates: Gates::default(),
            hook: AwaitedHook::default(),
            probe: Probe::default(),
            spans: Spans::default(),
            wait_clock: WaitClock::default(),
            git: Git::new(&env.workspace.cwd, env.find("git"), &env.vars),
            tree_before: None,
            attempt: None,
            snapshots: ProgressSnapshots::default(),
            watched: Watched::default(),
            was_cleaned: false,
            pending_input: None,
            iterations_before: session.state().session.iterations,
            stop_requests: 0,
            continue_requests: 0,
            waiting_for_slot: false,
            desk,
            asking: None,
            quota_at_start: None,
            session,
            env,
            window,
            control,
            typed,
        })
    }

    /// Runs until the session has ended.
    pub(super) async fn run(&mut self) -> Result<RunEnd> {
        let plan = &self.session.plan;
        let branch = plan.branch.as_ref().map(|branch| branch.name.to_string());
        let span = tracing::info_span!("session", session = %plan.session, run = %plan.run, branch);
        let ended = self.run_to_end().instrument(span).await;
        self.env.next_shims.discard(&self.session.plan.run);
        if ended.is_err()
            && self.session.is_taken()
            && let Some(attempt) = &mut self.attempt
        {
            // The other runner has an agent of its own.
            attempt.end(true);
            attempt.ended().await;
        }
        ended
    }

    async fn run_to_end(&mut self) -> Result<RunEnd> {
        loop {
            self.apply_orders()?;
            self.check_slice()?;
            self.check_shared_budget().await?;
            self.append_consequences().await?;
            let span = self.spans.of_attempt(self.session.state().current.cursor);
            if let Some(end) = self.step().instrument(span).await? {
                return Ok(end);
            }
        }
    }

    /// Syncs what was recorded, makes what should be in flight so, and handles the next thing that happens.
    async fn step(&mut self) -> Result<Option<RunEnd>> {
        self.sync().await?;
        self.report_progress();
        if let Phase::Ended { ending } = &self.session.state().phase {
            let ending = ending.clone();
            let (plan, state) = (&self.session.plan, self.session.state());
            self.window.lock().show_ending(plan, state);
            return Ok(Some(RunEnd::Ended(ending)));
        }
        if self.session.state().session.parked {
            return Ok(Some(RunEnd::Parked));
        }
        if self.answer_by_itself()? {
            return Ok(None);
        }
        self.ask_for_quota();
        self.reconcile().await?;
        if self.park().await? {
            return Ok(None);
        }
        let wakeup = self.next().await;
        self.handle(wakeup).await?;
        Ok(None)
    }

    /// Appends what follows from the state.
    async fn append_consequences(&mut self) -> Result<()> {
        if self.shares_thread() {
            self.session.append_consequences_in_background().await
        } else {
            self.session.append_consequences()
        }
    }

    /// Whether other runners use this thread too. What blocks then happens in the background, so that they continue.
    fn shares_thread(&self) -> bool {
        let is_branch = matches!(self.control, ControlSource::Branch(_));
        is_branch || self.session.state().phase == Phase::Parallel
    }

    /// Syncs what was appended.
    pub(super) async fn sync(&mut self) -> Result<()> {
        if self.shares_thread() {
            Ok(self.session.sync_in_background().await?)
        } else {
            Ok(self.session.sync()?)
        }
    }

    /// Starts what should be in flight and is not.
    async fn reconcile(&mut self) -> Result<()> {
        let (plan, state) = (&self.session.plan, self.session.state());
        match state.pending(plan) {
            Some(Effect::RunAgent(cursor)) => {
                self.probe.stop();
                self.ensure_agent(cursor).await
            }
            Some(Effect::StopAgent(cursor)) => {
                self.ensure_agent(cursor).await?;
                self.stop_agent();
                Ok(())
            }
            Some(Effect::CheckQueue(cursor)) => {
                if state.session.stopping.is_some() {
                    self.tasks.shorten_timeouts(1 < self.stop_requests);
                }
                self.tasks.check(&self.session.dir, plan, state, cursor);
                Ok(())
            }
            // The claim waits for the quota too.
            Some(Effect::ClaimTask(_)) if self.awaits_quota() => Ok(()),
            Some(Effect::ClaimTask(cursor)) => {
                self.tasks.claim(plan, state, cursor);
                Ok(())
            }
            Some(Effect::AskGate(_, gate)) => self.ask_gate(gate),
            Some(Effect::RunHook(run)) if self.stop_requests < 2 => {
                self.hook.ensure(&self.session, &self.env, run);
                Ok(())
            }
            Some(Effect::RunHook(run) | Effect::StopHook(run)) => {
                self.pending_input = Some(self.hook.cancel(run));
                Ok(())
            }
            Some(Effect::RunBlock(cursor)) => self.run_branches(cursor).await,
            Some(Effect::Probe { cursor, every, .. }) => {
                self.probe.watch(cursor, every);
                Ok(())
            }
            Some(Effect::WaitUntil(_)) | None => {
                self.env.next_shims.discard(&plan.run);
                Ok(())
            }
        }
    }

    fn ask_gate(&mut self, gate: u32) -> Result<()> {
        let (plan, state) = (&self.session.plan, self.session.state());
        let Some(node) = state.node(plan) else {
            return Err(Error::failed("the plan has no such node"));
        };
        let context = AttemptContext::new(&self.session, node, &self.env, self.budget());
        Ok(self.gates.ask(&context, gate)?)
    }

    /// Waits for the next thing to happen.
    async fn next(&mut self) -> Wakeup {
        if let Some(input) = self.pending_input.take() {
            return Wakeup::Pending(input);
        }
        let wait_end = self
            .wait_clock
            .end(&self.session.state().phase, clock::now());
        let heartbeat = self
            .attempt
            .as_ref()
            .and_then(|_| self.tasks.next_heartbeat());
        let poll = if self.attempt.is_some() || self.waiting_for_slot {
            BUSY_POLL
        } else {
            IDLE_POLL
        };
        tokio::select! {
            biased;
            wakeup = self.control.next() => wakeup,
            line = self.typed.next() => Wakeup::Typed(line),
            update = self.branches.next() => update.into(),
            () = attempt_ended(&mut self.attempt) => Wakeup::AgentGone,
            (input, remarks) = self.tasks.answered() => Wakeup::QueueAnswered(input, remarks),
            input = self.gates.answered() => Wakeup::GateAnswered(input),
            input = self.hook.ended() => Wakeup::HookEnded(input),
            () = quota::answered(&mut self.asking) => Wakeup::QuotaAnswered,
            () = reached(heartbeat) => Wakeup::HeartbeatDue,
            () = reached(self.probe.due()) => Wakeup::ProbeDue,
            () = passed(wait_end) => Wakeup::WaitOver,
            () = sleep(poll) => Wakeup::Poll,
        }
    }

    async fn handle(&mut self, wakeup: Wakeup) -> Result<()> {
        tracing::trace!(?wakeup);
        match wakeup {
            Wakeup::AgentGone => self.conclude_attempt().await,
            Wakeup::QueueAnswered(input, remarks) => {
                for remark in &remarks {
                    self.window.lock().show_remark(remark);
                }
                self.accept(&input)
            }
            Wakeup::GateAnswered(input)
            | Wakeup::HookEnded(input)
            | Wakeup::BranchReported(input)
            | Wakeup::Pending(input) => self.accept(&input),
            Wakeup::BranchFailed(error) => Err(error),
            Wakeup::HeartbeatDue => {
                self.tasks
                    .send_heartbeat(&self.session.plan, self.session.state());
                Ok(())
            }
            // The gate is asked again.
            Wakeup::QuotaAnswered => Ok(()),
            Wakeup::ProbeDue => self.probe_wait().await,
            Wakeup::WaitOver => {
                // What was answered in time counts.
                self.read_inbox().await?;
                match self.session.state().phase {
                    Phase::Waiting { until, .. } => Ok(self.session.end_wait(until)?),
                    _ => Ok(()),
                }
            }
            Wakeup::StopSignal(stop) => {
                tracing::info!(?stop, "stop signal received");
                self.stop_requests += 1;
                self.accept(&Input::Request(Request::Stop(stop)))
            }
            Wakeup::Typed(line) => self.answer_typed(&line),
            Wakeup::ConfirmStop => {
                self.window.lock().ask_before_stop();
                Ok(())
            }
            Wakeup::Poll => {
                self.show_progress()?;
                self.check_account()?;
                self.end_at_budget()?;
                self.check_files()?;
                self.read_inbox().await?;
                self.talk()
            }
        }
    }

    /// Appends the fact an input amounts to. Nothing is done about it before
    /// the next sync, which comes with what follows from it.
    pub(super) fn accept(&mut self, input: &Input) -> Result<()> {
        Ok(self.session.accept(input)?)
    }
}
