//! Who works on what: a small file beside the tasks, because neither a checklist nor prd.json has a place for it.
use super::lock::Lock;
use super::{Owner, QueueError, Result};
use crate::clock;
use crate::store::{atomic, crash};
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Write as _};
use std::time::Duration;

/// How long to wait while another changes a file of tasks. That takes milliseconds, so a longer wait means that something hangs.
const OF_A_FILE: Duration = Duration::from_secs(10);

/// Where a file of tasks and what belongs to it lie.
///
/// ```text
/// <folder>/backlog.md                                 the truth about open and closed
/// <folder>/.agent-pipelines/.gitignore                `*`: nothing here belongs in a commit
/// <folder>/.agent-pipelines/.claims/backlog.md.json   who holds what
/// <folder>/.agent-pipelines/.claims/backlog.md.lock   held while something changes
/// <folder>/.agent-pipelines/.claims/backlog.md.log    what was claimed, released and closed, by whom and why
/// ```
///
/// It lies beside the file itself, symlinks followed, so that everybody who works on the file finds the same claims,
/// whichever project or link they come from. It is not under `.claude/`, where agents may not write in every
/// permission mode. The dot in `.claims` keeps it apart from the folders of sessions, whose names start with a letter.
#[derive(Clone, Debug)]
pub(super) struct ClaimsDir {
    pub(super) file: Utf8PathBuf,
    claims: Utf8PathBuf,
    lock: Utf8PathBuf,
    log: Utf8PathBuf,
    /// Whether nobody but us knows who holds what, so that it must survive a power cut.
    alone: bool,
}

impl ClaimsDir {
    /// Follows the path to the file. Changes nothing.
    pub(super) fn of(path: &Utf8Path) -> Result<Self> {
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

    /// Says that nobody else may know who holds what.
    pub(super) fn alone(self) -> Self {
        Self {
            alone: true,
            ..self
        }
    }

    /// Returns what belongs to a tracker's database, which knows itself who holds what. The path is canonical.
    pub(super) fn beside(file: Utf8PathBuf) -> Self {
        let name = file.file_name().unwrap_or("tasks").to_owned();
        let folder = file
            .parent()
            .unwrap_or(Utf8Path::new("."))
            .join(".agent-pipelines/.claims");
        let beside = |extension: &str| folder.join(format!("{name}.{extension}"));
        Self {
            claims: beside("json"),
            lock: beside("lock"),
            log: beside("log"),
            file,
            alone: false,
        }
    }

    /// Returns the folder of everything we know about queues here.
    pub(super) fn folder(&self) -> &Utf8Path {
        self.lock.parent().unwrap_or(Utf8Path::new("."))
    }

    /// Waits its turn to change the claims or the file.
    pub(super) fn lock(&self, purpose: &str) -> Result<Locked<'_>> {
        self.lock_within(purpose, OF_A_FILE)
    }

