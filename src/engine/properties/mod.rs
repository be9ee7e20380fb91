//! Property tests: in random sessions with a crash after any event, every invariant of the engine holds.
mod asking;
mod fences;
mod gate;
mod hooks;
mod ledger;
mod payment;
mod plans;
mod questions;
mod rests;
mod rolls;
mod runner;
mod talk;
mod world;

use asking::asking_plan;
pub(crate) use plans::plan;

use super::{Phase, State, accept};
use crate::model::*;
use crate::plan::Plan;
use fences::{Noise, is_awaited, noise};
use gate::QuotaGate;
use jiff::Timestamp;
use proptest::prelude::*;
use rolls::{Roll, roll};
use runner::Runner;
use world::answer;

/// Whether all iterations of the node are used up and none succeeded: it can only fail.
fn is_in_vain(state: &State) -> bool {
    state.current.counters.succeeded == 0
        && state.current.counters.iterations == 3 + state.current.counters.extra
        && state.current.cursor.node % 6 == 5
}

/// An answer counts if it is awaited, and only then.
fn check_fence(
    plan: &Plan,
    state: &State,
    noise: Noise,
    now: Timestamp,
) -> Result<(), TestCaseError> {
    let input = noise.input(plan, state);
    let (counts, awaited) = (
        accept(plan, state, &input, now).is_some(),
        is_awaited(plan, state, &input, now),
    );
    prop_assert_eq!(counts, awaited, "{:?} in {:?}", input, state);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(3_000) })]
    #[test]
    fn a_session_survives_a_crash_after_any_event(rolls in prop::collection::vec((roll(), 0usize..4, noise()), 0..60)) {
        // A second run takes long, and is much like the first.
        let plan = Plan { runs: if rolls.len().is_multiple_of(8) { 2 } else { 1 }, ..asking_plan() };
        let mut now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let mut runner = Runner::default();
        runner.record(&plan, &Event::SessionStarted { session: plan.session.clone(), run: plan.run.clone(), plan: String::new() }, now)?;
        for (roll, dies_after, noise) in &rolls {
            check_fence(&plan, &runner.state, *noise, now)?;
            runner.gate.turn(&plan, &runner.state, *roll, now);
            let input = answer(&plan, &runner.state, *roll, &mut now);
            if *roll == Roll::Stale {
                prop_assert!(accept(&plan, &runner.state, &input, now).is_none(), "a stale report changed something");
            }
            runner.handle(&plan, &input, &mut now, *dies_after)?;
        }
        runner.check_view(&plan)?;
        runner.gate = QuotaGate::default();
        // With a healthy agent and a resume after each stop, every session reaches its end.
        for _ in 0..640 {
            let roll = match &runner.state.phase {
                Phase::Ended { ending: Ending::Completed { .. } } => break,
                Phase::Ended { .. } => Roll::Again,
                _ if runner.state.first_question().is_some() => Roll::Approve,
                _ if runner.state.is_paused() => Roll::Go,
                _ => Roll::Stop,
            };
            let input = answer(&plan, &runner.state, roll, &mut now);
            runner.handle(&plan, &input, &mut now, usize::MAX)?;
            if matches!(&runner.state.phase, Phase::Ended { ending: Ending::LimitReached { .. } }) || is_in_vain(&runner.state) { break; }
        }
        let well = matches!(&runner.state.phase, Phase::Ended { ending: Ending::Completed { .. } | Ending::LimitReached { .. } });
        runner.check_view(&plan)?;
        prop_assert!(well || is_in_vain(&runner.state), "never ended: {:?}", runner.state);
    }
}
