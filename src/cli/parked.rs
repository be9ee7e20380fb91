//! What you tell a session whose runner has parked: no runner reads it, and the supervisor resumes the session later.
use super::context::Context;
use crate::clock;
use crate::error::Result;
use crate::fleet::FleetRequest;
use crate::model::{Request, StopSource};
use crate::runner;
use crate::store::registry::{self, RegisteredProject};
use crate::store::session::Snapshot;
use crate::store::{fleet, inbox};

/// Records a stop of a parked session, or leaves the supervisor what you want of it. Returns whether the request takes
/// effect: where the session's project is not registered, no process would read a pause.
pub(super) fn tell(snapshot: &Snapshot, request: &Request, context: &Context) -> Result<bool> {
    let state = &snapshot.state;
    if !state.session.parked || state.phase.ending().is_some() {
        return Ok(false);
    }
    let project = project_of(snapshot, context)?;
    match request {
        Request::Stop(stop) if stop.by == StopSource::Person => {
            runner::record_kill(&context.project, &snapshot.plan.session, &stop.how)?;
            if let Some(project) = project {
                fleet::wake(&context.dirs, project.id.as_str())?;
            }
            Ok(true)
        }
        Request::Pause { .. } => ask(project, context, |project| FleetRequest::Pause {
            project: project.id,
            until: None,
            now: false,
            by: "ap pause".to_owned(),
        }),
        // An open question is answered, not passed over.
        Request::Continue if !state.is_asking() => {
            let Some(project) = project else {
                return Ok(false);
            };
            lift_pause(snapshot, context)?;
            ask(Some(project), context, |project| FleetRequest::Resume {
                project: project.id,
                by: "ap continue".to_owned(),
            })
        }
        _ => Ok(false),
    }
}

/// Leaves the next runner of a session word that its pause, or the wait it is in, is over.
pub(super) fn lift_pause(snapshot: &Snapshot, context: &Context) -> Result<()> {
    let state = &snapshot.state;
    let rests = state.session.parked || state.is_paused();
    if rests && state.phase.ending().is_none() && !state.is_asking() {
        let dir = context.project.session(&snapshot.plan.session);
        inbox::put(&dir, &Request::Continue, clock::now())?;
    }
    Ok(())
}

fn ask(
    project: Option<RegisteredProject>,
    context: &Context,
    request: impl FnOnce(RegisteredProject) -> FleetRequest,
) -> Result<bool> {
    let Some(project) = project else {
        return Ok(false);
    };
    fleet::request(&context.dirs, &request(project), clock::now())?;
    Ok(true)
}

fn project_of(snapshot: &Snapshot, context: &Context) -> Result<Option<RegisteredProject>> {
    let registry = registry::read(&context.dirs)?;
    let root = context.project.root();
    let root = root.canonicalize_utf8().unwrap_or_else(|_| root.to_owned());
    let here = registry.by_root(&root);
    Ok(here
        .filter(|it| it.session == snapshot.plan.session)
        .cloned())
}
