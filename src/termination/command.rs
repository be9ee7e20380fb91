//! Stop when a command decides so.
use super::gate::{Gate, GateRef};
use super::strategy::{Answer, Evidence, GateNumbers, Strategy};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Ends when its command reports that the loop should stop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command(pub Gate);

/// The methods of a strategy whose only field is a [`Gate`].
macro_rules! gate_methods {
    () => {
        fn answer(&self, seen: &Evidence<'_>, gates: &mut GateNumbers) -> Answer {
            seen.gate_answer(self.name(), gates.draw())
        }

        fn describe(&self) -> String {
            self.0.describe()
        }

        fn goal(&self) -> &'static str {
            "the command succeeded"
        }

        fn context(&self, _: &Evidence<'_>) -> Value {
            json!({ "type": self.name(), "command": self.0.command })
        }

        fn must_reach_goal(&self) -> bool {
            true
        }

        fn gate(&self) -> Option<GateRef<'_>> {
            Some(GateRef::Command(&self.0))
        }

        fn command_mut(&mut self) -> Option<&mut Gate> {
            Some(&mut self.0)
        }
    };
}
pub(super) use gate_methods;

impl Strategy for Command {
    fn name(&self) -> &'static str {
        "command"
    }

    gate_methods!();
}
