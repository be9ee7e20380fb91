//! The user's settings, as they are in `config.yaml`: the one reader of that file.
use super::layout::UserDirs;
use crate::compile::{Invalid, Settings, SourceText};
use crate::error::{Error, Result};
use camino::Utf8PathBuf;
use fs_err as fs;
use std::io;

/// Returns where the user's settings are.
pub fn path(dirs: &UserDirs) -> Utf8PathBuf {
    dirs.config.join("config.yaml")
}

/// Reads the user's settings; without a file there are none.
pub fn read(dirs: &UserDirs) -> Result<Settings> {
    let file = path(dirs);
    let text = match fs::read_to_string(&file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Settings::default()),
        text => text?,
    };
    let text = SourceText {
        file: file.into_string(),
        text,
    };
    Settings::read(&text)
        .map_err(|problems| Error::invalid(Invalid::new("your config.yaml", problems)))
}
