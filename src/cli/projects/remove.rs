//! `ap projects remove`: forgets a project. Nothing in its directory is deleted.
use super::project_change::ProjectChange;
use super::target::find;
use crate::cli::context::Context;
use crate::cli::supervised::{context_of, stop_session};
use crate::error::Result;
use crate::store::fleet;
use crate::store::registry::{self, RegisteredProject};
use crate::ui::human_needed;

/// Remove a project: its session is stopped, and nothing in its directory is deleted
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The project: its id, or its directory
    #[arg(value_name = "PROJECT")]
    name: String,
    /// Let its session continue
    #[arg(long)]
    leave: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<ProjectChange> {
    let removed: RegisteredProject = registry::update(&context.dirs, |registry| {
        let removed = find(registry, &args.name, context)?.clone();
        registry.projects.retain(|project| project.id != removed.id);
        registry.retired.push(removed.id.clone());
        Ok(removed)
    })?;
    fleet::wake(&context.dirs, "projects")?;
    let stopped = !args.leave && stop_session(&removed, "ap projects remove", context)?;
    human_needed::update(&context_of(&removed, context).project, &context.dirs);
    let end = if stopped {
        "; its session is stopped"
    } else {
        ""
    };
    let message = format!(
        "Project '{}' is removed{end}. Nothing in {} was deleted.",
        removed.id, removed.root
    );
    Ok(ProjectChange::new(&removed.id, "removed", message))
}
