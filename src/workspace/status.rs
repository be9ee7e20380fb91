//! What `git status` prints, and a fingerprint of all that has changed.
use crate::fingerprint::{fingerprint, fingerprint_all};
use crate::model::WorkTree;
use camino::Utf8Path;
use fs_err as fs;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// How many changed files are read; of the others only the name counts.
const MAX_FILES: usize = 1000;
/// Up to this size a file's content counts, above it its size and time.
const SMALL_FILE: u64 = 64 * 1024;

/// Returns the arguments for git. The folders in which agents and queues keep their own things are left out.
pub(super) fn args() -> Vec<String> {
    let args = [
        "status",
        "--porcelain=v2",
        "--branch",
        "--untracked-files=all",
        "-z",
        "--",
        ":(top)",
    ];
    let excluded = WorkTree::EXCLUDED.map(|folder| format!(":(exclude){folder}"));
    args.map(str::to_owned)
        .into_iter()
        .chain(excluded)
        .collect()
}

/// Reads what `git status --porcelain=v2 --branch -z` printed of the repository at `top`.
pub(super) fn parse(printed: &[u8], top: &Utf8Path) -> WorkTree {
    let (headers, entries): (Vec<&[u8]>, Vec<&[u8]>) = printed
        .split(|byte| *byte == 0)
        .filter(|entry| !entry.is_empty())
        .partition(|entry| entry.starts_with(b"# "));
    let commit = headers
        .iter()
        .find_map(|line| line.strip_prefix(b"# branch.oid "))
        .filter(|commit| *commit != b"(initial)")
        .map(|commit| String::from_utf8_lossy(commit).into_owned());
    let changes = if entries.is_empty() {
        String::new()
    } else {
        let read = entries.iter().take(MAX_FILES);
        let contents = read.map(|entry| content(&top.as_std_path().join(path(entry))));
        let names = entries.iter().map(fingerprint);
        fingerprint_all(names.chain(contents))
    };
    // The old name of a renamed file is an entry of its own.
    let renamed = entries.iter().filter(|entry| entry.starts_with(b"2 "));
    let files = entries.len().saturating_sub(renamed.count());
    WorkTree {
        commit,
        changes: Some(changes),
        files: u32::try_from(files).ok(),
        nested: None,
    }
}

/// Returns the path in an entry, which is its last field. The old name of a renamed file is an entry of its own.
fn path(entry: &[u8]) -> &Path {
    let fields = match entry.first() {
        Some(b'1') => 9,
        Some(b'2') => 10,
        Some(b'u') => 11,
        Some(b'?') => 2,
        Some(_) | None => 1,
    };
    let path = entry.splitn(fields, |byte| *byte == b' ').last();
    Path::new(OsStr::from_bytes(path.unwrap_or(entry)))
}

/// Returns a fingerprint of a file's content, or its size and time if it is large; nothing if it does not exist.
fn content(path: &Path) -> String {
    let Ok(meta) = fs::symlink_metadata(path) else {
        return String::new();
    };
    let bytes = if meta.is_file() && meta.len() <= SMALL_FILE {
        fs::read(path).ok()
    } else {
        None
    };
    bytes.map_or_else(
        || format!("{} {:?}", meta.len(), meta.modified().ok()),
        fingerprint,
    )
}
