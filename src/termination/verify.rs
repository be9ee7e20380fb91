//! Stop when a command verifies the work.
use super::command::gate_methods;
use super::gate::{Gate, GateRef};
use super::strategy::{Answer, Evidence, GateNumbers, Strategy};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Ends when its command reports that the work passes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verify(pub Gate);

impl Strategy for Verify {
    fn name(&self) -> &'static str {
        "verify"
    }

    gate_methods!();
}