    /// Waits its turn for so long.
    pub(super) fn lock_within(&self, purpose: &str, patience: Duration) -> Result<Locked<'_>> {
        make(self.folder())?;
        let lock = Lock::take(&self.lock, purpose, patience)?;
        Ok(Locked {
            dir: self,
            claims: self.claims()?,
            lock,
        })
    }

    /// Returns the tasks that agents closed who may still be at work: a run that archived all it did is done.
    pub(super) fn closed_by(&self, alive: impl Fn(&Owner) -> bool) -> BTreeSet<String> {
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

    /// Returns who holds what, as of now. Takes no lock and creates nothing.
    pub(super) fn claims(&self) -> Result<Claims> {
        let text = match fs::read(&self.claims) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Claims::default()),
            Err(error) => return Err(error.into()),
        };
        let read = serde_json::from_slice(&text);
        if read.is_err() && !self.alone {
            // The tracker knows who holds what; what only we knew of failures is lost, and grows again.
            tracing::warn!(claims = %self.claims, "damaged, and not believed");
            return Ok(Claims::default());
        }
        let claims: Claims = read.map_err(|error| {
            QueueError::protocol(
                format!(
                    "{} is damaged ({error}), so who holds which task is not known",
                    self.claims
                ),
                "when no session runs and nobody works on a task, remove that file and try again",
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

/// Makes the folder of what we keep about queues, and keeps it out of commits before anything is in it.
pub(super) fn make(folder: &Utf8Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let ignore = folder
        .parent()
        .unwrap_or(Utf8Path::new("."))
        .join(".gitignore");
    if ignore.exists() {
        Ok(())
    } else {
        atomic::replace(&ignore, b"*\n")
    }
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

/// What `<file>.json` holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Claims {
    version: u32,
    /// By task id.
    claims: BTreeMap<String, Held>,
    /// How often an agent gave up each task.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    failures: BTreeMap<String, u32>,
    /// Why nobody shall take these tasks before a person has looked.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    parked: BTreeMap<String, String>,
    /// Titles of tasks that vanished from the file while an agent held them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    missing: BTreeMap<String, String>,
}

/// One claim.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Held {
    pub(super) owner: String,
    /// As it was when claimed: says what was meant if somebody rewrites the task meanwhile.
    pub(super) title: String,
    since: Timestamp,
    /// Where it was then, to find it again; a tracker's ids stay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) position: Option<LinePosition>,
}

/// Where a task is among the others of its file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LinePosition {
    pub(super) nth: usize,
    /// The title of the task above it.
    pub(super) after: Option<String>,
    /// The title of the task below it.
    pub(super) before: Option<String>,
}

impl Default for Claims {
    fn default() -> Self {
        let (claims, failures) = (BTreeMap::new(), BTreeMap::new());
        Self {
            version: Self::VERSION,
            claims,
            failures,
            parked: BTreeMap::new(),
            missing: BTreeMap::new(),
        }
    }
}

impl Claims {
    const VERSION: u32 = 1;

    pub(super) fn of(&self, id: &str) -> Option<&Held> {
        self.claims.get(id)
    }

    pub(super) fn owner(&self, id: &str) -> Option<Owner> {
        self.of(id).map(|held| Owner::read(&held.owner))
    }

    /// Returns every claim.
    pub(super) fn all(&self) -> impl Iterator<Item = (&String, &Held)> {
        self.claims.iter()
    }

    /// Returns id and title of each task that vanished while an agent held it.
    pub(super) fn missing(&self) -> &BTreeMap<String, String> {
        &self.missing
    }

    /// Returns the tasks an owner holds.
    pub(super) fn held_by(&self, owner: &Owner) -> Vec<String> {
        self.claims
            .iter()
            .filter(|(_, held)| Owner::read(&held.owner) == *owner)
            .map(|(id, _)| id.clone())
            .collect()
    }

    /// Says why a task is parked, if it is.
    pub(super) fn parked(&self, id: &str) -> Option<&String> {
        self.parked.get(id)
    }
}

/// The claims, ours to change until dropped.
#[derive(Debug)]
pub(super) struct Locked<'a> {
    dir: &'a ClaimsDir,
    pub(super) claims: Claims,
    lock: Lock,
}

