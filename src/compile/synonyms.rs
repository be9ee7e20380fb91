//! Keys that other tools use for what a key here means, where no similar spelling shows it.

const SYNONYMS: &[(&str, &str)] = &[
    ("agent", "provider"),
    ("allowed_tools", "allow_tools"),
    ("interval", "delay"),
    ("max_cost", "max_cost_usd"),
    ("max_duration", "max_runtime_seconds"),
    ("max_iterations", "iterations"),
    ("max_iterations", "runs"),
    ("max_retries", "retries"),
    ("max_runtime", "max_runtime_seconds"),
    ("permission_mode", "permissions"),
    ("prompt_file", "prompt"),
    ("sleep", "delay"),
    ("steps", "nodes"),
    ("stop_when", "termination"),
    ("timeout", "limits"),
    ("until", "termination"),
];

/// Returns the known key that an unknown one means.
pub(super) fn meant(key: &str, known: &[&str]) -> Option<&'static str> {
    SYNONYMS
        .iter()
        .find(|(other, ours)| *other == key && known.contains(ours))
        .map(|(_, ours)| *ours)
}

/// Keys of the user's own settings that no definition has.
const OF_USER: [&str; 9] = [
    "contain",
    "guard",
    "keep_window",
    "max_agents",
    "notify",
    "programs",
    "providers",
    "redact",
    "supervisor",
];
/// Keys of a project's settings that no other file has.
const OF_PROJECT: [&str; 3] = ["loop", "models", "threshold"];

/// Returns the file a key belongs into, if it is one of another file.
pub(super) fn other_file(key: &str) -> Option<&'static str> {
    let is_in = |keys: &[&str]| keys.contains(&key);
    if is_in(&OF_USER) {
        return Some("your own settings: ~/.config/agent-pipelines/config.yaml");
    }
    is_in(&OF_PROJECT).then_some("the project's settings: .agent-pipelines/config.yaml")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_another_tool_finds_ours_where_that_is_known() {
        let keys = ["iterations", "min_iterations", "provider", "max"];
        assert_eq!(meant("max_iterations", &keys), Some("iterations"));
        assert_eq!(meant("agent", &keys), Some("provider"));
        assert_eq!(meant("agent", &["name"]), None);
        assert_eq!(meant("minimum", &keys), None);
    }
}
