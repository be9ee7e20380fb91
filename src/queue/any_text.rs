//! Reads any text as every queue does, for tests.
use super::file::Format as _;
use super::{backlog, beads, command, json, prd};

/// Reads a text as a backlog, as stories, and as what trackers print.
pub fn read_any(text: &str) {
    let _ = backlog::Backlog::default().parse(text);
    let _ = prd::Prd.parse(text);
    let _ = json::answer::<beads::Issue>(text);
    if let Ok(json::Envelope::Items(listed)) = json::answer::<command::Listed>(text) {
        listed.into_iter().map(command::Listed::task).for_each(drop);
    }
}
