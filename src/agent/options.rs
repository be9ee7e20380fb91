//! The settings of a definition that adapters turn into arguments.
use super::dialogue::Dialogue;
use crate::model::PermissionMode;

/// The part of an [`AgentSpec`](super::spec::AgentSpec) that adapters turn into arguments.
#[derive(Clone, Copy, Debug)]
pub struct AgentOptions<'a> {
    pub program: &'a str,
    pub model: &'a str,
    pub permissions: PermissionMode,
    /// Tools that the definition allows though agents do not have them by default; `*` allows all of them.
    pub allow_tools: &'a [String],
    /// Further arguments of the definition.
    pub args: &'a [String],
    /// Turns after which the program ends by itself, if it can.
    pub max_turns: Option<u32>,
    /// The agents that it may call, as JSON; empty if none are defined.
    pub subagents: &'a str,
    /// How the agent is spoken to while it works, if it can be.
    pub dialogue: Option<Dialogue>,
}

impl AgentOptions<'_> {
    /// Whether the agent runs without permission checks.
    pub fn bypasses_permissions(&self) -> bool {
        self.permissions == PermissionMode::BypassPermissions
    }

    /// Returns the fixed arguments, then those for the options, then the definition's own, which take precedence.
    pub(super) fn arguments(
        &self,
        fixed: &[&str],
        chosen: impl IntoIterator<Item = String>,
    ) -> Vec<String> {
        let fixed = fixed.iter().map(|&argument| argument.to_owned());
        fixed
            .chain(chosen)
            .chain(self.args.iter().cloned())
            .collect()
    }
}
