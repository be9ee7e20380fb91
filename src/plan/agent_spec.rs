//! How a node's agents are called and bounded.
use super::custom_provider::Declared;
use super::provider::Provider;
use crate::model::PermissionMode;
use serde::{Deserialize, Serialize};

/// How a node's agents are called and bounded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AgentSpec {
    pub provider: Provider,
    /// The program, or a path to it; looked up on PATH when the session runs.
    pub program: String,
    /// The model as the provider knows it, aliases resolved; empty where the provider has none.
    pub model: String,
    pub permissions: PermissionMode,
    /// Further arguments for the program, in order.
    pub args: Vec<String>,
    /// Keep API keys and nested `CLAUDE*` variables in the agent's environment.
    pub keep_env: bool,
    /// Attempts an iteration may take before the session fails; at least 1.
    pub max_attempts: u32,
    /// Milliseconds to wait after the first failed attempt; doubles with each, up to 5 minutes.
    pub retry_delay_ms: u64,
    pub limits: AttemptLimits,
    /// How the program is called, where the user's settings declare the provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declared: Option<Declared>,
    /// Who makes the next attempt when this one is out of quota, in order; these have none of their own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fallback: Vec<Self>,
}

impl AgentSpec {
    /// Returns this agent and those it falls back to.
    pub fn chain(&self) -> impl Iterator<Item = &Self> {
        std::iter::once(self).chain(&self.fallback)
    }

    /// Returns what people call the agent by: `codex:gpt-5.2-codex:xhigh`, as in `fallback`.
    pub fn label(&self) -> String {
        if self.model.is_empty() {
            self.provider_name().to_owned()
        } else {
            format!("{}:{}", self.provider_name(), self.model)
        }
    }

    /// Returns the name definitions use for the provider.
    pub fn provider_name(&self) -> &str {
        self.declared
            .as_ref()
            .map_or(self.provider.name(), |declared| &declared.name)
    }

    /// Returns why the agent cannot be held to a permission mode, if it cannot.
    pub fn refuses(&self, mode: PermissionMode) -> Option<&'static str> {
        match &self.declared {
            Some(declared)
                if mode != PermissionMode::BypassPermissions
                    && !declared.permissions.contains_key(&mode) =>
            {
                Some(
                    "its declaration in config.yaml says nothing for this mode under `permissions`",
                )
            }
            Some(_) => None,
            None => self.provider.refuses(mode),
        }
    }
}

/// Bounds of one attempt, in seconds; 0 is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptLimits {
    /// From start to exit.
    pub wall_s: u64,
    /// Without any output.
    pub idle_s: u64,
    /// From the agent's result to its exit.
    pub after_result_s: u64,
}

impl Default for AttemptLimits {
    fn default() -> Self {
        Self {
            wall_s: 2 * 3600,
            idle_s: 30 * 60,
            after_result_s: 30,
        }
    }
}
