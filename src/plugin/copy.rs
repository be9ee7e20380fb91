//! A copy of the plugin on disk. The user may edit it: edits are detected, and never lost by accident.
use super::file::File;
use crate::fingerprint::fingerprint;
use crate::store::atomic;
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io;
use std::os::unix::fs::PermissionsExt as _;

/// The file with the fingerprints of what was written last, by path.
const RECORD: &str = ".written.json";

/// The status of a file on disk, compared with the built-in one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum FileStatus {
    /// As built in.
    Same,
    /// Not there.
    Missing,
    /// As an earlier version of this program wrote it.
    Outdated,
    /// Changed by the user, or not written by this program.
    Edited,
    /// Written by an earlier version, and no longer part of the plugin.
    Left,
}

/// A file of the copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Entry {
    /// Relative to the copy's folder.
    #[cfg_attr(feature = "schemas", schemars(with = "String"))]
    pub path: Utf8PathBuf,
    /// How it compares.
    pub status: FileStatus,
}

/// A folder with a copy of the plugin.
#[derive(Clone, Debug)]
pub struct Copy {
    root: Utf8PathBuf,
    files: Vec<File>,
}

impl Copy {
    /// Returns the copy in a folder; `files` are the plugin's current files.
    pub fn new(root: Utf8PathBuf, files: Vec<File>) -> Self {
        Self { root, files }
    }

    /// The folder.
    pub fn root(&self) -> &Utf8Path {
        &self.root
    }

    /// Compares every file. Changes nothing.
    pub fn compare(&self) -> io::Result<Vec<Entry>> {
        let record = self.record();
        let mut entries = Vec::new();
        for file in &self.files {
            let status = match self.read(&file.path)? {
                None => FileStatus::Missing,
                Some(text) if text == file.text => FileStatus::Same,
                Some(text) if record.get(&file.path) == Some(&fingerprint(&text)) => {
                    FileStatus::Outdated
                }
                Some(_) => FileStatus::Edited,
            };
            entries.push(Entry {
                path: file.path.clone(),
                status,
            });
        }
        for (path, printed) in record {
            if !self.files.iter().any(|file| file.path == path)
                && let Some(text) = self.read(&path)?
            {
                let status = if fingerprint(&text) == printed {
                    FileStatus::Left
                } else {
                    FileStatus::Edited
                };
                entries.push(Entry { path, status });
            }
        }
        Ok(entries)
    }

    /// Returns the difference between what is on disk and what is built in, as `diff -u` shows it.
    pub fn difference(&self, path: &Utf8Path) -> io::Result<String> {
        let (theirs, ours) = (
            self.read(path)?.unwrap_or_default(),
            self.text(path).unwrap_or_default(),
        );
        let diff = similar::TextDiff::from_lines(theirs.as_str(), ours);
        Ok(diff
            .unified_diff()
            .context_radius(2)
            .header(&format!("{path} (yours)"), &format!("{path} (built in)"))
            .to_string())
    }

    /// Writes a file as it is built in; removes one that is no longer part of the plugin.
    pub fn put(&self, path: &Utf8Path) -> io::Result<()> {
        let Some(file) = self.files.iter().find(|file| file.path == path) else {
            return self.remove(path);
        };
        let target = self.root.join(path);
        fs::create_dir_all(target.parent().unwrap_or(&self.root))?;
        atomic::replace(&target, file.text.as_bytes())?;
        fs::set_permissions(
            &target,
            std::fs::Permissions::from_mode(if file.runs { 0o755 } else { 0o644 }),
        )?;
        self.note(path, Some(fingerprint(&file.text)))
    }

    /// Removes a file, and the folders it leaves empty.
    pub fn remove(&self, path: &Utf8Path) -> io::Result<()> {
        match fs::remove_file(self.root.join(path)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => self.note(path, None)?,
        }
        let above = path
            .ancestors()
            .skip(1)
            .map(|folder| self.root.join(folder));
        // A folder that is not empty stays, and so do its parents.
        above
            .take_while(|folder| *folder != self.root && fs::remove_dir(folder).is_ok())
            .for_each(drop);
        Ok(())
    }

