//! The sessions of a project that changed last, for hooks of Claude Code.
use super::session::is_alive;
use crate::model::{SessionName, SessionStatus};
use crate::store::layout::Project;
use crate::store::session::{load_cached, names};
use std::time::SystemTime;

/// Only the sessions that changed last are loaded: a hook has no time for years of them.
const MAX_LOADED: usize = 20;

/// A session as the hook describes it to Claude Code.
pub(super) struct SessionSummary {
    pub(super) name: SessionName,
    pub(super) status: SessionStatus,
    pub(super) what: String,
}

/// Loads the sessions that changed last. One that cannot be read is skipped; `ap list` shows it.
pub(super) fn load_recent(project: &Project) -> Vec<SessionSummary> {
    let changed = |name: &SessionName| {
        let journal = std::fs::metadata(project.session(name).journal());
        journal
            .and_then(|found| found.modified())
            .unwrap_or(SystemTime::UNIX_EPOCH)
    };
    let mut found: Vec<_> = names(project)
        .unwrap_or_default()
        .into_iter()
        .map(|name| (changed(&name), name))
        .collect();
    found.sort_by(|a, b| b.cmp(a));
    found
        .into_iter()
        .take(MAX_LOADED)
        .filter_map(|(_, name)| seen(project, name))
        .collect()
}

fn seen(project: &Project, name: SessionName) -> Option<SessionSummary> {
    let snapshot = load_cached(&project.session(&name)).ok()??;
    let state = &snapshot.state;
    let has_runner = state.session.parked || is_alive(project, &snapshot);
    let status = state.status().observed(has_runner);
    let most = state
        .node(&snapshot.plan)
        .map_or(0, |node| state.max_iterations(node));
    let at = state.current.latest_iteration();
    let of = if most == 0 {
        String::new()
    } else {
        format!(" of at most {most}")
    };
    Some(SessionSummary {
        name,
        status,
        what: format!("{}, iteration {at}{of}", snapshot.plan.name),
    })
}
