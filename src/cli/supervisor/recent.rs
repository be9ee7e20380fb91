//! What the supervisor recorded last, in words.
use crate::cli::context::Context;
use crate::clock;
use crate::error::Result;
use crate::fleet::{Cause, Change, Event};
use crate::model::{Line, ProjectId};
use crate::store::recent::recent_facts;
use crate::text::clean;
use crate::ui::time;
use jiff::Timestamp;
use serde::Serialize;

/// Something that the supervisor recorded.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(in crate::cli) struct RecentEvent {
    /// Its number in the supervisor's journal.
    number: u64,
    at: Timestamp,
    project: Option<ProjectId>,
    /// What happened, in words.
    text: String,
}

/// Returns the last events of the supervisor, oldest first.
pub(super) fn recent_events(count: usize, context: &Context) -> Result<Vec<RecentEvent>> {
    let facts = recent_facts(&context.dirs, count)?;
    Ok(facts.into_iter().map(RecentEvent::from).collect())
}

/// Returns the last events of the supervisor as lines, oldest first.
pub(in crate::cli) fn recent_lines(count: usize, context: &Context) -> Result<Vec<String>> {
    let events = recent_events(count, context)?;
    Ok(events.iter().map(RecentEvent::line).collect())
}

impl From<Line<Event>> for RecentEvent {
    fn from(line: Line<Event>) -> Self {
        let (project, text) = words(&line.event);
        Self {
            number: line.seq,
            at: line.at,
            project: project.cloned(),
            text,
        }
    }
}

impl RecentEvent {
    /// Returns it in one line.
    pub(super) fn line(&self) -> String {
        let project = self.project.as_ref();
        let project = project.map_or_else(String::new, |project| format!("{project} "));
        let at = time::local(self.at, clock::now());
        format!("  {at}  {project}{}", self.text)
    }
}

fn words(event: &Event) -> (Option<&ProjectId>, String) {
    match event {
        Event::SupervisorStarted {
            version,
            after_crash,
            ..
        } => {
            let crash = if *after_crash { " after a crash" } else { "" };
            (
                None,
                format!("supervisor started{crash}, version {version}"),
            )
        }
        Event::StopRequested { by, .. } => (None, format!("supervisor stops: {}", clean(by))),
        Event::SupervisorStopped => (None, "supervisor stopped".to_owned()),
        Event::DesiredChanged(desired) => (None, clean(&desired.by)),
        Event::FleetPaused { by, .. } => (None, format!("no slices: {}", clean(by))),
        Event::FleetContinued { by } => (None, format!("slices again: {}", clean(by))),
        Event::ProjectRegistered(it) => (Some(&it.project), "added".to_owned()),
        Event::ProjectRemoved { project } => (Some(project), "removed".to_owned()),
        Event::ProjectMoved { project, root } => (Some(project), format!("moved to {root}")),
        Event::ProjectWeighted { project, weight } => (Some(project), format!("weight {weight}")),
        Event::SliceGiven { project, .. } => (Some(project), "slice given".to_owned()),
        Event::Progressed { project, seen } => {
            (Some(project), format!("iteration {} over", seen.iterations))
        }
        Event::StatusChanged { project, change } => (Some(project), changed(change)),
        Event::RoomRequested { project } => (Some(project), "makes room on its disk".to_owned()),
        Event::RoomMade { project, code } => {
            let end = code.map_or_else(
                || "was ended or could not be run".to_owned(),
                |code| format!("exited with {code}"),
            );
            (Some(project), format!("on_low {end}"))
        }
    }
}

fn changed(change: &Change) -> String {
    if let Cause::Counted { open } = change.cause {
        return format!("{open} open tasks counted");
    }
    let (status, reason) = (change.status.as_str(), change.status.reason());
    if reason.is_empty() {
        status.to_owned()
    } else {
        format!("{status}: {}", clean(&reason))
    }
}
