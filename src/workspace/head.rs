//! The commit that is checked out, and how a change of it is noticed without asking git.
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use std::os::unix::fs::MetadataExt as _;

/// Whenever another commit is checked out git writes at least one of these, in the folder of the worktree or in the one
/// all worktrees share, or the file of the branch: the files and the folder of references, their log, those that are
/// packed, and the list of tables of a reftable repository.
const WATCHED: [&str; 5] = [
    "HEAD",
    "logs/HEAD",
    "refs/heads",
    "packed-refs",
    "reftable/tables.list",
];

/// Which file it is, when it was written, and how long it is; nothing if it does not exist.
type Stamp = Option<(u64, i64, i64, u64)>;

/// What git answered, and the files by which a change of the answer is noticed.
#[derive(Debug, Default)]
pub(super) struct Head {
    pub(super) commit: Option<String>,
    watched: Vec<Utf8PathBuf>,
    /// The watched files as they were before git was asked.
    stamps: Vec<Stamp>,
}

impl Head {
    /// The question for git: both folders, the commit if there is one, and its branch.
    pub(super) const ARGS: [&str; 8] = [
        "rev-parse",
        "--path-format=absolute",
        "--git-dir",
        "--git-common-dir",
        "--revs-only",
        "HEAD",
        "--symbolic-full-name",
        "HEAD",
    ];

    /// Reads the answer.
    pub(super) fn parse(printed: &str) -> Self {
        let mut lines = printed.lines();
        let (Some(own), Some(shared)) = (lines.next(), lines.next()) else {
            return Self::default();
        };
        let (own, shared) = (Utf8Path::new(own), Utf8Path::new(shared));
        let commit = lines.next().map(str::to_owned);
        let branch = lines.next().map(|branch| shared.join(branch));
        let watched = [own, shared]
            .into_iter()
            .flat_map(|folder| WATCHED.map(|name| folder.join(name)))
            .chain(branch)
            .collect();
        Self {
            commit,
            watched,
            stamps: Vec::new(),
        }
    }

    /// The answer for a repository that git cannot read. It is asked again when the repository's folder changes.
    pub(super) fn unreadable(top: &Utf8Path) -> Self {
        Self {
            watched: vec![top.join(".git"), top.join(".git/HEAD")],
            ..Self::default()
        }
    }

    /// Returns the watched files as they are now.
    pub(super) fn stamps(&self) -> Vec<Stamp> {
        self.watched.iter().map(|path| stamp(path)).collect()
    }

    /// Whether the answer still holds, given the watched files as they are now.
    pub(super) fn is_current(&self, now: &[Stamp]) -> bool {
        !now.is_empty() && self.stamps == now
    }

    /// Takes the place of an earlier answer whose files were like this before git was asked. Where other files are
    /// watched now, one more question is needed: they may have changed while git answered the first.
    pub(super) fn after(mut self, earlier: &Self, stamps: Vec<Stamp>) -> Self {
        if self.watched == earlier.watched {
            self.stamps = stamps;
        }
        self
    }
}

fn stamp(path: &Utf8Path) -> Stamp {
    let meta = fs::metadata(path).ok()?;
    Some((meta.ino(), meta.mtime(), meta.mtime_nsec(), meta.len()))
}
