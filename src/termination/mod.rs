//! When a node stops. Each strategy is a pure function of what happened so far; one file per strategy.
//!
//! Some strategies need an answer from outside, a command's or a judge's. They are asked last, and only if what they
//! say can matter: a judge costs money.
mod fixed;
pub mod gate;
mod judgment;
mod promise;
mod queue;
mod scripts;

pub use promise::promises;
pub use scripts::scripts;

use crate::model::{GateVerdict, NodeEnding, QueueStatus};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A node's strategy. The iteration cap of the node applies beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum Termination {
    /// Run exactly so many iterations; where it does not say, as many as the node may.
    Fixed {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        iterations: Option<u32>,
    },
    /// Stop when `consensus` agents in a row say stop, not before `min_iterations`.
    Judgment { consensus: u32, min_iterations: u32 },
    /// Stop when the session's queue is empty.
    Queue,
    /// Stop when an agent's last words have a line `<promise>text</promise>`.
    Promise { text: String },
    /// Stop when a command says that the work passes.
    Verify(Gate),
    /// Stop when a command says so.
    Command(Gate),
    /// Stop when a judge, an agent that does no work itself, says so.
    Judge(Judge),
    /// Stop when one of these does.
    Any { of: Vec<Self> },
    /// Stop when all of these do.
    All { of: Vec<Self> },
}

/// A command that decides, frozen when the session starts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gate {
    /// Program and arguments.
    pub command: Vec<String>,
    /// Seconds it may take.
    pub timeout_s: u64,
    /// The files among its words, as they were when the session started, and its scripts that were not there: nobody
    /// changes or makes what judges them.
    #[serde(default)]
    pub frozen: Vec<Frozen>,
}

/// A file that must not change while the session runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frozen {
    /// Absolute.
    pub path: String,
    /// Fingerprint of its content; empty if it was not there.
    pub hash: String,
}

/// What a judge goes by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judge {
    /// When the work is done, in words.
    pub criteria: String,
    /// Nobody is asked before this many iterations.
    pub min_iterations: u32,
    /// Per cent of confidence below which a stop does not count.
    pub confidence: u32,
}

/// Everything a strategy may look at.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// Iterations of this node that are over.
    pub iterations: u32,
    pub max_iterations: u32,
    /// How many of the last ones said stop, in a row.
    pub stops: u32,
    /// What the queue said after the last iteration.
    pub queue: Option<&'a QueueStatus>,
    /// What the last agent promised.
    pub promises: &'a [String],
    /// What was said after the last iteration, by [`Termination::gates`] in order.
    pub gates: &'a BTreeMap<u32, GateVerdict>,
}

/// What a strategy comes to.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    Ends(NodeEnding),
    GoesOn,
    /// This gate must be asked first.
    Asks(u32),
}

impl Termination {
    /// Whether agents are saying stop in a row and have not said it often enough yet.
    pub fn is_agreeing(&self, seen: &Evidence<'_>) -> bool {
        match self {
            Self::Judgment {
                consensus,
                min_iterations,
            } => 0 < seen.stops && judgment::ending(*consensus, *min_iterations, seen).is_none(),
            Self::Any { of } | Self::All { of } => of.iter().any(|part| part.is_agreeing(seen)),
            Self::Fixed { .. }
            | Self::Queue
            | Self::Promise { .. }
            | Self::Verify(_)
            | Self::Command(_)
            | Self::Judge(_) => false,
        }
    }

    /// Whether the queue must be looked at before [`Self::answer`] can say anything.
    pub fn asks_queue(&self) -> bool {
        match self {
            Self::Queue => true,
            Self::Any { of } | Self::All { of } => of.iter().any(Self::asks_queue),
            Self::Fixed { .. }
            | Self::Judgment { .. }
            | Self::Promise { .. }
            | Self::Verify(_)
            | Self::Command(_)
            | Self::Judge(_) => false,
        }
    }

