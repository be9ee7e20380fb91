//! How many files may be inputs.
use crate::error::{Error, ErrorKind};
use crate::text::count;
use camino::Utf8Path;

/// The most files: every agent's prompt lists each of them.
pub(super) const MOST: usize = 1000;
/// The most directory entries looked through to find them: a larger folder was not meant.
pub(super) const MOST_LOOKED_AT: usize = 100_000;

/// Refuses an input that expands to too many files.
pub(super) fn too_many(entry: &Utf8Path) -> Error {
    Error::new(
        ErrorKind::BadInput,
        format!("`{entry}` makes more than {}", count(MOST, "input")),
    )
    .hint(
        "name the files that matter, or a smaller folder: every agent's prompt lists each of them",
    )
}

/// Refuses an input with too many files to look through.
pub(super) fn too_much_to_search(entry: &Utf8Path) -> Error {
    Error::new(
        ErrorKind::BadInput,
        format!("the input `{entry}` has more than {MOST_LOOKED_AT} files to look through"),
    )
    .hint("name the files that matter, or a smaller folder")
}
