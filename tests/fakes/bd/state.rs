//! The database: one file of JSON, replaced as a whole, and a lock that writers hold.
//!
//! The file is `.beads/fake-bd.json`: `{"prefix", "next", "config": {}, "issues": []}`. A test may write it itself to have
//! many issues at once; of an issue only `id` and `title` must be there. Dependencies are `{"depends_on_id", "type"}`.
use agent_pipelines::{clock, store::atomic};
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::io;

#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct State {
    #[serde(default)]
    pub(crate) prefix: String,
    /// How many ids were given out.
    #[serde(default)]
    next: u64,
    #[serde(default)]
    pub(crate) config: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) issues: Vec<Issue>,
}

/// An issue with bd's names, in the order in which bd writes them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Issue {
    pub(crate) id: String,
    pub(crate) title: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) description: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) design: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) acceptance_criteria: String,
    #[serde(default = "open")]
    pub(crate) status: String,
    #[serde(default = "normal")]
    pub(crate) priority: u8,
    #[serde(default = "task")]
    pub(crate) issue_type: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) assignee: String,
    #[serde(default)]
    pub(crate) created_at: Timestamp,
    #[serde(default)]
    pub(crate) updated_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) closed_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) close_reason: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) defer_until: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) lease_expires_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) heartbeat_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) labels: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) dependencies: Vec<Dependency>,
}

/// What an issue depends on: `blocks` has to be closed first, `parent-child` is the epic it belongs to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Dependency {
    #[serde(default)]
    pub(crate) issue_id: String,
    pub(crate) depends_on_id: String,
    #[serde(rename = "type", default = "blocks")]
    pub(crate) kind: String,
}

fn open() -> String {
    "open".into()
}

fn normal() -> u8 {
    2
}

fn task() -> String {
    "task".into()
}

fn blocks() -> String {
    "blocks".into()
}

impl Issue {
    pub(crate) fn new(id: String, title: String) -> Self {
        let now = clock::now();
        Self {
            id,
            title,
            description: String::new(),
            design: String::new(),
            acceptance_criteria: String::new(),
            status: open(),
            priority: normal(),
            issue_type: task(),
            assignee: String::new(),
            created_at: now,
            updated_at: now,
            closed_at: None,
            close_reason: String::new(),
            defer_until: None,
            lease_expires_at: None,
            heartbeat_at: None,
            labels: Vec::new(),
            dependencies: Vec::new(),
        }
    }

    pub(crate) fn is_closed(&self) -> bool {
        matches!(self.status.as_str(), "closed" | "tombstone")
    }

    /// The ids it depends on in this way.
    pub(crate) fn needs<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a str> {
        self.dependencies
            .iter()
            .filter(move |dependency| dependency.kind == kind)
            .map(|dependency| dependency.depends_on_id.as_str())
    }

    pub(crate) fn is_child_of(&self, parent: &str) -> bool {
        self.needs("parent-child").any(|id| id == parent)
    }

    pub(crate) fn depend_on(&mut self, id: &str, kind: &str) {
        self.dependencies.push(Dependency {
            issue_id: self.id.clone(),
            depends_on_id: id.into(),
            kind: kind.into(),
        });
    }

    /// Adds labels; bd keeps them sorted.
    pub(crate) fn label<'a>(&mut self, labels: impl IntoIterator<Item = &'a str>) {
        self.labels.extend(labels.into_iter().map(str::to_owned));
        self.labels.sort();
        self.labels.dedup();
    }

    pub(crate) fn drop_lease(&mut self) {
        (self.lease_expires_at, self.heartbeat_at) = (None, None);
    }
}

impl State {
    pub(crate) fn find(&self, id: &str) -> Option<&Issue> {
        self.issues.iter().find(|issue| issue.id == id)
    }

    pub(crate) fn find_mut(&mut self, id: &str) -> Option<&mut Issue> {
        self.issues.iter_mut().find(|issue| issue.id == id)
    }

    /// The issues by id, for callers that look up many.
    pub(crate) fn by_id(&self) -> HashMap<&str, &Issue> {
        self.issues
            .iter()
            .map(|issue| (issue.id.as_str(), issue))
            .collect()
    }

