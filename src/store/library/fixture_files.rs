//! The files of a fixture, on disk or built in.
use crate::error::{Error, ErrorKind, Result};
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use include_dir::Dir;
use std::collections::BTreeMap;

/// A larger folder is not a fixture: it was meant for something else.
const MOST_FILES: usize = 2000;
const MOST_BYTES: u64 = 20 << 20;

/// A fixture's files, on disk or built in.
#[derive(Clone, Debug)]
pub struct FixtureFiles {
    /// Its folder as messages show it, or `builtin:<path>`.
    pub shown: String,
    /// Its folder, unless it is built in.
    pub folder: Option<Utf8PathBuf>,
    /// What each file holds, by its path within the folder.
    pub files: BTreeMap<Utf8PathBuf, Vec<u8>>,
}

impl FixtureFiles {
    /// Returns a file's text; `None` if there is no such file.
    pub fn text(&self, path: &str) -> Result<Option<String>> {
        let Some(bytes) = self.files.get(Utf8Path::new(path)) else {
            return Ok(None);
        };
        let text = String::from_utf8(bytes.clone());
        text.map(Some).map_err(|_| {
            Error::new(
                ErrorKind::BadInput,
                format!("{}: this is not UTF-8 text", self.shown(path)),
            )
        })
    }

    /// Returns a file's path as messages show it.
    pub fn shown(&self, path: &str) -> String {
        format!("{}/{path}", self.shown)
    }

    /// Reads a folder on disk. Symbolic links are left out: they may leave the folder or form a cycle.
    pub(super) fn read(folder: &Utf8Path, shown: String) -> Result<Self> {
        let mut reading = Reading::default();
        let mut pending = vec![folder.to_owned()];
        while let Some(dir) = pending.pop() {
            for entry in fs::read_dir(&dir)? {
                let entry = entry?;
                let path = utf8(entry.path())?;
                let kind = entry.file_type()?;
                if kind.is_dir() {
                    pending.push(path);
                } else if kind.is_file() {
                    reading.reserve(entry.metadata()?.len(), &shown)?;
                    let inside = path.strip_prefix(folder).unwrap_or(&path).to_owned();
                    reading.files.insert(inside, fs::read(&path)?);
                }
            }
        }
        Ok(Self {
            shown,
            folder: Some(folder.to_owned()),
            files: reading.files,
        })
    }

    /// Reads a built-in folder.
    pub(super) fn built_in(dir: &Dir<'_>, shown: String) -> Self {
        let (mut files, root) = (BTreeMap::new(), dir.path());
        let mut pending = vec![dir];
        while let Some(dir) = pending.pop() {
            for file in dir.files() {
                let inside = file.path().strip_prefix(root).ok();
                if let Some(path) = inside.and_then(Utf8Path::from_path) {
                    files.insert(path.to_owned(), file.contents().to_vec());
                }
            }
            pending.extend(dir.dirs());
        }
        Self {
            shown,
            folder: None,
            files,
        }
    }
}

/// The files read so far, within the limits of a fixture.
#[derive(Default)]
struct Reading {
    files: BTreeMap<Utf8PathBuf, Vec<u8>>,
    bytes: u64,
}

impl Reading {
    /// Counts a file that is about to be read.
    fn reserve(&mut self, bytes: u64, shown: &str) -> Result<()> {
        self.bytes += bytes;
        if MOST_FILES <= self.files.len() || MOST_BYTES < self.bytes {
            return Err(Error::new(
                ErrorKind::BadInput,
                format!(
                    "{shown} is too large for a fixture: at most {MOST_FILES} files and {} MB",
                    MOST_BYTES >> 20
                ),
            ));
        }
        Ok(())
    }
}

fn utf8(path: std::path::PathBuf) -> Result<Utf8PathBuf> {
    Utf8PathBuf::from_path_buf(path).map_err(|path| {
        Error::new(
            ErrorKind::BadInput,
            format!("{}: the name is not UTF-8", path.display()),
        )
    })
}
