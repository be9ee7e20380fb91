//! Walks through a folder for the files that are wanted.
use super::limits::{MOST, MOST_LOOKED_AT, too_many, too_much_to_search};
use crate::error::{Error, ErrorKind, Result};
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;

/// What a walk looks for.
pub(super) struct Scope<'a> {
    /// The input as the user gave it.
    pub(super) entry: &'a Utf8Path,
    /// Whether hidden files and folders count.
    pub(super) hidden: bool,
    /// Whether a file is wanted, by its path.
    pub(super) wanted: &'a dyn Fn(&str) -> bool,
}

/// A walk through a folder.
pub(super) struct Walk<'a> {
    scope: Scope<'a>,
    looked_at: &'a mut usize,
    /// The real paths of the folders entered, so that a link back to one ends there.
    entered: BTreeSet<PathBuf>,
    found: Vec<Utf8PathBuf>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(scope: Scope<'a>, looked_at: &'a mut usize) -> Self {
        Self {
            scope,
            looked_at,
            entered: BTreeSet::new(),
            found: Vec::new(),
        }
    }

    /// Returns the wanted files in a folder, sorted.
    pub(super) fn files(mut self, folder: &Utf8Path, depth: usize) -> Result<Vec<Utf8PathBuf>> {
        self.enter(folder, depth)?;
        self.found.sort();
        Ok(self.found)
    }

    fn enter(&mut self, folder: &Utf8Path, depth: usize) -> Result<()> {
        if depth == 0 || !self.entered.insert(fs::canonicalize(folder)?) {
            return Ok(());
        }
        for name in self.names(folder)? {
            let path = folder.join(&*name.to_string_lossy());
            // A broken link is not a file.
            let Ok(about) = fs::metadata(folder.as_std_path().join(&name)) else {
                continue;
            };
            let is_utf8 = name.to_str().is_some();
            if about.is_dir() && is_utf8 {
                self.enter(&path, depth - 1)?;
            } else if about.is_file() && (self.scope.wanted)(path.as_str()) {
                self.add(path, is_utf8)?;
            }
        }
        Ok(())
    }

    /// Lists a folder, sorted, without what is hidden.
    fn names(&mut self, folder: &Utf8Path) -> Result<Vec<OsString>> {
        let entries = fs::read_dir(folder)?;
        let names = entries.map(|entry| entry.map(|entry| entry.file_name()));
        let mut names = names.collect::<io::Result<Vec<_>>>()?;
        *self.looked_at += names.len();
        if MOST_LOOKED_AT < *self.looked_at {
            return Err(too_much_to_search(self.scope.entry));
        }
        names.retain(|name| self.scope.hidden || !name.to_string_lossy().starts_with('.'));
        names.sort();
        Ok(names)
    }

    fn add(&mut self, path: Utf8PathBuf, is_utf8: bool) -> Result<()> {
        if !is_utf8 {
            return Err(Error::new(
                ErrorKind::BadInput,
                format!("the name of the input `{path}` is not UTF-8"),
            )
            .hint("rename it"));
        }
        self.found.push(path);
        if MOST < self.found.len() {
            return Err(too_many(self.scope.entry));
        }
        Ok(())
    }
}
