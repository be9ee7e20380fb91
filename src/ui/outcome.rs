//! How an attempt ended, in one line: in a session's window, and in its logs.
use super::style;
use crate::model::{Decision, Outcome, Status};
use crate::text::{first_line, plain};

/// Returns the line for an outcome.
pub fn line(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Reported { status } => reported(status),
        other => format!("{} agent {}", style::bad("✗"), plain(&other.to_string())),
    }
}

/// Returns the line for a status an agent has reported.
pub fn reported(status: &Status) -> String {
    let summary = first_line(status.said());
    let text = match status.decision {
        Decision::Continue if summary.is_empty() => format!("{} continue", style::good("✓")),
        Decision::Continue => format!("{} {summary}", style::good("✓")),
        Decision::Stop => format!("{} votes to stop: {summary}", style::good("■")),
        Decision::Error => format!("{} reports an error: {summary}", style::bad("✗")),
    };
    text.trim_end_matches([' ', ':']).to_owned()
}
