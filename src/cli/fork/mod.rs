//! `ap fork`: starts a session that continues from an iteration of another one.
mod args;
mod create;
pub(super) mod created;
mod point;
mod worktree;

pub(super) use args::Args;

use super::context::Context;
use super::format::Format;
use super::launch;
use super::session::find;
use super::start::remember_project;
use crate::error::{ExitCode, Result};
use crate::model::Change;
use crate::runner::{Mode, SessionRequest};
use crate::store::crash;
use crate::store::layout::Project;
use crate::ui::{json, out};
use created::Created;

pub(super) fn run(args: &Args, context: &Context) -> Result<ExitCode> {
    crash::role("fork");
    let snapshot = find(&args.session, context)?;
    let cut = point::find(&args.at, args.run, &snapshot, context)?;
    let created = create::create(args, &snapshot, cut, context)?;
    let home = Context {
        project: Project::new(created.project.clone()),
        ..context.clone()
    };
    remember_project(&home);
    if args.format == Format::Json {
        if created.started {
            launch::in_background(request(&created, &home)?, &|| Ok(()), &home)?;
        }
        json::print(&created)?;
        return Ok(ExitCode::Done);
    }
    out(created.describe(context))?;
    if created.started {
        launch::in_tmux(request(&created, &home)?, Format::Text, &|| Ok(()), &home)?;
    }
    Ok(ExitCode::Done)
}

/// Returns the request that starts the new session.
fn request(created: &Created, home: &Context) -> Result<SessionRequest> {
    Ok(SessionRequest {
        plan: find(&created.session, home)?.plan,
        mode: Mode::Resume,
        max_iterations: None,
        change: Change::default(),
        replace: false,
        take_over: false,
        slice: None,
    })
}
