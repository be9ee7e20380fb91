//! What was imported from an earlier program, until the first session has recorded it.
use super::project_folder::FOLDER;
use super::{atomic, crash};
use crate::model::Imported;
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use serde_json::Value;
use std::io;

/// Keeps it, unless it is kept or was recorded already. Returns whether it is new.
pub fn keep(root: &Utf8Path, phases: &[String], record: &Value) -> io::Result<bool> {
    if path(root).exists() || taken(root).exists() {
        return Ok(false);
    }
    let imported = Imported {
        phases: phases.to_vec(),
        record: record.clone(),
    };
    atomic::replace(&path(root), &serde_json::to_vec_pretty(&imported)?)?;
    Ok(true)
}

/// Returns what the first session is to record.
pub fn waiting(root: &Utf8Path) -> io::Result<Option<Imported>> {
    match fs::read(path(root)) {
        Ok(bytes) => Ok(serde_json::from_slice(&bytes).ok()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Notes that it was recorded.
pub fn recorded(root: &Utf8Path) -> io::Result<()> {
    crash::point("import: recorded, still waiting");
    fs::rename(path(root), taken(root))
}

fn path(root: &Utf8Path) -> Utf8PathBuf {
    root.join(FOLDER).join(".imported.json")
}

fn taken(root: &Utf8Path) -> Utf8PathBuf {
    root.join(FOLDER).join(".imported.recorded.json")
}
