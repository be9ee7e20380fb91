//! What a project's PRD asks for, and whether all of it is built. Pure.
mod complete;
mod prd;

pub use complete::{Evidence, Incomplete, OpenBoxes, OpenTasks, incomplete};
pub use prd::{MAX_ITEMS, Phase, Prd, PrdItem};
