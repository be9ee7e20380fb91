//! Hints for calls that Claude Code does not permit.
use crate::agent::adapter::Refusal;
use crate::agent::transcript::Denial;
use crate::model::PermissionMode;
use std::collections::BTreeSet;

/// The maximum number of rules in a hint.
const MAX_RULES: usize = 5;

/// Returns the refusal to run as root, which Claude Code prints as plain text before any event.
pub(super) fn root_refusal(plain_output: [&str; 2]) -> Option<Refusal> {
    let is_refusal = |text: &str| text.contains("cannot be used with root");
    plain_output.into_iter().any(is_refusal).then(|| Refusal {
        reason: "Claude Code does not skip permissions for root".to_owned(),
        hint: "run as an ordinary user, or choose `permissions: acceptEdits`; inside a container that is thrown away set IS_SANDBOX=1".to_owned(),
    })
}

/// Returns how to permit the tool calls that were denied.
pub(super) fn hint(mode: PermissionMode, denials: &[Denial]) -> String {
    if mode == PermissionMode::BypassPermissions {
        return "a deny rule or a PreToolUse hook in your Claude settings forbids it: change it, or the prompt".to_owned();
    }
    if mode == PermissionMode::Ask {
        return "approve what it asks for (`ap questions`), or allow it in your Claude settings"
            .to_owned();
    }
    let rules: BTreeSet<String> = denials.iter().map(rule).collect();
    let rules: Vec<String> = rules
        .into_iter()
        .take(MAX_RULES)
        .map(|rule| format!("{rule:?}"))
        .collect();
    format!(
        "the permission mode is `{}`: allow it with `args: [--allowedTools, {}]`, or choose another `permissions:`",
        mode.name(),
        rules.join(", ")
    )
}

/// Returns the permission rule that would have allowed the call. `Edit` alone does not cover `Write` (measured on 2.1.329).
fn rule(denial: &Denial) -> String {
    let program = denial.about.split_whitespace().next();
    match (denial.tool.as_str(), program) {
        ("Bash", Some(program)) => format!("Bash({program} *)"),
        (tool, _) => tool.to_owned(),
    }
}
