//! The project a command is about: its id, a path, or `.`.
use crate::cli::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::store::registry::{RegisteredProject, Registry};
use camino::{Utf8Path, Utf8PathBuf};

/// Returns the registered project of an id or a path.
pub(super) fn find<'a>(
    registry: &'a Registry,
    project: &str,
    context: &Context,
) -> Result<&'a RegisteredProject> {
    lookup(registry, project, context).ok_or_else(|| not_registered(project))
}

/// Returns the error for a project that is not registered.
pub(super) fn not_registered(project: &str) -> Error {
    let message = format!("no registered project is `{project}`");
    Error::new(ErrorKind::NotFound, message)
        .hint("`ap projects` lists them; `ap projects add DIR` adds one")
}

/// Returns the registered project of an id or a path, if there is one.
pub(in crate::cli) fn lookup<'a>(
    registry: &'a Registry,
    project: &str,
    context: &Context,
) -> Option<&'a RegisteredProject> {
    let by_id = project.parse().ok().and_then(|id| registry.by_id(&id));
    by_id.or_else(|| {
        let path = absolute(Utf8Path::new(project), context);
        let Ok(real) = path.canonicalize_utf8() else {
            // The directory of a project that was moved. A misspelt id is not a part of the project it was typed in.
            return registry.by_root(&path);
        };
        real.ancestors().find_map(|folder| registry.by_root(folder))
    })
}

/// Returns a path that was given on the command line.
pub(super) fn absolute(path: &Utf8Path, context: &Context) -> Utf8PathBuf {
    camino::absolute_utf8(path).unwrap_or_else(|_| context.project.root().join(path))
}
