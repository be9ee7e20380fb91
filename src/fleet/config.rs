//! How a supervisor shares its machine between projects.
use jiff::SignedDuration;

/// How the supervisor's slices are given: `supervisor:` in `config.yaml`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FleetConfig {
    /// How many slices may run at a time; at least one.
    pub max_agents: u32,
    /// How many iterations a slice has, while other projects wait for one.
    pub slice_iterations: u32,
    /// How long after the supervisor's start no slice is given.
    pub at_start: SignedDuration,
    /// Whether a command of yours makes room on a disk that is full.
    pub makes_room: bool,
}

impl Default for FleetConfig {
    fn default() -> Self {
        Self {
            max_agents: 4,
            slice_iterations: 1,
            at_start: SignedDuration::ZERO,
            makes_room: false,
        }
    }
}
