//! The built-in agent that follows a script: `ap __scripted [script]`, see [`crate::scripted`].
use crate::plan::AgentSpec;

/// Returns the arguments `ap` itself is called with.
pub(super) fn args(spec: &AgentSpec) -> Vec<String> {
    std::iter::once("__scripted".to_owned())
        .chain(spec.args.iter().cloned())
        .collect()
}
