//! Starts the hooks that only observe a session, in the order of its facts, each once.
use super::call::HookPlace;
use super::log::{HookLog, LogLine, Logged};
use super::payload::{HookContext, payload};
use super::queue::{HookJob, HookQueue};
use crate::clock;
use crate::model::{Event, HookEvent, HookExit, HookMoment, HookRun, WaitReason};
use crate::plan::HookOutcome;
use crate::runner::env::RunnerEnv;
use crate::store::observer::{Fact, Observer, Reaction};
use crate::store::session::Session;
use std::io;
use std::sync::Arc;

/// Runs that may wait for their turn; what comes beyond is recorded as not run.
const MOST_WAITING: usize = 200;

/// Starts hooks that the session does not wait for.
pub(in crate::runner) struct HookObserver {
    place: HookPlace,
    log: HookLog,
    logged: Logged,
    /// Facts up to this one were there before the session had hooks.
    ignored: u64,
    queue: HookQueue,
}

impl HookObserver {
    /// Returns the observer of a session that has such hooks. Those that a dead runner left without an end run again.
    pub(in crate::runner) fn new(session: &Session, env: &RunnerEnv) -> io::Result<Option<Self>> {
        let plan = &session.plan;
        if !plan.all_hooks().any(|hook| !hook.awaited) {
            return Ok(None);
        }
        let place = HookPlace::new(env, plan);
        let log = HookLog::new(session.dir.hooks(), Arc::clone(&env.redactor));
        let mut logged = log.read()?;
        let state = session.state();
        let is_new = logged.exists
            || state.current.cursor.iteration == 0 && state.session.finished.is_empty();
        log.create()?;
        let queue = HookQueue::start(place.clone(), log.clone())?;
        for begun in std::mem::take(&mut logged.unfinished) {
            let hook = plan
                .hook(begun.run.hook)
                .filter(|it| it.event == begun.run.moment.event);
            if let (Some(hook), Some(mut input)) = (hook, begun.input) {
                input["again"] = true.into();
                queue.push(HookJob {
                    seq: begun.seq,
                    run: begun.run,
                    hook: hook.clone(),
                    input,
                    again: true,
                });
            }
        }
        Ok(Some(Self {
            place,
            log,
            logged,
            ignored: if is_new { 0 } else { session.seq() },
            queue,
        }))
    }

    fn start(
        &mut self,
        fact: &Fact<'_>,
        moment: HookMoment,
        outcome: Option<HookOutcome>,
    ) -> io::Result<()> {
        let (plan, state, seq) = (fact.plan, fact.state, fact.key.number);
        for (number, hook) in plan.hooks_at(moment) {
            let runs = hook
                .when
                .includes(moment.number, outcome, state.session.last_class);
            if hook.awaited || !runs || self.logged.has_begun(seq, number) {
                continue;
            }
            let ending = match fact.event {
                Event::SessionFinished { ending } => Some(ending),
                _ => None,
            };
            let context = HookContext {
                project: &self.place.project,
                again: false,
                ending,
            };
            let input = payload(plan, state, moment, context);
            let run = HookRun {
                hook: number,
                moment,
                tries: 1,
            };
            let mut line = LogLine {
                at: clock::now(),
                seq,
                run,
                input: Some(input.clone()),
                exit: None,
                again: false,
            };
            if MOST_WAITING <= self.queue.waiting() {
                line.exit = Some(HookExit::cancelled("too many hooks wait for their turn"));
                self.log.append(&line)?;
                continue;
            }
            self.log.append(&line)?;
            self.queue.push(HookJob {
                seq,
                run,
                hook: hook.clone(),
                input,
                again: false,
            });
        }
        Ok(())
    }
}

impl Observer for HookObserver {
    fn durable_name(&self) -> Option<&'static str> {
        Some("hooks")
    }

    fn observe(&mut self, fact: &Fact<'_>) -> io::Result<Reaction> {
        if fact.is_copied() || fact.key.number <= self.ignored {
            return Ok(Reaction::Transient);
        }
        let Some((moment, outcome)) = moment(fact) else {
            return Ok(Reaction::Transient);
        };
        self.start(fact, moment, outcome)?;
        Ok(Reaction::Durable)
    }
}

/// Returns the moment that a fact is, and how what ended at it ended.
fn moment(fact: &Fact<'_>) -> Option<(HookMoment, Option<HookOutcome>)> {
    let session = &fact.state.session;
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let node = fact.state.current.cursor.node;
    let (event, node, number, outcome) = match fact.event {
        Event::SessionStarted { .. } => (HookEvent::SessionStart, 0, 1, None),
        Event::SessionFinished { ending } => {
            let outcome = HookOutcome::of_session(ending.status());
            (HookEvent::SessionEnd, 0, session.hooks.ends, outcome)
        }
        Event::IterationStarted { cursor, .. } if (cursor.iteration, cursor.attempt) == (1, 1) => (
            HookEvent::NodeStart,
            cursor.node,
            count(session.finished.len()) + 1,
            None,
        ),
        Event::BlockStarted { cursor } if cursor.attempt == 1 => (
            HookEvent::NodeStart,
            cursor.node,
            count(session.finished.len()) + 1,
            None,
        ),
        Event::NodeFinished { node, ending, .. } => {
            let number = count(session.finished.len());
            let outcome = HookOutcome::of_node(ending);
            (HookEvent::NodeEnd, *node, number, Some(outcome))
        }
        Event::QuestionAsked { question } => (HookEvent::Question, node, question.id.0, None),
        Event::WaitStarted { reason, .. } => match reason {
            WaitReason::Question { .. } => return None,
            _ => (HookEvent::Wait, node, session.hooks.waits, None),
        },
        _ => return None,
    };
    let moment = HookMoment {
        event,
        node,
        number,
    };
    Some((moment, outcome))
}
