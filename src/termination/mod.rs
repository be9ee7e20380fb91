//! When a node ends. Each strategy is a pure function of what happened so far; one file per strategy.
//!
//! Gates (commands and judges) are asked last, and only if their answer can matter: a judge costs money.
mod command;
mod fixed;
mod gate;
mod gate_output;
mod judge;
mod judgment;
mod promise;
mod queue;
mod registry;
mod scripts;
mod strategy;
#[cfg(test)]
mod tests;
mod threshold;
mod verify;

pub use command::Command;
pub use fixed::Fixed;
pub use gate::{Completeness, FrozenFile, Gate, GateRef, Judge, MAX_BROKEN_ANSWERS};
pub use gate_output::{GateReading, PARTIAL_PASS, read_command};
pub use judge::read_judge;
pub use judgment::Judgment;
pub use promise::{Promise, promises};
pub use queue::Queue;
pub use registry::{Termination, TerminationKind};
pub use scripts::scripts;
pub use strategy::{Answer, Evidence, Unreachable};
pub use threshold::Threshold;
pub use verify::Verify;
