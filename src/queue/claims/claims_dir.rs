//! The folder of the claims on a queue: where it is, and what is read from it.
use super::claims_file::Claims;
use crate::queue::error::{QueueError, Result};
use crate::queue::owner::Owner;
use crate::store::project_folder::FOLDER;
use crate::store::{beneath, ignored};
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::io;

/// The paths of a file of tasks and of the files that belong to it.
///
/// ```text
/// <folder>/backlog.md                                 the truth about open and closed
/// <folder>/.agent-pipelines/.gitignore                nothing that ap writes belongs in a commit
/// <folder>/.agent-pipelines/.claims/backlog.md.json   who holds what
/// <folder>/.agent-pipelines/.claims/backlog.md.lock   held while something changes
/// <folder>/.agent-pipelines/.claims/backlog.md.log    what was claimed, released and closed, by whom and why
/// ```
///
/// It is beside the file itself, symlinks followed, so that every session that works on the file finds the same claims,
/// whichever project or link they come from. It is not under `.claude/`, where agents may not write in every
/// permission mode. A file that is itself in a folder `.agent-pipelines` has its claims there. The dot in `.claims` keeps
/// it apart from the folders of sessions, whose names start with a letter.
#[derive(Clone, Debug)]
pub(in crate::queue) struct ClaimsDir {
    pub(in crate::queue) file: Utf8PathBuf,
    pub(super) claims: Utf8PathBuf,
    pub(super) lock: Utf8PathBuf,
    pub(super) log: Utf8PathBuf,
    /// Whether the claims are recorded nowhere else, so that they must survive a power cut.
    pub(super) alone: bool,
}

impl ClaimsDir {
    /// Follows the path to the file. Changes nothing.
    pub(in crate::queue) fn of(path: &Utf8Path) -> Result<Self> {
        let file = path
            .canonicalize_utf8()
            .map_err(|error| missing(path, &error))?;
        if !file.is_file() {
            return Err(QueueError::unavailable(
                format!("{path} is not a file"),
                "name the file with the tasks",
            ));
        }
        Ok(Self {
            alone: true,
            ..Self::beside(file)
        })
    }

    /// Marks the claims as recorded nowhere else.
    pub(in crate::queue) fn alone(self) -> Self {
        Self {
            alone: true,
            ..self
        }
    }

    /// Returns the paths beside a tracker's database, which itself records the holders. `file` is canonical.
    pub(in crate::queue) fn beside(file: Utf8PathBuf) -> Self {
        let name = file.file_name().unwrap_or("tasks").to_owned();
        let parent = file.parent().unwrap_or(Utf8Path::new("."));
        let folder = if parent.file_name() == Some(FOLDER) {
            parent.join(".claims")
        } else {
            parent.join(FOLDER).join(".claims")
        };
        let beside = |extension: &str| folder.join(format!("{name}.{extension}"));
        Self {
            claims: beside("json"),
            lock: beside("lock"),
            log: beside("log"),
            file,
            alone: false,
        }
    }

    /// Returns the folder of all files about queues in this place.
    pub(in crate::queue) fn folder(&self) -> &Utf8Path {
        self.lock.parent().unwrap_or(Utf8Path::new("."))
    }

    /// Returns the tasks closed by agents that may still be at work, so that a run that closed and archived all its
    /// tasks counts as done.
    pub(in crate::queue) fn closed_by(&self, alive: impl Fn(&Owner) -> bool) -> BTreeSet<String> {
        #[derive(Deserialize)]
        struct Line {
            what: String,
            id: String,
            by: Option<String>,
        }
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let mut runs = BTreeMap::new();
        let mut at_work = |by: &str| {
            let owner = Owner::read(by);
            let Owner::Agent { run, .. } = &owner else {
                return false;
            };
            *runs.entry(run.clone()).or_insert_with(|| alive(&owner))
        };
        let lines = log
            .lines()
            .filter_map(|line| serde_json::from_str::<Line>(line).ok());
        lines
            .filter(|line| line.what == "closed" && line.by.as_deref().is_some_and(&mut at_work))
            .map(|line| line.id)
            .collect()
    }

    /// Returns the current claims. Acquires no lock and creates nothing.
    pub(in crate::queue) fn claims(&self) -> Result<Claims> {
        let text = match fs::read(&self.claims) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Claims::default()),
            Err(error) => return Err(error.into()),
        };
        let read = serde_json::from_slice(&text);
        if read.is_err() && !self.alone {
            // The tracker itself knows the holders; only the counts of failures are lost, and they start again from
            // zero.
            tracing::warn!(claims = %self.claims, "damaged, and not believed");
            return Ok(Claims::default());
        }
        let claims: Claims = read.map_err(|error| {
            QueueError::protocol(
                format!(
                    "{} is damaged ({error}), so who holds which task is not known",
                    self.claims
                ),
                "when no session runs and no task is in progress, remove that file and try again",
            )
        })?;
        if claims.version > Claims::VERSION {
            return Err(QueueError::protocol(
                format!(
                    "{} was written by a newer `ap` (format {})",
                    self.claims, claims.version
                ),
                "use that version of `ap`",
            ));
        }
        Ok(claims)
    }
}

/// Creates the folder for files about queues, in one that git ignores.
pub(in crate::queue) fn create_folder(folder: &Utf8Path) -> io::Result<()> {
    ignored::create(folder.parent().unwrap_or(Utf8Path::new(".")))?;
    beneath::create_dir_all(folder)
}

fn missing(path: &Utf8Path, error: &io::Error) -> QueueError {
    match error.kind() {
        io::ErrorKind::NotFound => QueueError::unavailable(
            format!("there is no {path}"),
            "write the tasks there (`- [ ] task`, one a line), or name the file that has them",
        ),
        _ => QueueError::unavailable(
            format!("cannot reach {path}: {error}"),
            "check the path and who may read it",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::queue::claims::LockedClaims;
    use crate::queue::error::QueueErrorKind;
    use crate::queue::testing::folder;
    use crate::store::atomic;

    #[test]
    fn damaged_or_newer_claims_are_an_error() {
        let (_keep, folder) = folder();
        let file = folder.join("backlog.md");
        atomic::replace(&file, b"- [ ] a\n").unwrap();
        let dir = ClaimsDir::of(&file).unwrap();
        drop(LockedClaims::acquire(&dir, "test").unwrap());
        for text in [
            "",
            "{",
            "[]",
            r#"{"version":2,"claims":{}}"#,
            r#"{"version":1}"#,
        ] {
            atomic::replace(&dir.claims, text.as_bytes()).unwrap();
            assert_eq!(
                dir.claims().unwrap_err().kind,
                QueueErrorKind::Protocol,
                "{text}"
            );
        }
    }

    #[test]
    fn reading_writes_nothing() {
        let (_keep, folder) = folder();
        let file = folder.join("backlog.md");
        atomic::replace(&file, b"- [ ] a\n").unwrap();
        assert_eq!(
            ClaimsDir::of(&file).unwrap().claims().unwrap(),
            Claims::default()
        );
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
    }
}
