//! `perspectives:` of a node: a text for each iteration, in order.
use super::definition::NodeDef;
use super::diagnostics::{LintCode, Location};
use crate::text::count;

/// Returns the texts of a node.
pub(super) fn read(location: &Location<'_>, def: &NodeDef) -> Vec<String> {
    let Some(written) = &def.perspectives else {
        return Vec::new();
    };
    if written.is_empty() {
        location.report(
            location
                .at_key(
                    "perspectives",
                    LintCode::NoEffect,
                    "there are no perspectives",
                )
                .hint("add texts, or remove it")
                .warning(),
        );
    }
    written.clone()
}

/// Warns if the number of texts differs from the number of iterations.
pub(super) fn check(location: &Location<'_>, perspectives: &[String], most: u32) {
    let given = u32::try_from(perspectives.len()).unwrap_or(u32::MAX);
    if given == 0 || given == most {
        return;
    }
    let (texts, key) = (
        count(given, "perspective"),
        if given < most { "runs" } else { "perspectives" },
    );
    let message = match most.checked_sub(given) {
        Some(more) => format!(
            "{texts} for up to {most} iterations: `${{PERSPECTIVE}}` is empty in the last {more}"
        ),
        None => format!(
            "{texts} for at most {}: the last {} are never used",
            count(most, "iteration"),
            given - most
        ),
    };
    location.report(
        location
            .at(key, LintCode::Perspectives, message)
            .hint("leave `runs` out to have one iteration for each")
            .warning(),
    );
}
