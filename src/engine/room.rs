//! How much room is left within each bound, and whether it is time to leave things ready for whoever comes next.
use super::State;
use crate::model::BranchReport;
use crate::plan::{Node, Plan};
use jiff::{SignedDuration, Timestamp};

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

/// What a session may use as a whole, and what it has used of it. Its branches share it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Means {
    /// 0 is no bound.
    pub max_runtime_seconds: u64,
    /// 0 is no bound.
    pub max_cost_usd: f64,
    /// Spent so far.
    pub cost_usd: f64,
    /// When it would have begun if somebody had attended to it all the time.
    began: Option<Timestamp>,
    /// Over all nodes and branches.
    iterations: u32,
}

impl Means {
    /// Returns a session's own.
    pub fn of(plan: &Plan, state: &State) -> Self {
        let bounds = state.guardrails(plan);
        Self {
            max_runtime_seconds: bounds.max_runtime_seconds,
            max_cost_usd: bounds.max_cost_usd,
            cost_usd: state.usage.cost_usd,
            began: state
                .started_at
                .map(|at| at + SignedDuration::from_millis(state.unattended_ms)),
            iterations: state.iterations,
        }
    }

    /// Returns what a branch has to share, of which the session knows as much as the branch has reported so far.
    #[must_use]
    pub fn of_branch(self, reported: Option<&BranchReport>, branch: &State) -> Self {
        let (iterations, cost_usd) = reported.map_or((0, 0.0), |report| {
            (report.iterations, report.usage.cost_usd)
        });
        Self {
            iterations: self.iterations.saturating_sub(iterations) + branch.iterations,
            cost_usd: (self.cost_usd - cost_usd).max(0.0) + branch.usage.cost_usd,
            ..self
        }
    }

    fn ran(&self, now: Timestamp) -> f64 {
        self.began.map_or(0.0, |began| {
            now.duration_since(began).as_secs_f64().max(0.0)
        })
    }
}

/// Less than this share of a bound is little.
const LITTLE: f64 = 0.15;

/// Returns the room there is for the iteration that starts now; `means` are those of the session as a whole.
pub fn room(means: &Means, state: &State, node: &Node, now: Timestamp) -> Room {
    let (most, ran) = (state.max_iterations(node), means.ran(now));
    let with_this = most.saturating_sub(state.counters.iterations);
    let usual = |total: f64| {
        if means.iterations == 0 {
            0.0
        } else {
            total / f64::from(means.iterations)
        }
    };
    let runtime = Bound {
        most: means.max_runtime_seconds as f64,
        used: ran,
        usual: usual(ran),
    };
    let cost = Bound {
        most: means.max_cost_usd,
        used: means.cost_usd,
        usual: usual(means.cost_usd),
    };
    let iterations = Bound {
        most: f64::from(most),
        used: f64::from(most - with_this),
        usual: 1.0,
    };
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
        self.left()
            .is_some_and(|left| left < LITTLE * self.most || left <= self.usual)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_is_near_when_little_of_it_or_one_usual_iteration_is_left() {
        let near = |most, used, usual| Bound { most, used, usual }.is_near();
        assert_eq!(
            [
                near(100.0, 85.0, 0.0),
                near(100.0, 85.5, 0.0),
                near(100.0, 50.0, 50.0),
                near(100.0, 40.0, 50.0)
            ],
            [false, true, true, false]
        );
        assert!(near(10.0, 11.0, 0.0) && !near(0.0, 11.0, 1.0) && near(1.0, 0.0, 1.0));
    }

    #[test]
    fn a_branch_shares_what_its_session_has_and_counts_what_it_has_not_reported_yet() {
        let used = |iterations: u32, cost_usd: f64| {
            (
                iterations,
                crate::model::Usage {
                    cost_usd,
                    ..Default::default()
                },
            )
        };
        let means = Means {
            max_cost_usd: 10.0,
            cost_usd: 7.0,
            iterations: 5,
            ..Means::default()
        };
        let ((iterations, usage), (own, of_own)) = (used(2, 1.0), used(3, 2.5));
        let branch = State {
            iterations: own,
            usage: of_own,
            ..State::default()
        };
        let report = BranchReport {
            seq: 1,
            iterations,
            usage,
            ending: None,
        };
        let shared = means.of_branch(Some(&report), &branch);
        assert_eq!(
            (shared.cost_usd, shared.iterations, shared.max_cost_usd),
            (8.5, 6, 10.0)
        );
        assert_eq!(means.of_branch(None, &branch).cost_usd, 9.5);
    }

    #[test]
    fn the_last_iterations_of_many_are_near_the_end() {
        let soon = |most: u32, before: u32| {
            Bound {
                most: f64::from(most),
                used: f64::from(before),
                usual: 1.0,
            }
            .is_near()
        };
        let first = |most| {
            (0..most)
                .find(|before| soon(most, *before))
                .map(|before| most - before)
        };
        assert_eq!(
            [first(1), first(3), first(25), first(100)],
            [Some(1), Some(1), Some(3), Some(14)]
        );
    }
}
