//! Remaining budget per limit, and when to ask the agent for a checkpoint.
use super::limit_use::LimitUse;
use super::state::State;
use crate::model::{BranchReport, Limit, Usage};
use crate::plan::{Node, Plan};
use jiff::{SignedDuration, Timestamp};

/// What is left when an iteration starts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Remaining {
    /// Iterations that may follow this one.
    pub iterations: u32,
    /// `None` without a limit.
    pub seconds: Option<f64>,
    /// `None` without a limit.
    pub cost_usd: Option<f64>,
    /// `None` without a limit.
    pub tokens: Option<u64>,
    /// What an attempt usually costs, if that is known.
    pub usual_cost_usd: Option<f64>,
    /// Whether the agent should leave a checkpoint: little is left of one of the limits.
    pub checkpoint_soon: bool,
}

/// The limits of a session and what it has used of them. Its branches share it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Budget {
    /// 0 is no limit.
    pub max_runtime_seconds: u64,
    /// 0 is no limit.
    pub max_cost_usd: f64,
    /// Spent so far.
    pub cost_usd: f64,
    /// 0 is no limit.
    pub max_tokens: u64,
    /// Input, output and cache writes so far.
    pub tokens: u64,
    /// The start of the session, moved forward by the time it had no runner.
    started: Option<Timestamp>,
    /// Over all nodes and branches.
    iterations: u32,
}

impl Budget {
    /// Returns the budget of a session.
    pub fn of_session(plan: &Plan, state: &State) -> Self {
        let guardrails = state.guardrails(plan);
        Self {
            max_runtime_seconds: guardrails.max_runtime_seconds,
            max_cost_usd: guardrails.max_cost_usd,
            cost_usd: state.session.usage.cost_usd,
            max_tokens: guardrails.max_tokens,
            tokens: state.session.usage.billed_tokens(),
            started: state
                .session
                .started_at
                .map(|at| at + SignedDuration::from_millis(state.session.unattended_ms)),
            iterations: state.session.iterations,
        }
    }

    /// Returns the session's budget with what the branch has used since its last report.
    #[must_use]
    pub fn of_branch(self, reported: Option<&BranchReport>, branch: &State) -> Self {
        let (iterations, usage) = reported.map_or((0, Usage::default()), |report| {
            (report.iterations, report.usage)
        });
        let (own, known) = (&branch.session.usage, usage.billed_tokens());
        Self {
            iterations: self.iterations.saturating_sub(iterations) + branch.session.iterations,
            cost_usd: (self.cost_usd - usage.cost_usd).max(0.0) + own.cost_usd,
            tokens: self.tokens.saturating_sub(known) + own.billed_tokens(),
            ..self
        }
    }

    /// Returns the limit that is reached with what the current attempt has used, if one is.
    pub fn reached(&self, usage: &Usage, now: Timestamp) -> Option<Limit> {
        let (cost_usd, tokens) = (
            self.cost_usd + usage.cost_usd,
            self.tokens + usage.billed_tokens(),
        );
        runtime_limit(self.max_runtime_seconds, self.ran(now))
            .or_else(|| cost_limit(self.max_cost_usd, cost_usd))
            .or_else(|| token_limit(self.max_tokens, tokens))
    }

    /// Whether the session has run for as long as it may.
    pub fn is_time_up(&self, now: Timestamp) -> bool {
        runtime_limit(self.max_runtime_seconds, self.ran(now)).is_some()
    }

    /// Returns what an attempt may use before a limit is reached: dollars and tokens, if they are limited.
    pub fn left(&self) -> (Option<f64>, Option<u64>) {
        let tokens = self.max_tokens.saturating_sub(self.tokens);
        (self.cost().left(), (0 < self.max_tokens).then_some(tokens))
    }

    fn ran(&self, now: Timestamp) -> SignedDuration {
        let ran = self.started.map(|started| now.duration_since(started));
        ran.unwrap_or_default().max(SignedDuration::ZERO)
    }

    fn runtime(&self, now: Timestamp) -> LimitUse {
        self.limit_use(self.max_runtime_seconds as f64, self.ran(now).as_secs_f64())
    }

    fn cost(&self) -> LimitUse {
        self.limit_use(self.max_cost_usd, self.cost_usd)
    }

    fn token(&self) -> LimitUse {
        self.limit_use(self.max_tokens as f64, self.tokens as f64)
    }

    fn limit_use(&self, max: f64, used: f64) -> LimitUse {
        let average = if self.iterations == 0 {
            0.0
        } else {
            used / f64::from(self.iterations)
        };
        LimitUse { max, used, average }
    }
}

