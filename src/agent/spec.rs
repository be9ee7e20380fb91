//! How a node's agents are called and bounded.
use super::adapter::Adapter;
use super::custom::CustomProvider;
use super::dialogue::Dialogue;
use super::options::AgentOptions;
use super::registry::Provider;
use crate::model::PermissionMode;
use serde::{Deserialize, Serialize};

/// Why a provider refuses to ask you for permissions.
const CANNOT_RELAY: &str = "its program cannot ask you while it works";

/// An agent as a plan holds it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AgentSpec {
    pub provider: Provider,
    /// The program, or a path to it; looked up on PATH when the session runs.
    pub program: String,
    /// The model as the provider knows it, aliases resolved; empty where the provider has none.
    pub model: String,
    pub permissions: PermissionMode,
    /// Tools that agents do not have by default and this one has; `*` is all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allow_tools: Vec<String>,
    /// Further arguments for the program, in order.
    pub args: Vec<String>,
    /// Keep API keys and nested `CLAUDE*` variables in the agent's environment.
    pub keep_env: bool,
    /// Attempts an iteration may take before the session fails; at least 1.
    pub max_attempts: u32,
    /// Milliseconds to wait after the first failed attempt; doubles with each, up to 5 minutes.
    pub retry_delay_ms: u64,
    pub limits: AttemptLimits,
    /// Turns after which the program ends by itself, if it can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_turns: Option<u32>,
    /// The agents that it may call, as the JSON its program takes; empty if none are defined.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub subagents: String,
    /// How it is spoken to while it works, if it can be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dialogue: Option<Dialogue>,
    /// The provider as `config.yaml` defines it, if it is not built in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom: Option<CustomProvider>,
    /// The agents that make the next attempt when this one is not served, in order; they have no fallback themselves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fallback: Vec<Self>,
    /// When an abler agent takes over, and which.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escalation: Option<Escalation>,
}

/// When an abler agent takes over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Escalation {
    /// After how many iterations in a row whose check failed, or whose agent gave up; at least 1.
    pub after: u32,
    /// Whether the usual agent takes over again when the check passes.
    pub returns: bool,
    /// The agent that takes over. It has neither fallbacks nor an escalation of its own.
    pub to: Box<AgentSpec>,
}

impl AgentSpec {
    /// Returns everything that differs between providers.
    pub fn adapter(&self) -> &dyn Adapter {
        match &self.custom {
            Some(custom) => custom,
            None => self.provider.adapter(),
        }
    }

    /// Returns what the definition asks of the agent.
    pub fn options(&self) -> AgentOptions<'_> {
        AgentOptions {
            program: &self.program,
            model: &self.model,
            permissions: self.permissions,
            allow_tools: &self.allow_tools,
            args: &self.args,
            max_turns: self.max_turns,
            subagents: &self.subagents,
            dialogue: self.dialogue,
        }
    }

    /// Returns this agent, those it falls back to, and last the abler one that may take over.
    pub fn chain(&self) -> impl Iterator<Item = &Self> {
        let abler = self.escalation.iter().map(|escalation| &*escalation.to);
        std::iter::once(self).chain(&self.fallback).chain(abler)
    }

    /// Returns all of them but this one, to change them.
    pub fn others_mut(&mut self) -> impl Iterator<Item = &mut Self> {
        let Self {
            fallback,
            escalation,
            ..
        } = self;
        fallback
            .iter_mut()
            .chain(escalation.iter_mut().map(|escalation| &mut *escalation.to))
    }

    /// Whether another agent than this one may make an attempt.
    pub fn has_others(&self) -> bool {
        !self.fallback.is_empty() || self.escalation.is_some()
    }

    /// Returns the agent's name as in `fallback`: `codex:gpt-5.2-codex:xhigh`.
    pub fn label(&self) -> String {
        if self.model.is_empty() {
            self.provider_name().to_owned()
        } else {
            format!("{}:{}", self.provider_name(), self.model)
        }
    }

    /// Returns the name definitions use for the provider.
    pub fn provider_name(&self) -> &str {
        self.adapter().name()
    }

    /// Returns why the agent's provider refuses a permission mode, if it does.
    pub fn refuses(&self, mode: PermissionMode) -> Option<&'static str> {
        let adapter = self.adapter();
        if mode == PermissionMode::Ask && !adapter.relays_permissions() {
            return Some(CANNOT_RELAY);
        }
        adapter.refuses(mode)
    }
}

/// Bounds of one attempt, in seconds; 0 is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AttemptLimits {
    /// From start to exit.
    pub wall_s: u64,
    /// From start to the first byte of output or of a transcript.
    pub start_s: u64,
    /// Without a sign of life.
    pub idle_s: u64,
    /// From the call of a tool to its answer; then the tool is ended, and after as long again the agent.
    pub tool_s: u64,
    /// From a tool's answer to the next sign of life.
    pub after_tool_s: u64,
    /// From the agent's result to its exit.
    pub after_result_s: u64,
    /// From a question that only you can answer to the end.
    pub prompt_s: u64,
    /// From a request for a permission to its denial; the other limits stand still meanwhile.
    pub permission_s: u64,
}

impl Default for AttemptLimits {
    fn default() -> Self {
        Self {
            wall_s: 2 * 3600,
            start_s: 5 * 60,
            idle_s: 30 * 60,
            tool_s: 3600,
            after_tool_s: 10 * 60,
            after_result_s: 30,
            prompt_s: 1,
            permission_s: 600,
        }
    }
}
