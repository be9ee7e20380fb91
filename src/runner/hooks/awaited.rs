//! The hook that the session waits for.
use super::call::HookPlace;
use super::hook_result::HookResult;
use super::payload::{HookContext, payload};
use super::retry::delay;
use crate::clock;
use crate::engine::ending_ahead;
use crate::model::{HookExit, HookRun, Input};
use crate::runner::env::RunnerEnv;
use crate::store::crash;
use crate::store::session::Session;
use std::future::{Future, pending};
use std::pin::Pin;
use std::time::Duration;
use tokio::time::sleep;

/// Completes when a hook has ended.
type Running = Pin<Box<dyn Future<Output = HookResult>>>;

/// A hook that runs, if one does. Dropping it kills its program.
#[derive(Default)]
pub(in crate::runner) struct AwaitedHook {
    running: Option<(HookRun, Running)>,
    /// The wait that a server asked for before another try.
    after: Option<Duration>,
}

impl AwaitedHook {
    /// Starts a hook, unless it runs already.
    pub(in crate::runner) fn ensure(&mut self, session: &Session, env: &RunnerEnv, run: HookRun) {
        if self
            .running
            .as_ref()
            .is_some_and(|(known, _)| *known == run)
        {
            return;
        }
        let (plan, state) = (&session.plan, session.state());
        let ending = ending_ahead(plan, state, clock::now());
        let place = HookPlace::new(env, plan);
        let context = HookContext {
            project: &place.project,
            again: matches!(state.session.hooks.running, Some((_, true))),
            ending: ending.as_ref(),
        };
        let event = payload(plan, state, run.moment, context);
        let hook = plan.hook(run.hook).cloned();
        let delay = delay(run.tries, self.after.take(), place.wait_factor);
        self.running = Some((
            run,
            Box::pin(async move {
                sleep(delay).await;
                crash::point("hook: before it runs");
                let called = match hook {
                    Some(hook) => place.call_async(hook, event, run).await,
                    None => HookResult::failed("the plan has no such hook"),
                };
                crash::point("hook: ended, not recorded");
                called
            }),
        ));
    }

    /// Ends a hook that is not to run to its end.
    pub(in crate::runner) fn cancel(&mut self, run: HookRun) -> Input {
        self.running = None;
        Input::HookEnded {
            run,
            exit: HookExit::cancelled("the session was asked to stop"),
        }
    }

    /// Waits for the end of the hook.
    pub(in crate::runner) async fn ended(&mut self) -> Input {
        let Some((run, running)) = &mut self.running else {
            return pending().await;
        };
        let (run, HookResult { exit, after }) = (*run, running.as_mut().await);
        (self.running, self.after) = (None, after);
        Input::HookEnded { run, exit }
    }
}
