//! What `.agent-pipelines/config.yaml` has beside the keys of a loop.
use crate::plan::Budgets;
use serde::Deserialize;

/// How a project is built. It takes the keys of a loop, too: they replace those of the project's loop.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct ProjectDef {
    /// The loop that builds the project, `autopilot` by default. The other keys are those of a loop.
    #[serde(rename = "loop")]
    pub loop_name: Option<String>,
    /// The models of its agents.
    pub models: ModelsDef,
    /// At most this many iterations.
    pub max_iterations: Option<u32>,
    /// From 0 to 1, the score of the check below which the work is not done.
    pub threshold: Option<f64>,
    /// Less than your own `config.yaml` allows all sessions to spend in a day and in a week.
    pub budgets: Budgets,
}

/// The models of a project's agents.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct ModelsDef {
    /// The usual one.
    pub default: Option<String>,
    /// The one that takes over when the usual one fails again and again, as in `escalation`.
    pub escalate: Option<String>,
}

impl ProjectDef {
    /// The loop that builds a project, unless it names another one.
    pub const LOOP: &'static str = "autopilot";
    /// Its keys: all others are those of a loop.
    pub const KEYS: [&'static str; 5] =
        ["loop", "models", "max_iterations", "threshold", "budgets"];

    /// Returns the name of the loop that builds the project.
    pub fn loop_name(&self) -> &str {
        self.loop_name.as_deref().unwrap_or(Self::LOOP)
    }
}
