//! The hook that the session waits for.
use super::call::{self, HookPlace};
use super::payload::{HookContext, payload};
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

/// How long it takes until a hook that failed runs again; it doubles with each try.
const RETRY_DELAY: Duration = Duration::from_secs(1);

/// Completes when the program of a hook has ended.
type Running = Pin<Box<dyn Future<Output = HookExit>>>;

/// A hook that runs, if one does. Dropping it kills its program.
#[derive(Default)]
pub(in crate::runner) struct AwaitedHook {
    running: Option<(HookRun, Running)>,
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
        let place = HookPlace::new(env, &plan.run);
        let context = HookContext {
            project: &place.project,
            again: matches!(state.session.hooks.running, Some((_, true))),
            ending: ending.as_ref(),
        };
        let event = payload(plan, state, run.moment, context);
        let command = match plan.hook(run.hook) {
            Some(hook) => place.command(hook, &event),
            None => Err(HookExit::cancelled("the plan has no such hook")),
        };
        let delay = delay(run.tries, plan.guardrails.wait_factor);
        self.running = Some((
            run,
            Box::pin(async move {
                sleep(delay).await;
                crash::point("hook: before it runs");
                let exit = match command {
                    Ok(command) => call::exit(&command.run_async().await),
                    Err(exit) => exit,
                };
                crash::point("hook: ended, not recorded");
                exit
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
        let (run, exit) = (*run, running.as_mut().await);
        self.running = None;
        Input::HookEnded { run, exit }
    }
}

fn delay(tries: u32, factor: Option<f64>) -> Duration {
    let doublings = tries.saturating_sub(2).min(8);
    let delay = if tries < 2 {
        Duration::ZERO
    } else {
        RETRY_DELAY * 2_u32.pow(doublings)
    };
    delay.mul_f64(factor.unwrap_or(1.0).clamp(0.0, 1.0))
}
