//! How much room is left within each bound, and whether it is time to leave things ready for whoever comes next.
use super::State;
use crate::plan::{Node, Plan};
use jiff::Timestamp;

/// What is left when an iteration starts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Room {
    /// Iterations that may come after this one.
    pub iterations: u32,
    /// Nothing where there is no bound.
    pub seconds: Option<f64>,
    pub cost_usd: Option<f64>,
    pub checkpoint_soon: bool,
}

/// Less than this share of a bound is little.
const LITTLE: f64 = 0.15;

/// Returns the room there is for the iteration that starts now.
pub fn room(plan: &Plan, state: &State, node: &Node, now: Timestamp) -> Room {
    let bounds = state.guardrails(plan);
    let (most, ran) = (state.max_iterations(node), state.ran(now).as_secs_f64().max(0.0));
    let with_this = most.saturating_sub(state.tally.iterations);
    let usual = |total: f64| if state.iterations == 0 { 0.0 } else { total / f64::from(state.iterations) };
    let runtime = Bound { most: bounds.max_runtime_seconds as f64, used: ran, usual: usual(ran) };
    let cost = Bound { most: bounds.max_cost_usd, used: state.usage.cost_usd, usual: usual(state.usage.cost_usd) };
    let iterations = Bound { most: f64::from(most), used: f64::from(most - with_this), usual: 1.0 };
    Room {
        iterations: with_this.saturating_sub(1),
        seconds: runtime.left(),
        cost_usd: cost.left(),
        checkpoint_soon: [iterations, runtime, cost].iter().any(Bound::is_near),
    }
}

/// One bound, and what an iteration usually takes of it.
#[derive(Clone, Copy, Debug)]
struct Bound {
    /// 0 is none.
    most: f64,
    used: f64,
    usual: f64,
}

impl Bound {
    fn left(&self) -> Option<f64> {
        (0.0 < self.most).then(|| (self.most - self.used).max(0.0))
    }

    /// Whether less than 15 % is left, or no more than one usual iteration takes.
    fn is_near(&self) -> bool {
        self.left().is_some_and(|left| left < LITTLE * self.most || left <= self.usual)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_is_near_when_little_of_it_or_one_usual_iteration_is_left() {
        let near = |most, used, usual| Bound { most, used, usual }.is_near();
        assert_eq!(
            [near(100.0, 85.0, 0.0), near(100.0, 85.5, 0.0), near(100.0, 50.0, 50.0), near(100.0, 40.0, 50.0)],
            [false, true, true, false]
        );
        assert!(near(10.0, 11.0, 0.0) && !near(0.0, 11.0, 1.0) && near(1.0, 0.0, 1.0));
    }

    #[test]
    fn the_last_iterations_of_many_are_near_the_end() {
        let soon = |most: u32, before: u32| Bound { most: f64::from(most), used: f64::from(before), usual: 1.0 }.is_near();
        let first = |most| (0..most).find(|before| soon(most, *before)).map(|before| most - before);
        assert_eq!([first(1), first(3), first(25), first(100)], [Some(1), Some(1), Some(3), Some(14)]);
    }
}
