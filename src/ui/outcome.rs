//! How an attempt ended, in one line: in a session's window, and in its logs.
use super::style;
use crate::model::{Decision, Outcome, Processes, Scope, Status};
use crate::text::{first_line, plain};

/// Returns the line for an outcome.
pub fn line(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Reported { status } => reported(status),
        other => format!("{} agent {}", style::bad("✗"), plain(&other.to_string())),
    }
}

/// Returns what else happened to the processes of an attempt, one line each.
pub fn notes(outcome: &Outcome, processes: Option<&Processes>) -> Vec<String> {
    let Some(processes) = processes else {
        return Vec::new();
    };
    let mut notes: Vec<String> = processes
        .ended_tools
        .iter()
        .map(|tool| plain(&tool.to_string()))
        .collect();
    // Of any other attempt that is the outcome itself.
    if let (Outcome::Reported { .. }, Some(hang)) = (outcome, processes.hang) {
        notes.push(format!("it had to be ended: {hang}"));
    }
    if processes.scope == Scope::Left {
        notes.push("a process of it does not end: it is stuck in the kernel".to_owned());
    }
    notes
}

/// Returns the line for a status an agent has reported.
pub fn reported(status: &Status) -> String {
    let summary = first_line(status.said());
    let text = match status.decision {
        Decision::Continue if summary.is_empty() => format!("{} continue", style::good("✓")),
        Decision::Continue => format!("{} {summary}", style::good("✓")),
        Decision::Ask => format!("{} asks: {}", style::odd("?"), first_line(status.asks())),
        Decision::Stop => format!("{} votes to stop: {summary}", style::good("■")),
        Decision::Error => format!("{} reports an error: {summary}", style::bad("✗")),
    };
    text.trim_end_matches([' ', ':']).to_owned()
}
