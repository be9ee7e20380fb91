//! Lists the sessions of a project.
use crate::model::SessionName;
use crate::store::layout::Project;
use fs_err as fs;
use std::io;

/// Returns the names of the project's sessions, sorted. What is not a session is left out.
pub fn names(project: &Project) -> io::Result<Vec<SessionName>> {
    let folder = match fs::read_dir(project.runs()) {
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
