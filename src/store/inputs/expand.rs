//! Expands what the user gave as inputs into files.
use super::limits::{MOST, too_many};
use super::search::{Search, TEXTS};
use crate::error::{Error, ErrorKind, Result};
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use std::collections::BTreeSet;

/// Returns the files the inputs mean, absolute and each once, in the order given; those of a folder or pattern are sorted.
///
/// An input that means no file is an error, and so are too many files.
pub fn expand(base: &Utf8Path, written: &[Utf8PathBuf]) -> Result<Vec<Utf8PathBuf>> {
    let (mut inputs, mut seen, mut missing) = (Vec::new(), BTreeSet::new(), Vec::new());
    let mut search = Search::default();
    for entry in written {
        if entry.as_str().is_empty() {
            return Err(Error::new(ErrorKind::BadInput, "an input has no name")
                .hint("was a variable of your shell empty? `.` means the whole folder"));
        }
        let found = search.files(base, entry)?;
        if found.is_empty() {
            missing.push(format!("`{}`", entry.strip_prefix(base).unwrap_or(entry)));
        }
        for path in found {
            if seen.insert(fs::canonicalize(&path)?) {
                inputs.push(path);
            }
        }
        if MOST < inputs.len() {
            return Err(too_many(entry));
        }
    }
    if missing.is_empty() {
        return Ok(inputs);
    }
    Err(no_input(&missing))
}

fn no_input(missing: &[String]) -> Error {
    let endings = TEXTS.map(|ending| format!("*.{ending}")).join(" ");
    Error::new(ErrorKind::BadInput, format!("there is no input {}", missing.join(", "))).hint(format!(
        "check `--input` and the pipeline's `inputs`: files, patterns such as `docs/*.md`, or folders, of which {endings} are taken"
    ))
}
