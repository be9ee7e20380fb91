//! The limits that end a session short of its goal: their advice and their JSON.
use super::failure_class::FailureClass;
use super::id::{NodeId, SessionName};
use super::spender::Spender;
use crate::text::count;
use serde::{Deserialize, Serialize};

/// A limit that was reached.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Limit {
    /// `max_runtime`: the session ran for as long as it may.
    Runtime { max_seconds: u64 },
    /// `max_cost`: the session spent what it may.
    Cost {
        max_usd: f64,
        spent_usd: f64,
        /// What spent last.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Spender>,
    },
    /// `max_tokens`: the session used the tokens it may: input, output and cache writes.
    Tokens {
        max_tokens: u64,
        spent_tokens: u64,
        /// What spent last.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Spender>,
    },
    /// A node used its iterations before it reached its goal.
    Iterations {
        max: u32,
        /// What was to be reached, after "before".
        goal: String,
        /// The node, if it is one of a pipeline.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        node: Option<NodeId>,
    },
    /// An agent used up the budget that its program was given.
    AgentBudget {
        /// The program's message.
        reason: String,
    },
    /// `max_idle_iterations`: so many iterations in a row changed nothing.
    Idle { max: u32 },
    /// Every task left is blocked.
    QueueStalled {
        left: u32,
        /// The first of them, each as `id why`.
        blocked: Vec<String>,
    },
    /// `max_same_failures`: so many times in a row attempts failed alike, or a gate said no for the same reason.
    SameFailure {
        max: u32,
        /// The class of the attempts; none for an error that agents report, and for a gate.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        class: Option<FailureClass>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        gate: Option<String>,
        reason: String,
    },
    /// `max_outage`: for so long, attempts ended only by outages of the provider.
    Outage { max_seconds: u64, reason: String },
    /// `max_wait` of the guardrails: for so long nothing worked, and nothing says until when.
    Wait { max_seconds: u64, reason: String },
    /// `max_wait` of the queue: others hold the tasks for too long.
    QueueWait {
        max_seconds: u64,
        held: u32,
        by: Vec<String>,
    },
}

/// A larger limit for a resume.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RaisedLimit {
    MaxIterations(u32),
    MaxCostUsd(f64),
    MaxRuntimeSeconds(u64),
    MaxTokens(u64),
}

impl Limit {
    /// Returns twice the limit, if a resume can raise it.
    pub fn raised(&self) -> Option<RaisedLimit> {
        match self {
            Self::Runtime { max_seconds } => Some(RaisedLimit::MaxRuntimeSeconds(
                max_seconds.saturating_mul(2),
            )),
            Self::Cost {
                max_usd, spent_usd, ..
            } => Some(RaisedLimit::MaxCostUsd(max_usd.max(*spent_usd) * 2.0)),
            Self::Tokens {
                max_tokens,
                spent_tokens,
                ..
            } => Some(RaisedLimit::MaxTokens(
                (*max_tokens).max(*spent_tokens).saturating_mul(2),
            )),
            Self::Iterations {
                max, node: None, ..
            } => Some(RaisedLimit::MaxIterations(max.saturating_mul(2))),
            Self::Iterations { node: Some(_), .. }
            | Self::AgentBudget { .. }
            | Self::Idle { .. }
            | Self::SameFailure { .. }
            | Self::Outage { .. }
            | Self::Wait { .. }
            | Self::QueueStalled { .. }
            | Self::QueueWait { .. } => None,
        }
    }

    /// Returns the limit with what spent last, if it is one of spending.
    #[must_use]
    pub fn spent_by(mut self, spender: Option<Spender>) -> Self {
        if let Self::Cost { by, .. } | Self::Tokens { by, .. } = &mut self {
            *by = spender;
        }
        self
    }

    /// Returns what to do before a resume, if a resume alone is not enough.
    pub fn hint(&self, session: &SessionName) -> Option<String> {
        match self {
            Self::Idle { max } => Some(format!(
                "See what its agents did with `ap logs {session}`; files that git ignores do not count. A resume allows {} in a row without a change again; `guardrails.max_idle_iterations` sets how many",
                count(max, "iteration")
            )),
            Self::AgentBudget { .. } => Some("A resume makes the iteration again with the same budget: raise `--max-budget-usd` in the loop's `args` first".to_owned()),
            Self::SameFailure { .. } => Some(format!(
                "See what happened with `ap logs {session}`. A resume begins to count again; `guardrails.max_same_failures` sets how many"
            )),
            Self::Outage { .. } => Some("A resume waits as long again; `guardrails.max_outage` sets how long".to_owned()),
            Self::Wait { .. } => Some("A resume waits as long again; `guardrails.max_wait` sets how long".to_owned()),
            Self::Runtime { .. }
            | Self::Cost { .. }
            | Self::Tokens { .. }
            | Self::Iterations { .. }
            | Self::QueueStalled { .. }
            | Self::QueueWait { .. } => None,
        }
    }
}
