//! The sessions that the quota holds.
use crate::cli::context::Context;
use crate::cli::list_all::projects;
use crate::engine::Phase;
use crate::error::Result;
use crate::model::{SessionName, WaitReason};
use crate::store::layout::Project;
use crate::store::session::load_cached;
use camino::Utf8PathBuf;
use jiff::Timestamp;
use serde::Serialize;

/// A session that the quota holds.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(super) struct HeldSession {
    #[cfg_attr(feature = "schemas", schemars(with = "String"))]
    pub(super) project: Utf8PathBuf,
    pub(super) session: SessionName,
    pub(super) until: Timestamp,
    pub(super) reason: String,
}

/// Returns the running sessions of all projects that the quota holds. One that cannot be read is left out.
pub(super) fn held(context: &Context) -> Result<Vec<HeldSession>> {
    let mut held = Vec::new();
    for listed in projects(None, context)? {
        let project = Project::new(listed.project.clone());
        let alive = listed.sessions.iter().filter(|row| row.alive);
        for row in alive {
            let Ok(Some(snapshot)) = load_cached(&project.session(&row.session)) else {
                continue;
            };
            let Phase::Waiting { reason, until, .. } = &snapshot.state.phase else {
                continue;
            };
            if let WaitReason::Quota { .. } | WaitReason::RateLimit { .. } = reason {
                held.push(HeldSession {
                    project: listed.project.clone(),
                    session: row.session.clone(),
                    until: *until,
                    reason: reason.to_string(),
                });
            }
        }
    }
    Ok(held)
}
