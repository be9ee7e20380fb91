//! Spellings and variables of the older agent-pipelines.
mod deprecated;
mod variables;

pub(super) use deprecated::{of_loop, of_pipeline};
pub use variables::{LegacyVariable, legacy_variables};
