//! Identifies one attempt of one iteration of one node; also the fencing token of an agent run.
use serde::{Deserialize, Serialize};
use std::fmt;

/// One agent run. Later runs compare greater.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Cursor {
    /// 0-based step index in the plan; it continues from run to run of a plan that runs several times.
    pub node: u32,
    /// 1-based within the node; 0 before its first iteration.
    pub iteration: u32,
    /// 1-based within the iteration.
    pub attempt: u32,
}

impl Cursor {
    /// Returns the cursor of the node before its first iteration.
    pub fn before(node: u32) -> Self {
        Self {
            node,
            iteration: 0,
            attempt: 0,
        }
    }

    /// Returns the first attempt of the next iteration.
    pub fn next_iteration(self) -> Self {
        Self {
            iteration: self.iteration + 1,
            attempt: 1,
            ..self
        }
    }

    /// Returns the next attempt of the same iteration.
    pub fn next_attempt(self) -> Self {
        Self {
            attempt: self.attempt + 1,
            ..self
        }
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.node, self.iteration, self.attempt)
    }
}
