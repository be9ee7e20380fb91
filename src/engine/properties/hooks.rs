//! Which hooks have run, kept apart from the engine's own state.
use super::rolls::Roll;
use crate::engine::{Phase, State};
use crate::model::*;
use crate::plan::{Hook, HookAction, HookSource, HookWhen, OnHookFailure, Plan};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Returns the hooks of the random sessions: one of each policy, and of each kind of event.
pub(super) fn hooks() -> Vec<Hook> {
    use HookEvent::*;
    use OnHookFailure::*;
    let hook = |(event, on_failure)| Hook {
        event,
        action: HookAction::Command(vec!["hook".to_owned()]),
        when: HookWhen::default(),
        timeout_s: 1,
        on_failure,
        awaited: true,
        of: HookSource::Pipeline,
    };
    let all = [
        (SessionStart, Hold),
        (NodeStart, Note),
        (IterationStart, Retry),
        (IterationStart, Note),
        (IterationEnd, Hold),
        (NodeEnd, Fail),
        (Question, Note),
        (Wait, Retry),
        (SessionEnd, Note),
    ];
    all.map(hook).into()
}

/// Returns the end of a hook, as rolled.
pub(super) fn hook_ended(run: HookRun, roll: Roll) -> Input {
    let fails = matches!(roll, Roll::Crash | Roll::Lost | Roll::TimedOut);
    let exit = HookExit {
        code: Some(i32::from(fails)),
        reason: String::new(),
    };
    Input::HookEnded { run, exit }
}

/// Checks each fact before it is applied.
#[derive(Default)]
pub(super) struct Hooks {
    running: Option<HookRun>,
    /// Whether the runner died since it began.
    is_again: bool,
    /// The last run of each, and whether nothing more follows from it.
    ended: BTreeMap<u32, (HookRun, bool)>,
}

impl Hooks {
    pub(super) fn check(
        &mut self,
        plan: &Plan,
        state: &State,
        event: &Event,
    ) -> Result<(), TestCaseError> {
        match event {
            Event::HookStarted(run) => return self.started(state, *run),
            Event::HookEnded { run, exit, again } => {
                prop_assert_eq!(self.running.take(), Some(*run), "another hook ended");
                prop_assert_eq!(*again, self.is_again, "a second run is told so");
                self.ended.insert(run.hook, (*run, exit.succeeded()));
            }
            Event::RunnerStarted { .. } => self.is_again |= self.running.is_some(),
            Event::QuestionAnswered { answer, .. } if answer.next == Next::Go => {
                let question = state.session.question.as_ref();
                if let Some(Subject::Hook { hook }) = question.map(|it| it.subject)
                    && let Some((_, settled)) = self.ended.get_mut(&hook)
                {
                    *settled = true;
                }
            }
            Event::SessionResumed { .. } if matches!(state.phase, Phase::Ended { .. }) => {
                self.ended.retain(|_, (_, settled)| *settled);
            }
            Event::IterationStarted { cursor, .. } if cursor.attempt == 1 => {
                self.all_ran(plan, HookEvent::IterationStart, *cursor)?;
            }
            Event::IterationStarted { .. }
            | Event::BlockStarted { .. }
            | Event::NodeFinished { .. }
            | Event::SessionFinished { .. } => {
                prop_assert!(self.running.is_none(), "continued beside a hook");
            }
            _ => {}
        }
        Ok(())
    }

    fn started(&mut self, state: &State, run: HookRun) -> Result<(), TestCaseError> {
        prop_assert!(self.running.is_none(), "two hooks at once");
        prop_assert!(!state.phase.is_running(), "a hook beside an agent");
        let known = self.ended.get(&run.hook);
        if let Some((known, settled)) = known.filter(|(known, _)| known.moment == run.moment) {
            prop_assert!(!settled, "a hook ran twice at one moment");
            prop_assert_eq!(run.tries, known.tries + 1);
        }
        prop_assert!(run.tries <= Hook::MAX_TRIES, "tried too often");
        (self.running, self.is_again) = (Some(run), false);
        Ok(())
    }

    /// Checks that the hooks of an event ran for an attempt, and were settled where the session waits for that.
    fn all_ran(&self, plan: &Plan, event: HookEvent, cursor: Cursor) -> Result<(), TestCaseError> {
        prop_assert!(self.running.is_none(), "an agent began beside a hook");
        let moment = HookMoment {
            event,
            node: cursor.node,
            number: cursor.iteration,
        };
        for (number, hook) in plan.hooks_at(moment) {
            let Some((run, settled)) = self.ended.get(&number) else {
                return Err(TestCaseError::fail("a hook did not run"));
            };
            prop_assert_eq!(run.moment, moment, "a hook did not run at its moment");
            let decides = matches!(hook.on_failure, OnHookFailure::Hold | OnHookFailure::Fail);
            let is_done = hook.on_failure == OnHookFailure::Note || run.tries == Hook::MAX_TRIES;
            prop_assert!(*settled || !decides && is_done, "continued after a failure");
        }
        Ok(())
    }
}
