//! What a definition asks of an agent.
use crate::model::PermissionMode;

/// The part of an [`AgentSpec`](super::spec::AgentSpec) that adapters turn into arguments.
#[derive(Clone, Copy, Debug)]
pub struct AgentOptions<'a> {
    pub program: &'a str,
    pub model: &'a str,
    pub permissions: PermissionMode,
    /// Further arguments of the definition.
    pub args: &'a [String],
}

impl AgentOptions<'_> {
    /// Whether the agent may do anything.
    pub fn bypasses_permissions(&self) -> bool {
        self.permissions == PermissionMode::BypassPermissions
    }
}
