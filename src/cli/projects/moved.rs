//! `ap projects move`: a project's directory was moved.
use super::project_change::ProjectChange;
use super::target::{absolute, find, lookup};
use crate::cli::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::store::fleet;
use crate::store::layout::Project;
use crate::store::registry;
use camino::{Utf8Path, Utf8PathBuf};

/// Record that a project's directory was moved
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The project: its id, or the path where its directory was
    old: String,
    /// The path where its directory is now
    new: Utf8PathBuf,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<ProjectChange> {
    let new = absolute(&args.new, context);
    let real = new.canonicalize_utf8().ok().filter(|path| path.is_dir());
    let new = real.ok_or_else(|| Error::usage(format!("there is no directory {new}")))?;
    let inode = registry::inode(&new)?;
    let id = registry::update(&context.dirs, |registry| {
        let old = Utf8Path::new(&args.old);
        let known = lookup(registry, &args.old, context)
            .or_else(|| registry.by_root(&absolute(old, context)));
        let Some(known) = known else {
            return Err(find(registry, &args.old, context)
                .err()
                .unwrap_or_else(|| Error::failed("the project is gone")));
        };
        let (id, session) = (known.id.clone(), known.session.clone());
        let is_same = known.inode == inode;
        let has_run = Project::new(new.clone())
            .session(&session)
            .journal()
            .exists();
        if let Some(other) = registry.by_root(&new).filter(|other| other.id != id) {
            let message = format!("{new} is project '{}'", other.id);
            return Err(Error::new(ErrorKind::Exists, message));
        }
        if !is_same && !has_run {
            let message = format!(
                "{new} is another directory than that of project '{id}': it has no session '{session}'"
            );
            return Err(Error::new(ErrorKind::NotFound, message).hint(format!(
                "add it as a project of its own: `ap projects add {new}`"
            )));
        }
        for project in registry.projects.iter_mut().filter(|it| it.id == id) {
            (project.root, project.inode) = (new.clone(), inode);
        }
        Ok(id)
    })?;
    fleet::wake(&context.dirs, "projects")?;
    let message = format!("Project '{id}' is in {new} now.");
    Ok(ProjectChange::new(&id, "moved", message))
}