/// Returns what is left for the iteration that starts now; `budget` is the session's.
pub fn remaining(budget: &Budget, state: &State, node: &Node, now: Timestamp) -> Remaining {
    let max = state.max_iterations(node);
    let with_this = max.saturating_sub(state.current.counters.iterations);
    let iterations = LimitUse {
        max: f64::from(max),
        used: f64::from(max - with_this),
        average: 1.0,
    };
    let (runtime, cost, tokens) = (budget.runtime(now), budget.cost(), budget.token());
    Remaining {
        iterations: with_this.saturating_sub(1),
        seconds: runtime.left(),
        cost_usd: cost.left(),
        tokens: budget.left().1,
        usual_cost_usd: state.session.spending.usual_usd(),
        checkpoint_soon: [iterations, runtime, cost, tokens]
            .iter()
            .any(LimitUse::is_near),
    }
}

impl Remaining {
    /// Whether what an attempt usually costs does not fit into what is left.
    pub fn is_tight(&self) -> bool {
        let (left, usual) = (self.cost_usd, self.usual_cost_usd);
        left.zip(usual).is_some_and(|(left, usual)| left < usual)
    }
}

/// Returns the time limit, if it is reached.
pub(super) fn runtime_limit(max_seconds: u64, ran: SignedDuration) -> Option<Limit> {
    let reached = i64::try_from(max_seconds).is_ok_and(|max| 0 < max && max <= ran.as_secs());
    reached.then_some(Limit::Runtime { max_seconds })
}

/// Returns the cost limit, if it is reached.
pub(super) fn cost_limit(max_usd: f64, spent_usd: f64) -> Option<Limit> {
    (0.0 < max_usd && max_usd <= spent_usd).then_some(Limit::Cost {
        max_usd,
        spent_usd,
        by: None,
    })
}

/// Returns the token limit, if it is reached.
pub(super) fn token_limit(max_tokens: u64, spent_tokens: u64) -> Option<Limit> {
    (0 < max_tokens && max_tokens <= spent_tokens).then_some(Limit::Tokens {
        max_tokens,
        spent_tokens,
        by: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_branch_shares_the_session_budget_and_adds_its_unreported_use() {
        let usage = |cost_usd| Usage {
            cost_usd,
            ..Usage::default()
        };
        let budget = Budget {
            max_cost_usd: 10.0,
            cost_usd: 7.0,
            iterations: 5,
            ..Budget::default()
        };
        let mut branch = State::default();
        branch.session.iterations = 3;
        branch.session.usage = usage(2.5);
        let report = BranchReport {
            question: None,
            seq: 1,
            iterations: 2,
            usage: usage(1.0),
            ending: None,
            account: None,
            billing: None,
        };
        let shared = budget.of_branch(Some(&report), &branch);
        assert_eq!(
            (shared.cost_usd, shared.iterations, shared.max_cost_usd),
            (8.5, 6, 10.0)
        );
        assert_eq!(budget.of_branch(None, &branch).cost_usd, 9.5);
    }

    #[test]
    fn a_budget_counts_what_was_spent_before_and_the_current_attempt() {
        let budget = Budget {
            max_cost_usd: 1.0,
            cost_usd: 0.6,
            max_tokens: 1000,
            tokens: 400,
            ..Budget::default()
        };
        let usage = |cost_usd, input_tokens, cache_read_tokens| Usage {
            cost_usd,
            input_tokens,
            cache_read_tokens,
            ..Usage::default()
        };
        let now = Timestamp::UNIX_EPOCH;
        assert_eq!(budget.reached(&usage(0.39, 599, 1_000_000), now), None);
        assert!(matches!(
            budget.reached(&usage(0.4, 0, 0), now),
            Some(Limit::Cost { .. })
        ));
        assert!(matches!(
            budget.reached(&usage(0.0, 600, 0), now),
            Some(Limit::Tokens {
                spent_tokens: 1000,
                ..
            })
        ));
        assert_eq!(
            Budget::default().reached(&usage(1e9, 1 << 40, 0), now),
            None
        );
        assert_eq!(Budget::default().left(), (None, None));
        assert_eq!(budget.left().1, Some(600));
    }

    #[test]
    fn a_time_limit_counts_from_the_start_of_the_session() {
        let after = |seconds| Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds);
        let budget = Budget {
            max_runtime_seconds: 60,
            started: Some(after(1000)),
            ..Budget::default()
        };
        assert!(!budget.is_time_up(after(1059)) && budget.is_time_up(after(1060)));
        assert!(!budget.is_time_up(after(0)), "a clock that was set back");
        assert_eq!(
            budget.reached(&Usage::default(), after(1060)),
            Some(Limit::Runtime { max_seconds: 60 })
        );
        assert!(!Budget::default().is_time_up(after(1 << 30)));
    }
}
