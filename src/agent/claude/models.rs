//! The model names of Claude Code.

/// The model of a judge: a cheap one decides well enough.
pub(super) const JUDGE: &str = "haiku";

/// Returns the name Claude Code knows a model by, whichever of its names a definition uses.
///
/// `opus`, `sonnet` and `haiku` are kept, so that they mean the newest of their family; a full id passes unchanged.
pub(super) fn resolve(model: &str) -> &str {
    match model {
        "" | "claude-opus" | "opus-4" | "opus-4.5" | "opus-4-5" => "opus",
        "claude-sonnet" | "sonnet-4" | "sonnet-4.5" | "sonnet-4-5" => "sonnet",
        "claude-haiku" | "haiku-4.5" | "haiku-4-5" => "haiku",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn older_names_become_the_family_and_full_ids_are_kept() {
        let models = [
            "",
            "opus-4.5",
            "claude-sonnet",
            "claude-haiku",
            "opus",
            "claude-opus-4-8",
        ];
        assert_eq!(
            models.map(resolve),
            ["opus", "opus", "sonnet", "haiku", "opus", "claude-opus-4-8"]
        );
    }
}
