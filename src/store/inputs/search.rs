//! Finds the files that one input means: a file, the texts in a folder, or what a pattern matches.
use super::walk::{Scope, Walk};
use crate::error::{Error, ErrorKind, Result};
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use glob::{MatchOptions, Pattern};

/// The extensions of the files that a folder stands for.
pub(super) const TEXTS: [&str; 5] = ["md", "yaml", "yml", "json", "txt"];
/// The characters that make a path a pattern.
const WILDCARDS: [char; 3] = ['*', '?', '['];
/// As in a shell: `*` stays in its folder, and hidden files must be named.
const AS_IN_A_SHELL: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    require_literal_leading_dot: true,
};

/// A search for the files of several inputs, with a limit for all of them.
#[derive(Default)]
pub(super) struct Search {
    /// Directory entries looked at so far.
    looked_at: usize,
}

impl Search {
    /// Returns the files an input means; none if it means nothing.
    pub(super) fn files(&mut self, base: &Utf8Path, entry: &Utf8Path) -> Result<Vec<Utf8PathBuf>> {
        // A path in the project is relative to it: only the part the user wrote can be a pattern.
        let entry = entry.strip_prefix(base).unwrap_or(entry);
        let path = base.join(entry);
        match fs::metadata(&path) {
            Ok(about) if about.is_dir() => self.texts(&path.canonicalize_utf8()?, entry),
            Ok(about) if about.is_file() => Ok(vec![path.canonicalize_utf8()?]),
            Ok(_) => Err(Error::new(
                ErrorKind::BadInput,
                format!("the input `{entry}` is neither a file nor a folder"),
            )
            .hint("agents read it long after it was named: give the name of a file")),
            Err(_) if entry.as_str().contains(WILDCARDS) => self.matching(base, entry),
            Err(_) => Ok(Vec::new()),
        }
    }

    fn texts(&mut self, folder: &Utf8Path, entry: &Utf8Path) -> Result<Vec<Utf8PathBuf>> {
        let scope = Scope {
            entry,
            hidden: false,
            wanted: &is_text,
        };
        Walk::new(scope, &mut self.looked_at).files(folder, usize::MAX)
    }

    fn matching(&mut self, base: &Utf8Path, entry: &Utf8Path) -> Result<Vec<Utf8PathBuf>> {
        let parts: Vec<&str> = entry.components().map(|part| part.as_str()).collect();
        let is_plain = |part: &&&str| !part.contains(WILDCARDS);
        let plain = parts.iter().take_while(is_plain).count();
        let (folder, rest) = parts.split_at(plain);
        let (folder, depth) = (
            base.join(folder.iter().collect::<Utf8PathBuf>()),
            rest.len(),
        );
        let rest = rest.join("/");
        let Ok(root) = folder.canonicalize_utf8() else {
            return Ok(Vec::new());
        };
        let pattern = Pattern::new(&rest).map_err(|error| {
            Error::new(
                ErrorKind::BadInput,
                format!("the input `{entry}` is no pattern: {error}"),
            )
        })?;
        let wanted = |path: &str| matches(&pattern, &root, path);
        let scope = Scope {
            entry,
            hidden: rest.starts_with('.') || rest.contains("/."),
            wanted: &wanted,
        };
        let depth = if rest.contains("**") {
            usize::MAX
        } else {
            depth
        };
        Walk::new(scope, &mut self.looked_at).files(&root, depth)
    }
}

fn is_text(path: &str) -> bool {
    let extension = Utf8Path::new(path).extension();
    extension.is_some_and(|found| TEXTS.iter().any(|text| text.eq_ignore_ascii_case(found)))
}

/// Whether a pattern matches a file's path within a folder.
fn matches(pattern: &Pattern, root: &Utf8Path, path: &str) -> bool {
    let inside = path.strip_prefix(root.as_str());
    inside.is_some_and(|inside| pattern.matches_with(inside.trim_start_matches('/'), AS_IN_A_SHELL))
}
