//! Folders that keep themselves out of git.
use super::{atomic, beneath};
use camino::Utf8Path;
use std::io;

/// Creates a folder that git ignores.
pub fn create(folder: &Utf8Path) -> io::Result<()> {
    beneath::create_dir_all(folder)?;
    let ignore = folder.join(".gitignore");
    if !ignore.exists() {
        atomic::replace(&ignore, b"*\n")?;
    }
    Ok(())
}
