//! What is shown of a limit that was reached.
use super::limit::Limit;
use crate::text::{count, exact_duration, held, plain};
use std::fmt;

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Runtime { max_seconds } => {
                write!(f, "time limit reached ({})", exact_duration(*max_seconds))
            }
            Self::Cost {
                max_usd,
                spent_usd,
                by,
            } => {
                write!(f, "cost limit reached: ${spent_usd:.2} of ${max_usd:.2}")?;
                by.as_ref()
                    .map_or(Ok(()), |by| write!(f, ", ${:.2} by {by}", by.usd))
            }
            Self::Tokens {
                max_tokens,
                spent_tokens,
                by,
            } => {
                write!(f, "token limit reached: {spent_tokens} of {max_tokens}")?;
                by.as_ref()
                    .map_or(Ok(()), |by| write!(f, ", {} by {by}", by.tokens))
            }
            Self::Iterations { max, goal, node } => {
                let node = node
                    .as_ref()
                    .map_or_else(String::new, |id| format!(" of node `{id}`"));
                write!(f, "iteration limit{node} reached ({max}) before {goal}")
            }
            Self::AgentBudget { reason } => {
                write!(f, "an agent used up its budget: {reason}")
            }
            Self::Idle { max } => write!(
                f,
                "idle limit reached: {} in a row changed nothing (no commit, no changed file, no closed task, the same report)",
                count(max, "iteration")
            ),
            Self::SameFailure {
                max,
                class,
                gate,
                reason,
            } => {
                let times = count(*max, "time");
                match (gate, class) {
                    (Some(gate), _) => write!(
                        f,
                        "the same failure {times} in a row: `{gate}` says not done: {reason}"
                    ),
                    (None, Some(class)) => {
                        write!(f, "the same failure {times} in a row ({class}): {reason}")
                    }
                    (None, None) => {
                        write!(f, "the same error reported {times} in a row: {reason}")
                    }
                }
            }
            Self::Outage {
                max_seconds,
                reason,
            } => write!(
                f,
                "outage limit reached ({}): {reason}",
                exact_duration(*max_seconds)
            ),
            Self::Wait {
                max_seconds,
                reason,
            } => write!(
                f,
                "wait limit reached ({}): {reason}",
                exact_duration(*max_seconds)
            ),
            Self::QueueStalled { left, blocked } => write_stalled(f, *left, blocked),
            Self::QueueWait {
                max_seconds,
                held: number,
                by,
            } => write!(
                f,
                "queue wait limit reached ({}): {}",
                exact_duration(*max_seconds),
                held(*number, by)
            ),
        }
    }
}

fn write_stalled(f: &mut fmt::Formatter<'_>, left: u32, blocked: &[String]) -> fmt::Result {
    let tasks = count(left, "task");
    write!(
        f,
        "the queue is stalled: {tasks} left, all blocked: {}",
        plain(&blocked.join("; "))
    )?;
    match (left as usize).saturating_sub(blocked.len()) {
        0 => Ok(()),
        more => write!(f, "; and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{FailureClass, RaisedLimit, Spender};
    use insta::assert_snapshot;

    fn spender() -> Spender {
        Spender {
            node: "work".parse().unwrap(),
            iteration: 3,
            usd: 0.5,
            tokens: 90_000,
            is_unfinished: true,
        }
    }

    fn every_limit() -> [Limit; 16] {
        let goal = || "the queue was empty".to_owned();
        let blocked = || vec!["b waits for a".to_owned()];
        [
            Limit::Runtime {
                max_seconds: 72 * 3600,
            },
            Limit::Cost {
                max_usd: 5.0,
                spent_usd: 5.125,
                by: None,
            },
            Limit::Cost {
                max_usd: 5.0,
                spent_usd: 5.125,
                by: Some(spender()),
            },
            Limit::Tokens {
                max_tokens: 2_000_000,
                spent_tokens: 2_000_100,
                by: Some(spender()),
            },
            Limit::Iterations {
                max: 1,
                goal: goal(),
                node: None,
            },
            Limit::Iterations {
                max: 25,
                goal: goal(),
                node: Some("work".parse().unwrap()),
            },
            Limit::AgentBudget {
                reason: "Reached maximum budget ($1)".to_owned(),
            },
            Limit::Idle { max: 5 },
            Limit::SameFailure {
                max: 5,
                class: None,
                gate: Some("verify".to_owned()),
                reason: "2 tests failed".to_owned(),
            },
            Limit::SameFailure {
                max: 5,
                class: Some(FailureClass::Crash),
                gate: None,
                reason: "terminated unexpectedly with exit code 1".to_owned(),
            },
            Limit::SameFailure {
                max: 5,
                class: None,
                gate: None,
                reason: "cannot push".to_owned(),
            },
            Limit::Outage {
                max_seconds: 24 * 3600,
                reason: "API Error: 529 Overloaded".to_owned(),
            },
            Limit::Wait {
                max_seconds: 3600,
                reason: "needs free disk space: No space left on device".to_owned(),
            },
            Limit::QueueStalled {
                left: 1,
                blocked: blocked(),
            },
            Limit::QueueStalled {
                left: 3,
                blocked: blocked(),
            },
            Limit::QueueWait {
                max_seconds: 5400,
                held: 2,
                by: vec!["user/ann".to_owned()],
            },
        ]
    }

    #[test]
    fn a_limit_says_what_was_reached() {
        assert_snapshot!(every_limit().map(|limit| limit.to_string()).join("\n"), @r"
        time limit reached (72h)
        cost limit reached: $5.12 of $5.00
        cost limit reached: $5.12 of $5.00, $0.50 by iteration 3 of `work`, which is unfinished
        token limit reached: 2000100 of 2000000, 90000 by iteration 3 of `work`, which is unfinished
        iteration limit reached (1) before the queue was empty
        iteration limit of node `work` reached (25) before the queue was empty
        an agent used up its budget: Reached maximum budget ($1)
        idle limit reached: 5 iterations in a row changed nothing (no commit, no changed file, no closed task, the same report)
        the same failure 5 times in a row: `verify` says not done: 2 tests failed
        the same failure 5 times in a row (crash): terminated unexpectedly with exit code 1
        the same error reported 5 times in a row: cannot push
        outage limit reached (24h): API Error: 529 Overloaded
        wait limit reached (1h): needs free disk space: No space left on device
        the queue is stalled: 1 task left, all blocked: b waits for a
        the queue is stalled: 3 tasks left, all blocked: b waits for a; and 2 more
        queue wait limit reached (1h30m): 2 tasks held by user/ann
        ");
    }

    #[test]
    fn a_resume_can_raise_the_limits_of_a_session() {
        assert_eq!(
            every_limit().map(|limit| limit.raised()),
            [
                Some(RaisedLimit::MaxRuntimeSeconds(144 * 3600)),
                Some(RaisedLimit::MaxCostUsd(10.25)),
                Some(RaisedLimit::MaxCostUsd(10.25)),
                Some(RaisedLimit::MaxTokens(4_000_200)),
                Some(RaisedLimit::MaxIterations(2)),
                None,
                None,
                None,
                None,
                None,
                None,
                None,
                None,
                None,
                None,
                None
            ]
        );
    }

    #[test]
    fn json_keeps_the_kind_and_the_numbers() {
        let limit = Limit::Cost {
            max_usd: 5.0,
            spent_usd: 5.125,
            by: None,
        };
        let json = serde_json::json!({ "kind": "cost", "max_usd": 5.0, "spent_usd": 5.125 });
        assert_eq!(serde_json::to_value(limit).unwrap(), json);
    }
}
