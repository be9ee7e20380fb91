//! What a supervisor is started with.
use crate::fleet::FleetConfig;
use crate::model::Env;
use crate::overview::log::Retention;
use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

/// What a supervisor needs of its surroundings.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SupervisorEnv {
    pub exe: Utf8PathBuf,
    /// The environment of the user who started it, which runners inherit.
    pub vars: Env,
    pub max_agents: u32,
    pub slice_iterations: u32,
    pub at_start_s: u32,
    /// Free bytes below which a project waits.
    pub min_free: u64,
    /// The command that makes room when a project waits for space; none, if it is empty.
    pub on_low: Vec<String>,
    /// How long logs are kept.
    pub retention: Retention,
}

impl SupervisorEnv {
    pub(super) fn config(&self) -> FleetConfig {
        FleetConfig {
            max_agents: self.max_agents,
            slice_iterations: self.slice_iterations,
            at_start: jiff::SignedDuration::from_secs(i64::from(self.at_start_s)),
            makes_room: !self.on_low.is_empty(),
        }
    }
}
