//! Any program: the prompt on stdin, the answer as plain text on stdout.
use crate::plan::AgentSpec;

/// Returns the arguments as the definition gives them: no shell reads them.
pub(super) fn args(spec: &AgentSpec) -> Vec<String> {
    spec.args.clone()
}
