//! The repositories inside a project: the members of a folder that is none itself, submodules, and other nested ones.
use camino::{Utf8Path, Utf8PathBuf};
use std::os::unix::fs::MetadataExt as _;

/// More are not looked at.
const MAX_REPOSITORIES: usize = 16;
/// How deep they are searched for, and among how many folders.
const DEPTH: usize = 3;
const MAX_FOLDERS: usize = 1000;
/// Folders that hold what others made.
const SKIPPED: [&str; 4] = ["node_modules", "target", "vendor", "venv"];

/// Returns the repositories below a folder, sorted. What is below one of them is its own business.
pub(super) fn repositories(root: &Utf8Path) -> Vec<Utf8PathBuf> {
    let (mut found, mut seen) = (Vec::new(), 0);
    let mut folders = vec![(root.to_owned(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        let entries = folder.read_dir_utf8().into_iter().flatten().flatten();
        for entry in entries {
            let name = entry.file_name();
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            if !is_folder || name.starts_with('.') || SKIPPED.contains(&name) {
                continue;
            }
            seen += 1;
            if MAX_FOLDERS < seen {
                break;
            }
            if entry.path().join(".git").exists() {
                found.push(entry.path().to_owned());
            } else if depth + 1 < DEPTH {
                folders.push((entry.path().to_owned(), depth + 1));
            }
        }
    }
    found.sort();
    found.truncate(MAX_REPOSITORIES);
    found
}

/// Returns the folder in which git keeps what belongs to one working tree.
pub fn git_dir(repository: &Utf8Path) -> Utf8PathBuf {
    let git = repository.join(".git");
    let elsewhere = std::fs::read_to_string(&git).ok();
    let elsewhere = elsewhere
        .as_deref()
        .and_then(|text| text.strip_prefix("gitdir:"));
    elsewhere.map_or(git, |to| repository.join(to.trim()))
}

/// Returns the folder in which git keeps what all working trees of a repository share.
pub fn shared_dir(git_dir: &Utf8Path) -> Utf8PathBuf {
    std::fs::read_to_string(git_dir.join("commondir"))
        .map_or_else(|_| git_dir.to_owned(), |to| git_dir.join(to.trim()))
}

/// Returns what tells one commit that is checked out from another, without asking git.
pub(super) fn head(repository: &Utf8Path) -> String {
    let own = git_dir(repository);
    let shared = shared_dir(&own);
    let head = std::fs::read_to_string(own.join("HEAD")).unwrap_or_default();
    let branch = head
        .strip_prefix("ref:")
        .map(|name| shared.join(name.trim()));
    let commit = branch.and_then(|path| std::fs::read_to_string(path).ok());
    // Of a branch whose file is packed or in a table, the file of all of them.
    let packed = ["packed-refs", "reftable/tables.list"].map(|name| {
        let there = std::fs::metadata(shared.join(name)).ok()?;
        Some((there.ino(), there.mtime(), there.mtime_nsec()))
    });
    match commit {
        Some(commit) => format!("{head}{commit}"),
        None => format!("{head}{packed:?}"),
    }
}
