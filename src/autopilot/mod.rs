//! What a project's PRD asks for, whether all of it is built, and what agents are told of it. Pure.
mod briefing;
mod complete;
mod phases;
mod prd;

pub use briefing::{Briefing, MAX_BRIEFING, ProjectText};
pub use complete::{Evidence, Incomplete, OpenBoxes, OpenTasks, incomplete};
pub use phases::{done_phases, phase_names};
pub use prd::{MAX_ITEMS, Phase, Prd, PrdItem};
