//! The loop: what should be in flight is made so, what happens is recorded. It decides nothing itself.
mod attempt;
mod context;
mod exchange;
mod folder;
pub mod launch;
pub mod shim;
mod start;
mod surroundings;
mod tail;
mod take;
mod view;

pub use surroundings::Surroundings;
pub use take::{Mode, Taken, Wanted, end_attempt, kill_all, record_kill, stop_living, take};

use crate::clock;
use crate::engine::{Phase, accept, follow};
use crate::error::Result;
use crate::model::{Cursor, Effect, Ending, Event, Input, Request, Verdict};
use crate::queue::{self, Owner, OwnerPattern};
use crate::store::session::Session;
use crate::store::{crash, inbox};
use attempt::Attempt;
use jiff::Timestamp;
use std::future::{Future, pending};
use std::pin::Pin;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use view::View;

/// How often the window and the inbox are looked at while something runs.
const TICK: Duration = Duration::from_millis(500);
/// How often when nothing does: a signal wakes us, this is for the one that got lost.
const QUIET_TICK: Duration = Duration::from_secs(2);

/// Runs a session to its end, whatever has happened to it before.
pub async fn run(session: Session, around: Surroundings) -> Result<Ending> {
    let mut runner = Runner::new(session, around)?;
    loop {
        runner.settle()?;
        if let Phase::Ended { ending } = &runner.session.state().phase {
            let ending = ending.clone();
            runner.view.ended(&runner.session.plan, runner.session.state());
            return Ok(ending);
        }
        runner.reconcile()?;
        let news = runner.next().await;
        runner.take_in(news)?;
    }
}

struct Runner {
    session: Session,
    around: Surroundings,
    view: View,
    attempt: Option<Attempt>,
    check: Option<Check>,
    /// Known before anything has to be waited for.
    known: Option<Input>,
    signals: Signals,
    asked_to_stop: u32,
}

/// A look at the queue that is under way.
struct Check {
    cursor: Cursor,
    answer: Pin<Box<dyn Future<Output = (Verdict, Vec<String>)> + Send>>,
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
    QueueAnswered(Verdict, Vec<String>),
    Woke,
    Known(Input),
    Asked(&'static str),
    Look,
}

impl Runner {
    fn new(session: Session, around: Surroundings) -> Result<Self> {
        let signals = Signals {
            hangup: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            request: signal(SignalKind::user_defined1())?,
        };
        let mut view = View::new(&around.project);
        view.opened(&session.plan, session.state());
        Ok(Self { session, around, view, attempt: None, check: None, known: None, signals, asked_to_stop: 0 })
    }

    /// Records what follows, until nothing more does. Whatever has been noted is on disk when this returns.
    fn settle(&mut self) -> Result<()> {
        while let Some(event) = follow(&self.session.plan, self.session.state(), clock::now()) {
            self.note(&event)?;
        }
        Ok(self.session.commit()?)
    }

    fn note(&mut self, event: &Event) -> Result<()> {
        tracing::debug!(?event, "recorded");
        self.session.note(event.clone(), clock::now())?;
        self.view.recorded(&self.session.plan, self.session.state(), event);
        Ok(())
    }

    /// Notes what an input amounts to; [`settle`](Self::settle) comes before anything is done about it.
    fn accept(&mut self, input: &Input) -> Result<()> {
        match accept(&self.session.plan, self.session.state(), input, clock::now()) {
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
            Some(Effect::CheckQueue(cursor)) if self.check.is_none() => self.check = Some(self.check_queue(cursor)),
            Some(Effect::CheckQueue(_) | Effect::WaitUntil(_)) | None => (),
        }
        Ok(())
    }

    fn ensure_agent(&mut self, cursor: Cursor) -> Result<()> {
        if self.attempt.as_ref().is_some_and(|attempt| attempt.cursor == cursor) || self.known.is_some() {
            return Ok(());
        }
        match Attempt::ensure(&self.session.plan, self.session.state(), &self.around, clock::now())? {
            Ok(attempt) => {
                self.view.agent(&self.session.plan, self.session.state(), attempt.adopted);
                let shim = attempt.shim.clone();
                self.attempt = Some(attempt);
                if let Some(shim) = shim {
                    self.accept(&Input::AgentStarted { cursor, shim })?;
                    self.session.commit()?;
                }
            }
            Err(outcome) => self.known = Some(Input::AgentExited { cursor, outcome, usage: crate::model::Usage::default() }),
        }
        Ok(())
    }