    /// Returns everything that is asked outside, in the order it is written.
    pub fn gates(&self) -> Vec<&Self> {
        match self {
            Self::Verify(_) | Self::Command(_) | Self::Judge(_) => vec![self],
            Self::Any { of } | Self::All { of } => of.iter().flat_map(Self::gates).collect(),
            Self::Fixed { .. } | Self::Judgment { .. } | Self::Queue | Self::Promise { .. } => {
                Vec::new()
            }
        }
    }

    /// The same, to be changed.
    pub fn gates_mut(&mut self) -> Vec<&mut Self> {
        match self {
            Self::Verify(_) | Self::Command(_) | Self::Judge(_) => vec![self],
            Self::Any { of } | Self::All { of } => {
                of.iter_mut().flat_map(Self::gates_mut).collect()
            }
            Self::Fixed { .. } | Self::Judgment { .. } | Self::Queue | Self::Promise { .. } => {
                Vec::new()
            }
        }
    }

    /// Whether a node that runs out of iterations first has not done what it was for. Agents that never quite agree are
    /// how review is bounded; work that does not pass is not done.
    pub fn needs_goal(&self) -> bool {
        match self {
            Self::Queue | Self::Verify(_) | Self::Command(_) => true,
            Self::Fixed { .. } | Self::Judgment { .. } | Self::Promise { .. } | Self::Judge(_) => {
                false
            }
            Self::Any { of } => of.iter().all(Self::needs_goal),
            Self::All { of } => of.iter().any(Self::needs_goal),
        }
    }

    /// Returns the word it is written with.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Fixed { .. } => "fixed",
            Self::Judgment { .. } => "judgment",
            Self::Queue => "queue",
            Self::Promise { .. } => "promise",
            Self::Verify(_) => "verify",
            Self::Command(_) => "command",
            Self::Judge(_) => "judge",
            Self::Any { .. } => "any",
            Self::All { .. } => "all",
        }
    }

    /// Whether the node is done, and why; or whom to ask.
    pub fn answer(&self, seen: &Evidence<'_>) -> Answer {
        match self.within(seen, &mut 0) {
            Answer::GoesOn if seen.max_iterations <= seen.iterations => {
                Answer::Ends(NodeEnding::MaxIterations {
                    iterations: seen.iterations,
                })
            }
            answer => answer,
        }
    }

    /// `next` is the number of the next gate.
    fn within(&self, seen: &Evidence<'_>, next: &mut u32) -> Answer {
        let ends = |ending: Option<NodeEnding>| ending.map_or(Answer::GoesOn, Answer::Ends);
        match self {
            Self::Fixed { iterations } => ends(fixed::ending(*iterations, seen)),
            Self::Judgment {
                consensus,
                min_iterations,
            } => ends(judgment::ending(*consensus, *min_iterations, seen)),
            Self::Queue => ends(queue::ending(seen)),
            Self::Promise { text } => ends(promise::ending(text, seen)),
            Self::Verify(_) | Self::Command(_) => gate::answer(self.word(), next, seen),
            // Its number is used up even if it is too early to ask.
            Self::Judge(judge) if seen.iterations < judge.min_iterations => {
                *next += 1;
                Answer::GoesOn
            }
            Self::Judge(_) => gate::answer(self.word(), next, seen),
            Self::Any { of } => any(of.iter().map(|part| part.within(seen, next)).collect()),
            Self::All { of } => all(of.iter().map(|part| part.within(seen, next)).collect()),
        }
    }
}

fn any(parts: Vec<Answer>) -> Answer {
    let mut asks = Answer::GoesOn;
    for part in parts {
        match part {
            Answer::Ends(_) => return part,
            Answer::Asks(_) if asks == Answer::GoesOn => asks = part,
            Answer::Asks(_) | Answer::GoesOn => {}
        }
    }
    asks
}

fn all(parts: Vec<Answer>) -> Answer {
    let (mut endings, mut asks) = (Vec::new(), None);
    for part in parts {
        match part {
            Answer::GoesOn => return Answer::GoesOn,
            Answer::Asks(_) => asks = asks.or(Some(part)),
            Answer::Ends(ending) => endings.push(ending),
        }
    }
    asks.unwrap_or(Answer::Ends(NodeEnding::All { endings }))
}

#[cfg(test)]
mod tests;
