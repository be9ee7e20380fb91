//! What every termination strategy provides, and what it decides from.
use super::gate::{Gate, GateRef};
use crate::model::{GateVerdict, NodeEnding, QueueStatus};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Decides when a node ends, and words that decision for the user. One file implements it per strategy.
pub(super) trait Strategy {
    /// The strategy's name: its `type` in YAML, plans and journals.
    fn name(&self) -> &'static str;

    /// Decides whether the node ends. A strategy that asks a gate draws one number from `gates`, even where it does not
    /// ask yet, so that the numbers do not depend on the evidence.
    fn answer(&self, seen: &Evidence<'_>, gates: &mut GateNumbers) -> Answer;

    /// The condition as a clause for the present: `the queue is empty`.
    fn describe(&self) -> String;

    /// When a node of at most `max_iterations` ends, as the words after "ends": `when the queue is empty`.
    fn ends(&self, _max_iterations: u32) -> String {
        format!("when {}", self.describe())
    }

    /// The condition as a clause for the past, after "before": `the queue was empty`.
    fn goal(&self) -> &'static str;

    /// How far the node is from its end; empty where the number of iterations shows it.
    fn progress(&self, _seen: &Evidence<'_>) -> String {
        String::new()
    }

    /// The strategy as agents see it in `context.json`.
    fn context(&self, _seen: &Evidence<'_>) -> Value {
        json!({ "type": self.name() })
    }

    /// Whether a node that runs out of iterations has failed. Review ends without agreement, but work that does not pass
    /// is not done.
    fn must_reach_goal(&self) -> bool {
        false
    }

    /// Whether the queue must be checked before [`Self::answer`] can decide.
    fn asks_queue(&self) -> bool {
        false
    }

    /// Whether agents vote to stop, but not yet often enough.
    fn is_agreeing(&self, _seen: &Evidence<'_>) -> bool {
        false
    }

    /// Whether a decision `stop` is a vote.
    fn counts_votes(&self) -> bool {
        false
    }

    /// Returns why the strategy can never end a node of this many iterations, if it cannot.
    fn unreachable(&self, _max_iterations: u32) -> Option<Unreachable> {
        None
    }

    /// The gate to ask, if the strategy asks one.
    fn gate(&self) -> Option<GateRef<'_>> {
        None
    }

    /// The command of its gate, to freeze or replace it.
    fn command_mut(&mut self) -> Option<&mut Gate> {
        None
    }
}

/// Everything a strategy decides from.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// Finished iterations of this node.
    pub iterations: u32,
    pub max_iterations: u32,
    /// How many of the last iterations voted to stop, in a row.
    pub stops: u32,
    /// The state of the queue after the last iteration.
    pub queue: Option<&'a QueueStatus>,
    /// The promises of the last agent.
    pub promises: &'a [String],
    /// The answers of the gates after the last iteration, by gate number.
    pub gates: &'a BTreeMap<u32, GateVerdict>,
}

impl Evidence<'_> {
    /// Decides by the answer of a gate, or asks for it.
    pub(super) fn gate_answer(&self, name: &str, number: u32) -> Answer {
        match self.gates.get(&number) {
            None => Answer::NeedsGate(number),
            Some(GateVerdict::Stop { reason }) => Answer::Ends(NodeEnding::Gate {
                gate: name.to_owned(),
                reason: reason.clone(),
            }),
            Some(
                GateVerdict::Continue { .. }
                | GateVerdict::InProgress { .. }
                | GateVerdict::Broken { .. }
                | GateVerdict::Unavailable { .. },
            ) => Answer::Continues,
        }
    }
}

/// A strategy's decision.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// The node is over.
    Ends(NodeEnding),
    /// The node needs another iteration.
    Continues,
    /// The gate of this number must be asked first.
    NeedsGate(u32),
}

impl From<Option<NodeEnding>> for Answer {
    fn from(ending: Option<NodeEnding>) -> Self {
        ending.map_or(Self::Continues, Self::Ends)
    }
}

/// Numbers the gates of a termination in the order in which they are written.
#[derive(Debug, Default)]
pub(super) struct GateNumbers(u32);

impl GateNumbers {
    /// Returns the number of the next gate.
    pub(super) fn draw(&mut self) -> u32 {
        let number = self.0;
        self.0 += 1;
        number
    }
}

/// Why a strategy can never end its node, and how to fix it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreachable {
    pub reason: String,
    pub hint: &'static str,
}
