//! Other names for the same model.

/// Returns the name Claude Code takes for a model, whichever of its names was written.
///
/// `opus`, `sonnet` and `haiku` stay what they are, so that they mean the newest of their kind; a full id passes unchanged.
pub fn model_alias(model: &str) -> &str {
    match model {
        "claude-opus" | "opus-4" | "opus-4.5" | "opus-4-5" => "opus",
        "claude-sonnet" | "sonnet-4" | "sonnet-4.5" | "sonnet-4-5" => "sonnet",
        "claude-haiku" | "haiku-4.5" | "haiku-4-5" => "haiku",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_names_are_the_family_and_full_ids_are_themselves() {
        assert_eq!(
            [
                "opus-4.5",
                "claude-sonnet",
                "claude-haiku",
                "opus",
                "claude-opus-4-8"
            ]
            .map(model_alias),
            ["opus", "sonnet", "haiku", "opus", "claude-opus-4-8"]
        );
    }
}