impl Locked<'_> {
    /// Returns where calls made under the lock are written down.
    pub(super) fn call_log(&self) -> Option<File> {
        self.lock.call_log().ok()
    }

    /// Records a claim; on disk, and read back, before this returns.
    pub(super) fn hold(&mut self, id: &str, title: &str, owner: &Owner) -> Result<()> {
        self.hold_at(id, title, None, owner)
    }

    /// The same for a task that can be found again by where it was.
    pub(super) fn hold_at(
        &mut self,
        id: &str,
        title: &str,
        position: Option<LinePosition>,
        owner: &Owner,
    ) -> Result<()> {
        let held = Held {
            owner: owner.to_string(),
            title: title.to_owned(),
            since: clock::now(),
            position,
        };
        self.claims.claims.insert(id.to_owned(), held);
        if self.claims.parked.remove(id).is_some() {
            // A person has opened it in the tracker itself.
            self.claims.failures.remove(id);
        }
        self.save()?;
        let kept = self.dir.claims()?;
        if kept.owner(id).as_ref() != Some(owner) {
            return Err(QueueError::busy(
                format!(
                    "{} was changed by another program while `{id}` was claimed",
                    self.dir.claims
                ),
                "find out what else writes that file, then claim again",
            ));
        }
        self.note("claimed", id, Some(owner), "")
    }

    /// Ends the claim on a task.
    pub(super) fn free(&mut self, id: &str, by: &Owner, why: &str) -> Result<()> {
        self.claims.claims.remove(id);
        self.save()?;
        self.note("released", id, Some(by), why)
    }

    /// Counts a failed attempt at a task and returns how many that makes. Written with the next change.
    pub(super) fn failed(&mut self, id: &str) -> u32 {
        let failures = self.claims.failures.entry(id.to_owned()).or_default();
        *failures = failures.saturating_add(1);
        *failures
    }

    /// Ends the claim on a task and lets nobody take it before a person has looked.
    pub(super) fn park(&mut self, id: &str, by: &Owner, why: &str) -> Result<()> {
        self.claims.claims.remove(id);
        self.claims.parked.insert(id.to_owned(), why.to_owned());
        self.save()?;
        self.note("parked", id, Some(by), why)
    }

    /// Lets a parked task be taken again.
    pub(super) fn unpark(&mut self, id: &str, by: &Owner, why: &str) -> Result<()> {
        self.claims.parked.remove(id);
        self.claims.failures.remove(id);
        self.save()?;
        self.note("opened again", id, Some(by), why)
    }

    /// Ends the claim on a task that is not in the file any more, and remembers that nobody closed it.
    pub(super) fn lose(&mut self, id: &str, by: &Owner) -> Result<()> {
        if let Some(held) = self.claims.claims.remove(id) {
            self.claims.missing.insert(id.to_owned(), held.title);
        }
        self.save()?;
        self.note("released", id, Some(by), "it is not in the file any more")
    }

    /// Tells everything known of a task of its new id.
    pub(super) fn rename(&mut self, old: &str, new: &str) {
        let Claims {
            claims, failures, ..
        } = &mut self.claims;
        claims
            .remove(old)
            .and_then(|held| claims.insert(new.to_owned(), held));
        failures
            .remove(old)
            .and_then(|failed| failures.insert(new.to_owned(), failed));
    }

    /// Forgets what is known of a task that is done.
    pub(super) fn done(&mut self, id: &str) -> Result<()> {
        let Claims {
            claims,
            failures,
            parked,
            missing,
            ..
        } = &mut self.claims;
        let known = [
            claims.remove(id).is_some(),
            failures.remove(id).is_some(),
            parked.remove(id).is_some(),
            missing.remove(id).is_some(),
        ];
        if known.contains(&true) {
            self.save()
        } else {
            Ok(())
        }
    }

    /// Drops what means nothing any more, with the next change that is written anyway.
    pub(super) fn forget(&mut self, useless: impl Fn(&str) -> bool) {
        self.claims.claims.retain(|id, _| !useless(id));
        self.claims.failures.retain(|id, _| !useless(id));
        self.claims.parked.retain(|id, _| !useless(id));
        self.claims.missing.retain(|id, _| !useless(id));
    }

    fn save(&self) -> Result<()> {
        let mut text =
            serde_json::to_string_pretty(&self.claims).expect("claims are plain strings");
        text.push('\n');
        let replace = if self.dir.alone {
            atomic::replace_durably
        } else {
            atomic::replace
        };
        Ok(replace(&self.dir.claims, text.as_bytes())?)
    }

    /// Adds a line to the log, which is for people: nothing is decided by it.
    pub(super) fn note(&self, what: &str, id: &str, by: Option<&Owner>, why: &str) -> Result<()> {
        let line = serde_json::json!({ "at": clock::now(), "what": what, "id": id, "by": by.map(ToString::to_string), "why": why });
        let mut log = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.dir.log)?;
        log.write_all(format!("{line}\n").as_bytes())?;
        crash::point("claims: noted in the log");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::queue::QueueErrorKind;
    use crate::queue::testing::folder;

    #[test]
    fn damaged_or_newer_claims_are_an_error_never_nobody() {
        let (_keep, folder) = folder();
        let file = folder.join("backlog.md");
        atomic::replace(&file, b"- [ ] a\n").unwrap();
        let dir = ClaimsDir::of(&file).unwrap();
        drop(dir.lock("test").unwrap());
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