    /// Forgets what was written, and removes the folder if nothing else is in it.
    pub fn forget(&self) -> io::Result<()> {
        match fs::remove_file(self.root.join(RECORD)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        // Other files in it are the user's.
        let _ = fs::remove_dir(&self.root);
        Ok(())
    }

    fn text(&self, path: &Utf8Path) -> Option<&str> {
        self.files
            .iter()
            .find(|file| file.path == path)
            .map(|file| file.text.as_str())
    }

    fn read(&self, path: &Utf8Path) -> io::Result<Option<String>> {
        match fs::read(self.root.join(path)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            bytes => Ok(Some(String::from_utf8_lossy(&bytes?).into_owned())),
        }
    }

    /// Returns the record of what was written last; without one, every file that differs counts as edited.
    fn record(&self) -> BTreeMap<Utf8PathBuf, String> {
        let text = fs::read(self.root.join(RECORD)).unwrap_or_default();
        let recorded: BTreeMap<Utf8PathBuf, String> =
            serde_json::from_slice(&text).unwrap_or_default();
        // `ap` never wrote a path that leads out of the folder.
        recorded
            .into_iter()
            .filter(|(path, _)| {
                path.components()
                    .all(|part| matches!(part, camino::Utf8Component::Normal(_)))
            })
            .collect()
    }

    fn note(&self, path: &Utf8Path, printed: Option<String>) -> io::Result<()> {
        let mut record = self.record();
        match printed {
            Some(printed) => record.insert(path.to_owned(), printed),
            None => record.remove(path),
        };
        fs::create_dir_all(&self.root)?;
        atomic::replace(
            &self.root.join(RECORD),
            &serde_json::to_vec_pretty(&record)?,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use insta::assert_snapshot;

    fn file(path: &str, text: &str) -> File {
        File {
            path: path.into(),
            text: text.to_owned(),
            runs: false,
        }
    }

    fn statuses(copy: &Copy) -> Vec<(String, FileStatus)> {
        copy.compare()
            .unwrap()
            .into_iter()
            .map(|entry| (entry.path.into_string(), entry.status))
            .collect()
    }

    fn change(copy: &Copy, path: &str, text: &str) {
        atomic::replace(&copy.root().join(path), text.as_bytes()).unwrap();
    }

    #[test]
    fn edited_and_outdated_files_are_distinguished() {
        let folder = tempfile::tempdir().unwrap();
        let root = Utf8PathBuf::from_path_buf(folder.path().join("copy")).unwrap();
        let old = Copy::new(
            root.clone(),
            vec![
                file("a/b.md", "one\ntwo\n"),
                file("c.md", "c\n"),
                file("d.md", "d\n"),
            ],
        );
        assert_eq!(
            statuses(&old)
                .iter()
                .map(|(_, status)| *status)
                .collect::<Vec<_>>(),
            [FileStatus::Missing; 3]
        );
        for path in ["a/b.md", "c.md", "d.md"] {
            old.put(path.into()).unwrap();
        }
        let new = Copy::new(root, vec![file("a/b.md", "one\n2\n"), file("c.md", "C\n")]);
        change(&new, "c.md", "mine\n");
        let entry = |path: &str, status| (path.to_owned(), status);
        let expected = [
            entry("a/b.md", FileStatus::Outdated),
            entry("c.md", FileStatus::Edited),
            entry("d.md", FileStatus::Left),
        ];
        assert_eq!(statuses(&new), expected);
        assert_snapshot!(new.difference("c.md".into()).unwrap(), @r"
        --- c.md (yours)
        +++ c.md (built in)
        @@ -1 +1 @@
        -mine
        +C
        ");
        new.put("a/b.md".into()).unwrap();
        new.put("d.md".into()).unwrap();
        assert_eq!(
            statuses(&new),
            [
                entry("a/b.md", FileStatus::Same),
                entry("c.md", FileStatus::Edited)
            ]
        );
        new.remove("a/b.md".into()).unwrap();
        assert!(!new.root().join("a").exists() && new.root().join("c.md").exists());
    }

    #[test]
    fn a_record_cannot_name_files_outside_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let root = Utf8PathBuf::from_path_buf(folder.path().join("copy")).unwrap();
        let copy = Copy::new(root, vec![file("a", "a")]);
        copy.put("a".into()).unwrap();
        change(&copy, "../outside", "x");
        change(
            &copy,
            RECORD,
            &format!(r#"{{"../outside": "{}"}}"#, fingerprint("x")),
        );
        assert_eq!(statuses(&copy), [("a".to_owned(), FileStatus::Same)]);
    }
}
