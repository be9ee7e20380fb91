//! The iteration that spent last when a budget was reached.
use super::id::NodeId;
use super::usage::Usage;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The attempt that spent last, and what it spent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Spender {
    pub node: NodeId,
    pub iteration: u32,
    pub usd: f64,
    pub tokens: u64,
    /// Whether it was ended for it: its iteration does not count.
    pub is_unfinished: bool,
}

impl Spender {
    /// Returns the spender of this usage.
    pub fn new(node: NodeId, iteration: u32, usage: &Usage, is_unfinished: bool) -> Self {
        Self {
            node,
            iteration,
            usd: usage.cost_usd,
            tokens: usage.billed_tokens(),
            is_unfinished,
        }
    }
}

impl fmt::Display for Spender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unfinished = if self.is_unfinished {
            ", which is unfinished"
        } else {
            ""
        };
        let (iteration, node) = (self.iteration, &self.node);
        write!(f, "iteration {iteration} of `{node}`{unfinished}")
    }
}
