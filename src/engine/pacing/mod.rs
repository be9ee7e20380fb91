//! Whether an attempt may begin, by what is used of the quota. Pure: the readings, the time and the time zone are given.
mod decide;
mod keep;
#[cfg(test)]
mod properties;
mod sentence;
#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;
mod window;

pub use decide::{
    DEFAULT_RISE, Pacing, agent_share, decide, expected_rise, level, permitted_agents,
};
pub(in crate::engine) use keep::later;
pub use window::WindowUse;
