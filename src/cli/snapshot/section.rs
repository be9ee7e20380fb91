//! A section of a snapshot.
use serde::Serialize;

/// A section of a snapshot: its number and title stay, whatever the project does.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(super) struct Section {
    /// From 1 to 13.
    pub(super) number: u8,
    pub(super) title: &'static str,
    /// What it shows, without colours.
    pub(super) lines: Vec<String>,
}

impl Section {
    /// Returns a section; `nothing` is what it says without lines.
    pub(super) fn new(
        number: u8,
        title: &'static str,
        lines: impl IntoIterator<Item = String>,
        nothing: &str,
    ) -> Self {
        let mut lines: Vec<String> = lines
            .into_iter()
            .map(|line| console::strip_ansi_codes(&line).trim_end().to_owned())
            .collect();
        if lines.is_empty() {
            lines.push(nothing.to_owned());
        }
        Self {
            number,
            title,
            lines,
        }
    }
}