    fn check_queue(&self, cursor: Cursor) -> Check {
        let session = self.session.plan.session.clone();
        let spec = self.session.state().node(&self.session.plan).and_then(|node| node.queue.clone());
        let project = self.around.project.clone();
        let look = move || {
            let Some(spec) = spec else { return (Verdict::Unknown { error: "the node has no queue".to_owned() }, Vec::new()) };
            // Nothing of this session runs while we look, so whatever its agents hold they left behind.
            let ended = OwnerPattern::all(session);
            let alive = |owner: &Owner| match owner {
                Owner::Agent { session, .. } => crate::store::session::is_running(&project, session),
                Owner::Other(_) => true,
            };
            queue::settle(&*queue::open(&spec), &ended, &alive)
        };
        let answer = async move {
            let gone = |error| (Verdict::Unknown { error: format!("the look at the queue failed: {error}") }, Vec::new());
            tokio::task::spawn_blocking(look).await.unwrap_or_else(gone)
        };
        Check { cursor, answer: Box::pin(answer) }
    }

    /// Waits for the next thing to happen.
    async fn next(&mut self) -> News {
        if let Some(input) = self.known.take() {
            return News::Known(input);
        }
        let until = match self.session.state().phase {
            Phase::Waiting { until, .. } => Some(until),
            Phase::New | Phase::Ready | Phase::Running | Phase::Exited { .. } | Phase::Ended { .. } => None,
        };
        let tick = if self.attempt.is_some() { TICK } else { QUIET_TICK };
        tokio::select! {
            biased;
            _ = self.signals.hangup.recv() => News::Asked("the closed window"),
            _ = self.signals.interrupt.recv() => News::Asked("Ctrl-C"),
            _ = self.signals.terminate.recv() => News::Asked("a TERM signal"),
            _ = self.signals.request.recv() => News::Look,
            () = ended(&mut self.attempt) => News::AgentGone,
            (verdict, released) = answered(&mut self.check) => News::QueueAnswered(verdict, released),
            () = passed(until) => News::Woke,
            () = tokio::time::sleep(tick) => News::Look,
        }
    }

    fn take_in(&mut self, news: News) -> Result<()> {
        tracing::trace!(?news);
        match news {
            News::AgentGone => self.conclude(),
            News::QueueAnswered(verdict, released) => {
                let Some(check) = self.check.take() else { return Ok(()) };
                self.accept(&Input::QueueChecked { cursor: check.cursor, verdict, released })
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

    fn conclude(&mut self) -> Result<()> {
        let Some(mut attempt) = self.attempt.take() else { return Ok(()) };
        let plan = &self.session.plan;
        let Some(node) = self.session.state().changed_node(plan) else { return Ok(()) };
        if attempt.never_began() {
            // The runner before us died before it could tell the shim what to do; the attempt is still to be made.
            return Ok(());
        }
        attempt.follow_to_end(|said, transcript| self.view.said(said, transcript));
        let (outcome, usage) = attempt.conclude(plan, &node, clock::now())?;
        self.accept(&Input::AgentExited { cursor: attempt.cursor, outcome, usage })
    }

    fn show(&mut self) {
        let now = clock::now();
        if let Some(attempt) = &mut self.attempt {
            attempt.follow(|said, transcript| self.view.said(said, transcript));
            self.view.working(&self.session.plan, self.session.state(), attempt.transcript(), now);
        } else {
            self.view.idle(&self.session.plan, self.session.state(), now);
        }
    }

    fn read_inbox(&mut self) -> Result<()> {
        for waiting in inbox::waiting(&self.session.dir)? {
            if matches!(waiting.request, Request::Stop { .. }) {
                self.asked_to_stop += 1;
            }
            self.accept(&Input::Request(waiting.request.clone()))?;
            self.session.commit()?;
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

async fn answered(check: &mut Option<Check>) -> (Verdict, Vec<String>) {
    match check {
        Some(check) => check.answer.as_mut().await,
        None => pending().await,
    }
}

/// Waits for a time of day. In steps, so that a machine that slept in between notices.
async fn passed(until: Option<Timestamp>) {
    let Some(until) = until else { return pending().await };
    loop {
        let left = until.duration_since(clock::now());
        let Ok(left) = Duration::try_from(left) else { return };
        if left.is_zero() {
            return;
        }
        tokio::time::sleep(left.min(Duration::from_secs(30))).await;
    }
}
