//! Canonical paths.
use super::field::{self, ONE, STAR};
use camino::{Utf8Path, Utf8PathBuf};

/// A path without `.`, `..` and links.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Location {
    pub path: Utf8PathBuf,
    /// Whether a part of it is not known, so that it may be anywhere below its known beginning or elsewhere.
    pub is_uncertain: bool,
}

impl Location {
    /// Resolves a word against a working directory. `resolve` follows links.
    pub(super) fn new(
        word: &str,
        cwd: &Utf8Path,
        resolve: &dyn Fn(&Utf8Path) -> Utf8PathBuf,
    ) -> Self {
        let joined = cwd.join(word);
        let mut path = Utf8PathBuf::from("/");
        let mut is_uncertain = false;
        for component in joined.as_str().split('/') {
            match component {
                "" | "." => {}
                ".." => {
                    // Links are followed before the folder above is entered.
                    path = if field::has_marks(path.as_str()) {
                        path
                    } else {
                        resolve(&path)
                    };
                    path.pop();
                }
                name => {
                    is_uncertain |= field::has_unknown(name);
                    path.push(name);
                }
            }
        }
        Self {
            path: resolve_known(&path, resolve),
            is_uncertain,
        }
    }

    /// Whether it is this folder or in it.
    pub(super) fn is_within(&self, folder: &Utf8Path) -> bool {
        !self.is_uncertain && self.path.starts_with(folder)
    }

    /// Whether it may be this file or folder, or one in it.
    pub(super) fn may_be_within(&self, folder: &Utf8Path) -> bool {
        self.path.starts_with(folder) || {
            let (mut own, mut wanted) = (self.path.components(), folder.components());
            // What is wholly unknown may be anything: a name has to be there at the end.
            let last = wanted.next_back();
            wanted.all(|wanted| {
                own.next()
                    .is_some_and(|own| fits(own.as_str(), wanted.as_str()))
            }) && own.next().zip(last).is_some_and(|(own, wanted)| {
                !field::is_wholly_unknown(own.as_str()) && fits(own.as_str(), wanted.as_str())
            })
        }
    }

    /// Whether it may be a folder that holds this.
    pub(super) fn may_hold(&self, path: &Utf8Path) -> bool {
        let mut wanted = path.components();
        self.path.components().all(|own| {
            wanted
                .next()
                .is_some_and(|wanted| fits(own.as_str(), wanted.as_str()))
        })
    }

    /// Whether it is everything in this folder.
    pub(super) fn is_all_of(&self, folder: &Utf8Path) -> bool {
        let is_pattern = |name: &str| name.chars().all(|c| c == STAR);
        self.path.parent() == Some(folder) && self.path.file_name().is_some_and(is_pattern)
    }
}

/// Whether a name or a pattern may be this name. A pattern finds names that begin with a dot only if it does too.
fn fits(own: &str, wanted: &str) -> bool {
    let is_hidden = wanted.starts_with('.') && own.starts_with([STAR, ONE]);
    !is_hidden && field::may_be(own, wanted)
}

/// Follows the links of the part that is known.
fn resolve_known(path: &Utf8Path, resolve: &dyn Fn(&Utf8Path) -> Utf8PathBuf) -> Utf8PathBuf {
    if !field::has_marks(path.as_str()) {
        return resolve(path);
    }
    let known: Utf8PathBuf = path
        .components()
        .take_while(|part| !field::has_marks(part.as_str()))
        .collect();
    let rest: Utf8PathBuf = path.components().skip(known.components().count()).collect();
    resolve(&known).join(rest)
}
