//! Lists the sessions of a project.
use crate::model::SessionName;
use crate::store::layout::{Project, RunDir};
use camino::Utf8Path;
use fs_err as fs;
use std::io;

/// Returns the names of the project's sessions, sorted. What is not a session is left out.
pub fn names(project: &Project) -> io::Result<Vec<SessionName>> {
    names_in(&project.runs())
}

/// Returns the run directories of a project: those of its sessions, and those that were archived.
pub fn all_runs(project: &Project) -> io::Result<Vec<RunDir>> {
    let sessions = names(project)?;
    let archived = names_in(&project.archive())?;
    let sessions = sessions.iter().map(|name| project.session(name));
    Ok(sessions
        .chain(archived.iter().map(|name| project.archived_run(name)))
        .collect())
}

fn names_in(folder: &Utf8Path) -> io::Result<Vec<SessionName>> {
    let folder = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        folder => folder?,
    };
    let mut names = Vec::new();
    for entry in folder {
        let entry = entry?;
        if let Some(name) = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok())
            .filter(|_| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}