    /// Returns an id like `demo-0hs`, or `demo-0hs.1` for a child.
    pub(crate) fn new_id(&mut self, parent: Option<&str>) -> String {
        if let Some(parent) = parent {
            let children = self
                .issues
                .iter()
                .filter(|issue| issue.is_child_of(parent))
                .count();
            return format!("{parent}.{}", children + 1);
        }
        loop {
            let id = format!("{}-{}", self.prefix, short_id(self.next));
            self.next += 1;
            if self.find(&id).is_none() {
                return id;
            }
        }
    }
}

/// Three letters and digits that look like chance and repeat after 46656 ids.
fn short_id(number: u64) -> String {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    const ALL: u64 = 36 * 36 * 36;
    let mixed = (number % ALL * 25169 + 7919) % ALL;
    let round = (ALL <= number).then(|| (number / ALL).to_string());
    let digits = [mixed / 1296, mixed / 36 % 36, mixed % 36]
        .map(|digit| char::from(DIGITS[usize::try_from(digit).unwrap_or(0)]));
    digits.into_iter().collect::<String>() + &round.unwrap_or_default()
}

/// Where the database is.
#[derive(Clone, Debug)]
pub(crate) struct Database {
    folder: Utf8PathBuf,
}

impl Database {
    /// The database in a `.beads` folder, whether it is there or not.
    pub(crate) fn at(folder: impl Into<Utf8PathBuf>) -> Self {
        Self {
            folder: folder.into(),
        }
    }

    /// The one `BEADS_DIR` names, else the nearest above, else that of the repository this is a worktree of.
    pub(crate) fn locate(cwd: &Utf8Path, named: Option<String>) -> Option<Self> {
        let there = |database: &Self| database.file().exists();
        if let Some(folder) = named {
            return Some(Self::at(cwd.join(folder))).filter(there);
        }
        let above = cwd
            .ancestors()
            .map(|folder| Self::at(folder.join(".beads")))
            .find(there);
        above.or_else(|| {
            cwd.ancestors()
                .find_map(main_repository)
                .map(|root| Self::at(root.join(".beads")))
                .filter(there)
        })
    }

    pub(crate) fn folder(&self) -> &Utf8Path {
        &self.folder
    }

    pub(crate) fn file(&self) -> Utf8PathBuf {
        self.folder.join("fake-bd.json")
    }

    pub(crate) fn load(&self) -> io::Result<State> {
        Ok(serde_json::from_slice(&fs::read(self.file())?)?)
    }

    /// Makes the file, with nothing in it.
    pub(crate) fn create(&self, prefix: &str) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        save(
            &self.file(),
            &State {
                prefix: prefix.into(),
                ..State::default()
            },
        )
    }

    /// Changes the state under the lock, and writes it unless the change says no.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut State) -> (bool, T)) -> io::Result<T> {
        let _lock = hold(&self.folder.join("fake-bd.lock"))?;
        let mut state = self.load()?;
        let (write, answer) = change(&mut state);
        if write {
            save(&self.file(), &state)?;
        }
        Ok(answer)
    }
}

fn save(file: &Utf8Path, state: &State) -> io::Result<()> {
    atomic::replace(file, &serde_json::to_vec(state)?)
}

/// Takes a lock, which the kernel lets go when what is returned is dropped or the process ends.
pub(crate) fn hold(path: &Utf8Path) -> io::Result<std::fs::File> {
    let file = fs::OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)?
        .into_file();
    file.lock()?;
    Ok(file)
}

/// The repository a worktree belongs to: its `.git` is a file that names a folder inside the repository's own.
fn main_repository(folder: &Utf8Path) -> Option<Utf8PathBuf> {
    let text = fs::read_to_string(folder.join(".git")).ok()?;
    let inside = folder.join(text.trim().strip_prefix("gitdir: ")?);
    let git = inside
        .ancestors()
        .find(|path| path.file_name() == Some(".git"))?;
    git.parent().map(Utf8Path::to_owned)
}
