//! Whether you want the supervisor to run.
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Whether you want the supervisor to run: `desired.json`. A crash, a signal or a reboot does not change it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Desired {
    pub state: DesiredState,
    /// What said so: `ap start`, `ap stop`.
    pub by: String,
    pub at: Timestamp,
}

/// What you want of the supervisor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum DesiredState {
    /// It gives slices.
    Run,
    /// It gives none, however it is started, until you start it again.
    Stop,
}
