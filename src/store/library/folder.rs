//! A folder of definitions: on disk, or built in.
use crate::compile::Unreadable;
use camino::{Utf8Path, Utf8PathBuf};
use include_dir::Dir;
use std::io;

/// A folder on disk or a built-in one.
#[derive(Clone, Debug)]
pub(super) enum Folder {
    Disk(Utf8PathBuf),
    BuiltIn(&'static Dir<'static>),
}

impl Folder {
    pub(super) fn enter(&self, name: &str) -> Option<Self> {
        match self {
            Self::Disk(root) => Some(root.join(name))
                .filter(|folder| folder.is_dir())
                .map(Self::Disk),
            Self::BuiltIn(root) => root.get_dir(root.path().join(name)).map(Self::BuiltIn),
        }
    }

    pub(super) fn entries(&self) -> Vec<String> {
        match self {
            Self::Disk(root) => root
                .read_dir_utf8()
                .into_iter()
                .flatten()
                .flatten()
                .map(|entry| entry.file_name().to_owned())
                .collect(),
            Self::BuiltIn(root) => {
                let names = root
                    .entries()
                    .iter()
                    .filter_map(|entry| entry.path().file_name()?.to_str());
                names.map(String::from).collect()
            }
        }
    }

    /// Returns its path, relative to the project if it is in it; `None` if it is built in.
    pub(super) fn on_disk(&self, project: &Utf8Path) -> Option<&Utf8Path> {
        match self {
            Self::Disk(root) => Some(root.strip_prefix(project).unwrap_or(root)),
            Self::BuiltIn(_) => None,
        }
    }

    /// Whether a name in it is that of a folder on disk.
    pub(super) fn has_folder(&self, name: &str) -> bool {
        matches!(self, Self::Disk(root) if root.join(name).is_dir())
    }

    pub(super) fn has(&self, file: &str) -> bool {
        match self {
            Self::Disk(root) => root.join(file).is_file(),
            Self::BuiltIn(root) => root.get_file(root.path().join(file)).is_some(),
        }
    }

    /// Returns a file's text; `None` if there is no such file.
    pub(super) fn read(&self, file: &str, largest: u64) -> Result<Option<String>, Unreadable> {
        let bytes = match self {
            Self::Disk(root) => match read_bounded(&root.join(file), largest)? {
                Some(bytes) => bytes,
                None => return Ok(None),
            },
            Self::BuiltIn(root) => match root.get_file(root.path().join(file)) {
                Some(file) => file.contents().to_vec(),
                None => return Ok(None),
            },
        };
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Some(text)),
            Err(error) => Err(not_utf8(
                file,
                error.as_bytes(),
                error.utf8_error().valid_up_to(),
            )),
        }
    }

    /// Returns a file's path for messages: relative to the project if it is inside.
    pub(super) fn shown(&self, file: &str, project: &Utf8Path) -> String {
        match self {
            Self::Disk(root) => root
                .join(file)
                .strip_prefix(project)
                .map_or_else(|_| root.join(file).to_string(), ToString::to_string),
            Self::BuiltIn(root) => {
                let kind = if root.path().as_os_str().is_empty() {
                    "pipelines"
                } else {
                    "loops"
                };
                format!("builtin:{kind}/{}", root.path().join(file).display())
            }
        }
    }
}

fn not_utf8(file: &str, bytes: &[u8], valid: usize) -> Unreadable {
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        let reason = format!("`{file}` is UTF-16 text, not UTF-8");
        return Unreadable::file(reason, "save it as UTF-8", "");
    }
    let before = String::from_utf8_lossy(&bytes[..valid]).into_owned();
    let line = before.matches('\n').count() + 1;
    let last_line = before.rsplit('\n').next().unwrap_or_default();
    let column = last_line.chars().count() + 1;
    Unreadable::file(
        format!("`{file}` is not UTF-8 text (line {line}, column {column})"),
        "save it as UTF-8",
        before,
    )
}

/// Reads a file of at most `largest` bytes; `None` if there is none.
fn read_bounded(path: &Utf8Path, largest: u64) -> Result<Option<Vec<u8>>, Unreadable> {
    let found = match std::fs::metadata(path) {
        Ok(found) if found.is_dir() => return Ok(None),
        Ok(found) => found,
        Err(error) if is_missing(&error) => return Ok(None),
        Err(error) => return Err(cannot_read(path, &error)),
    };
    // A pipe or device would block, or never end.
    if !found.is_file() {
        let reason = format!("`{path}` is not a regular file");
        return Err(Unreadable::file(reason, "put a file in its place", ""));
    }
    let size = found.len();
    if largest < size {
        return Err(Unreadable::file(
            format!("`{path}` is too large: {size} bytes, at most {largest}"),
            format!("keep it below {} MiB", largest >> 20),
            "",
        ));
    }
    let bytes = std::fs::read(path).map_err(|error| cannot_read(path, &error))?;
    Ok(Some(bytes))
}

fn is_missing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

fn cannot_read(path: &Utf8Path, error: &io::Error) -> Unreadable {
    Unreadable::file(
        format!("cannot read `{path}`: {error}"),
        "fix that, or move the file away",
        "",
    )
}
