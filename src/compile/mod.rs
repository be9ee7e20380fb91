//! Compiles YAML definitions into a [`Plan`](crate::plan::Plan). Gets texts, never opens files.
mod agent;
mod agent_defaults;
mod agent_names;
mod block;
mod branch_names;
mod combination;
mod compiled_step;
mod compiler;
mod confirm;
pub mod definition;
mod diagnostics;
mod fallback;
mod foreign;
mod hooks;
mod inputs;
mod iterations;
mod judge;
mod layer;
mod legacy;
mod lint;
mod loaded_loop;
mod loops;
mod needs;
mod node;
mod node_context;
mod node_layers;
mod node_shape;
mod node_texts;
mod notify;
mod override_value;
mod overrides;
mod perspectives;
mod prior;
mod prior_blocks;
mod problem_limit;
mod provenance;
mod queue;
mod queue_commands;
mod runs;
pub mod schema;
mod scope;
mod session;
mod settings;
mod sources;
mod steps;
mod strategy;
mod subpipeline;
mod supervisor_settings;
mod synonyms;
mod template_lint;
mod termination;
#[cfg(test)]
mod tests;
mod unused_keys;
mod user_limits;
mod yaml;

pub use diagnostics::{Invalid, LintCode, LintDocs, Problem, Severity, SourceText, Unreadable};
pub use legacy::{LegacyVariable, legacy_variables};
pub use overrides::Overrides;
pub use schema::{SCHEMAS, Schema, SchemaKind};
pub use session::compile;
pub use settings::Settings;
pub use sources::{
    LoopSource, PipelineSource, Request, Sources, description, loops_used, pipelines_used,
    prompt_candidates,
};
pub use user_limits::{PROJECT_FILE, UserLimits};
