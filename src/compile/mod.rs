//! Compiles YAML definitions into a [`Plan`](crate::plan::Plan). Gets texts, never opens files.
mod agent;
mod block;
mod compiler;
pub mod definition;
mod diagnostics;
mod earlier;
mod inputs;
mod legacy;
mod lint;
mod node;
mod overrides;
mod perspectives;
mod provenance;
mod queue;
mod runs;
mod schema;
mod settings;
mod sources;
mod steps;
mod subpipeline;
mod termination;
#[cfg(test)]
mod tests;
mod yaml;

pub use compiler::compile;
pub use diagnostics::{Invalid, Problem, Severity, SourceText, Unreadable};
pub use legacy::{LegacyVariable, legacy_variables};
pub use overrides::Overrides;
pub use schema::{SCHEMAS, Schema};
pub use settings::{ProviderDef, Settings};
pub use sources::{
    LoopSource, PipelineSource, Request, Sources, description, loops_used, pipelines_used,
    prompt_candidates,
};
