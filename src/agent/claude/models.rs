//! The model names of Claude Code, and its efforts.
use crate::agent::model;
use std::borrow::Cow;

/// The model of a judge: a cheap one decides well enough.
pub(super) const JUDGE: &str = "haiku";

/// The values of `--effort`.
pub(super) const EFFORTS: [&str; 5] = ["low", "medium", "high", "xhigh", "max"];

/// Returns Claude Code's own name for a model, for any name that a definition may use; a trailing effort is kept.
///
/// `opus`, `sonnet` and `haiku` are kept, so that they mean the newest of their family; a full id passes unchanged.
pub(super) fn resolve(model: &str) -> Cow<'_, str> {
    let (name, effort) = model::split(model, &EFFORTS);
    let family = match name {
        "" | "claude-opus" | "opus-4" | "opus-4.5" | "opus-4-5" => "opus",
        "claude-sonnet" | "sonnet-4" | "sonnet-4.5" | "sonnet-4-5" => "sonnet",
        "claude-haiku" | "haiku-4.5" | "haiku-4-5" => "haiku",
        _ => return Cow::Borrowed(model),
    };
    effort.map_or(Cow::Borrowed(family), |effort| {
        Cow::Owned(format!("{family}:{effort}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn older_names_become_the_family_and_full_ids_are_kept() {
        for (model, expected) in [
            ("", "opus"),
            ("opus-4.5", "opus"),
            ("claude-sonnet", "sonnet"),
            ("claude-haiku", "haiku"),
            ("opus", "opus"),
            ("claude-opus-4-8", "claude-opus-4-8"),
            (":max", "opus:max"),
            ("claude-opus:low", "opus:low"),
            ("sonnet:xhigh", "sonnet:xhigh"),
            ("vendor.claude-v1:0", "vendor.claude-v1:0"),
        ] {
            assert_eq!(resolve(model), expected, "{model}");
        }
    }
}
