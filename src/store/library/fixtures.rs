//! Finds the fixtures of loops and pipelines: what `ap test` runs them against.
//!
//! A project's own recordings come first (`.claude/fixtures/loops/<name>/`), then the files beside the definition: a
//! loop's `fixtures/` in its folder, a pipeline's `fixtures/<name>/` beside its file.
use super::{Entry, LOOPS, Library, PIPELINES};
use crate::error::{Error, Result};
use crate::plan::PlanKind;
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use include_dir::Dir;
use std::collections::BTreeMap;

/// More is no fixture, but a folder that was meant for something else.
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
        text.map(Some)
            .map_err(|_| Error::usage(format!("{}: this is not UTF-8 text", self.shown(path))))
    }

    /// Returns a file's path as messages show it.
    pub fn shown(&self, path: &str) -> String {
        format!("{}/{path}", self.shown)
    }
}

impl Library {
    /// Finds a definition's fixture.
    pub fn fixture(&self, entry: &Entry) -> Result<Option<FixtureFiles>> {
        for folder in self.fixture_folders(entry) {
            if folder.is_dir() {
                let shown = folder
                    .strip_prefix(&self.project)
                    .map_or_else(|_| folder.to_string(), ToString::to_string);
                return read(&folder, shown).map(Some);
            }
        }
        let (shelf, inside, word) = match entry.kind {
            PlanKind::Loop => (&LOOPS, format!("{}/fixtures", entry.name), "loops"),
            PlanKind::Pipeline => (&PIPELINES, format!("fixtures/{}", entry.name), "pipelines"),
        };
        if !entry.path.starts_with("builtin:") {
            return Ok(None);
        }
        Ok(shelf.get_dir(&inside).map(|found| {
            let mut files = BTreeMap::new();
            gather(found, Utf8Path::new(&inside), &mut files);
            FixtureFiles {
                shown: format!("builtin:{word}/{inside}"),
                folder: None,
                files,
            }
        }))
    }

    /// Returns the folder a recording of the definition goes to.
    pub fn fixture_target(&self, entry: &Entry) -> Utf8PathBuf {
        let folders = self.fixture_folders(entry);
        folders
            .into_iter()
            .next_back()
            .unwrap_or_else(|| self.project.join("fixtures"))
    }

    /// In lookup order; a definition that is built in has only the project's.
    fn fixture_folders(&self, entry: &Entry) -> Vec<Utf8PathBuf> {
        let shelf = if entry.kind == PlanKind::Loop {
            "loops"
        } else {
            "pipelines"
        };
        let mut folders = vec![
            self.project
                .join(".claude/fixtures")
                .join(shelf)
                .join(&entry.name),
        ];
        if !entry.path.starts_with("builtin:") {
            let definition = self.project.join(&entry.path);
            let beside = definition
                .parent()
                .unwrap_or(&self.project)
                .join("fixtures");
            folders.push(if entry.kind == PlanKind::Loop {
                beside
            } else {
                beside.join(&entry.name)
            });
        }
        folders
    }
}

fn gather(dir: &Dir<'_>, inside: &Utf8Path, files: &mut BTreeMap<Utf8PathBuf, Vec<u8>>) {
    for file in dir.files() {
        if let Some(path) =
            Utf8Path::from_path(file.path()).and_then(|path| path.strip_prefix(inside).ok())
        {
            files.insert(path.to_owned(), file.contents().to_vec());
        }
    }
    dir.dirs().for_each(|below| gather(below, inside, files));
}

/// Reads a folder on disk. Links are left out: they may lead anywhere, and in circles.
fn read(folder: &Utf8Path, shown: String) -> Result<FixtureFiles> {
    let (mut files, mut bytes, mut left) = (BTreeMap::new(), 0, vec![folder.to_owned()]);
    while let Some(at) = left.pop() {
        for entry in fs::read_dir(&at)? {
            let entry = entry?;
            let path = Utf8PathBuf::from_path_buf(entry.path()).map_err(|path| {
                Error::usage(format!("{}: the name is not UTF-8", path.display()))
            })?;
            let kind = entry.file_type()?;
            if kind.is_dir() {
                left.push(path);
            } else if kind.is_file() {
                bytes += entry.metadata()?.len();
                if MOST_FILES <= files.len() || MOST_BYTES < bytes {
                    return Err(Error::usage(format!(
                        "{shown} is too large for a fixture: at most {MOST_FILES} files and {} MB",
                        MOST_BYTES >> 20
                    )));
                }
                files.insert(
                    path.strip_prefix(folder).unwrap_or(&path).to_owned(),
                    fs::read(&path)?,
                );
            }
        }
    }
    Ok(FixtureFiles {
        shown,
        folder: Some(folder.to_owned()),
        files,
    })
}
