//! What happened: the timeline of the project, errors, and the last events of all projects.
use super::project::Shown;
use super::section::Section;
use crate::cli::context::Context;
use crate::cli::tail::shown;
use crate::clock;
use crate::error::Result;
use crate::overview::errors;
use crate::store::event_log::{Filter, last_lines};
use crate::text::clean;
use crate::ui::time;
use jiff::Timestamp;

/// What a timeline of iterations shows.
const TIMELINE: [&str; 6] = [
    "iteration_started",
    "agent_exited",
    "gate_answered",
    "wait_started",
    "node_finished",
    "session_finished",
];

pub(super) fn timeline(
    project: &Shown,
    since: Timestamp,
    most: usize,
    context: &Context,
) -> Result<Section> {
    let lines = match project.id() {
        Some(id) => lines(&[id], &TIMELINE, (since, most), context)?,
        None => Vec::new(),
    };
    let lines = if lines.is_empty() {
        project.iterations(since, most)
    } else {
        lines
    };
    Ok(Section::new(
        5,
        "Timeline of iterations",
        lines,
        "none since then",
    ))
}

pub(super) fn events(since: Timestamp, most: usize, context: &Context) -> Result<Section> {
    let lines = lines(&[], &[], (since, most), context)?;
    let title = "Last events of all projects";
    Ok(Section::new(7, title, lines, "none since then"))
}

fn lines(
    projects: &[String],
    kinds: &[&str],
    (since, most): (Timestamp, usize),
    context: &Context,
) -> Result<Vec<String>> {
    let filter = Filter {
        projects: projects.iter().cloned().collect(),
        kinds: kinds.iter().map(|kind| (*kind).to_owned()).collect(),
        since: Some(since),
    };
    let last = last_lines(&context.dirs, &filter, most)?;
    Ok(last.lines.iter().map(|line| shown(line)).collect())
}

pub(super) fn errors(
    project: &Shown,
    since: Timestamp,
    most: usize,
    context: &Context,
) -> Result<Section> {
    let id = project.id();
    let mut found = errors::since(&context.dirs, since)?;
    found.retain(|error| {
        let of = error.project.as_ref().map(ToString::to_string);
        of.is_none() || of == id
    });
    let from = found.len().saturating_sub(most);
    let now = clock::now();
    let lines = found.into_iter().skip(from).map(|error| {
        let over = if error.is_over { "  (got over)" } else { "" };
        let at = time::local(error.at, now);
        format!("{at}  {}  {}{over}", error.kind, clean(&error.text))
    });
    Ok(Section::new(6, "Errors", lines, "none since then"))
}
