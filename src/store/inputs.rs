//! Files given as input, by path, by pattern or as a folder: which files that means, once and for all.
use crate::error::{Error, Result};
use crate::text::count;
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use glob::{MatchOptions, Pattern};
use std::collections::BTreeSet;

/// The most files: every agent's prompt lists each of them.
const MOST: usize = 1000;
/// What is looked at on the way to them: a folder of the size of a disk is a slip of the finger.
const MOST_LOOKED_AT: usize = 100_000;
/// What is taken of a folder.
const TEXTS: [&str; 5] = ["md", "yaml", "yml", "json", "txt"];
/// As in a shell: `*` stays in its folder, and hidden files must be named.
const AS_IN_A_SHELL: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    require_literal_leading_dot: true,
};

/// Returns the files that are meant: absolute, in the order they are written, those of a folder or pattern sorted, each once.
///
/// What means no file at all is an error, and so are too many.
pub fn expand(base: &Utf8Path, written: &[Utf8PathBuf]) -> Result<Vec<Utf8PathBuf>> {
    let (mut inputs, mut seen, mut missing) = (Vec::new(), BTreeSet::new(), Vec::new());
    let mut search = Search::default();
    for entry in written {
        if entry.as_str().is_empty() {
            return Err(Error::usage("an input has no name")
                .hint("was a variable of your shell empty? `.` means the whole folder"));
        }
        let found = search.meant(base, entry)?;
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
    Err(Error::usage(format!("there is no input {}", missing.join(", "))).hint(format!(
        "check `--input` and the pipeline's `inputs`: files, patterns such as `docs/*.md`, or folders, of which {} are taken",
        TEXTS.map(|ending| format!("*.{ending}")).join(" ")
    )))
}

fn too_many(entry: &Utf8Path) -> Error {
    Error::usage(format!(
        "`{entry}` makes more than {}",
        count(MOST, "input")
    ))
    .hint(
        "name the files that matter, or a smaller folder: every agent's prompt lists each of them",
    )
}

/// What has been looked at so far.
#[derive(Default)]
struct Search {
    looked_at: usize,
}

/// One folder being searched.
struct Walk<'a> {
    /// Folders as they are, so that a link back to one ends there.
    entered: BTreeSet<std::path::PathBuf>,
    hidden: bool,
    wanted: &'a dyn Fn(&str) -> bool,
    found: Vec<Utf8PathBuf>,
}

impl Search {
    fn meant(&mut self, base: &Utf8Path, entry: &Utf8Path) -> Result<Vec<Utf8PathBuf>> {
        // A path in the project is written relative to it, and only the written part can be a pattern.
        let entry = entry.strip_prefix(base).unwrap_or(entry);
        match fs::metadata(base.join(entry)) {
            Ok(about) if about.is_dir() => {
                self.texts(&base.join(entry).canonicalize_utf8()?, entry)
            }
            Ok(about) if about.is_file() => Ok(vec![base.join(entry).canonicalize_utf8()?]),
            Ok(_) => Err(Error::usage(format!(
                "the input `{entry}` is neither a file nor a folder"
            ))
            .hint("agents read it long after it was named: give the name of a file")),
            Err(_) if entry.as_str().contains(['*', '?', '[']) => self.matching(base, entry),
            Err(_) => Ok(Vec::new()),
        }
    }

    fn texts(&mut self, folder: &Utf8Path, entry: &Utf8Path) -> Result<Vec<Utf8PathBuf>> {
        let wanted = |path: &str| {
            let ending = Utf8Path::new(path).extension();
            ending.is_some_and(|ending| TEXTS.iter().any(|text| text.eq_ignore_ascii_case(ending)))
        };
        self.search(folder, usize::MAX, entry, false, &wanted)
    }

    fn matching(&mut self, base: &Utf8Path, entry: &Utf8Path) -> Result<Vec<Utf8PathBuf>> {
        let parts: Vec<&str> = entry.components().map(|part| part.as_str()).collect();
        let plain = parts
            .iter()
            .take_while(|part| !part.contains(['*', '?', '[']))
            .count();
        let (root, rest) = (
            base.join(parts[..plain].iter().collect::<Utf8PathBuf>()),
            parts[plain..].join("/"),
        );
        let Ok(root) = root.canonicalize_utf8() else {
            return Ok(Vec::new());
        };
        let pattern = Pattern::new(&rest)
            .map_err(|error| Error::usage(format!("the input `{entry}` is no pattern: {error}")))?;
        let depth = if rest.contains("**") {
            usize::MAX
        } else {
            parts.len() - plain
        };
        let within = |path: &str| {
            path.strip_prefix(root.as_str())
                .map(|path| path.trim_start_matches('/').to_owned())
        };
        let wanted = |path: &str| {
            within(path).is_some_and(|path| pattern.matches_with(&path, AS_IN_A_SHELL))
        };
        let hidden = rest.starts_with('.') || rest.contains("/.");
        self.search(&root, depth, entry, hidden, &wanted)
    }

    fn search(
        &mut self,
        folder: &Utf8Path,
        depth: usize,
        entry: &Utf8Path,
        hidden: bool,
        wanted: &dyn Fn(&str) -> bool,
    ) -> Result<Vec<Utf8PathBuf>> {
        let mut walk = Walk {
            entered: BTreeSet::new(),
            hidden,
            wanted,
            found: Vec::new(),
        };
        self.walk(folder, depth, entry, &mut walk)?;
        walk.found.sort();
        Ok(walk.found)
    }

    fn walk(
        &mut self,
        folder: &Utf8Path,
        depth: usize,
        entry: &Utf8Path,
        walk: &mut Walk<'_>,
    ) -> Result<()> {
        if depth == 0 || !walk.entered.insert(fs::canonicalize(folder)?) {
            return Ok(());
        }
        let mut names = fs::read_dir(folder)?
            .map(|entry| entry.map(|entry| entry.file_name()))
            .collect::<std::io::Result<Vec<_>>>()?;
        self.looked_at += names.len();
        if MOST_LOOKED_AT < self.looked_at {
            return Err(Error::usage(format!(
                "the input `{entry}` has more than {MOST_LOOKED_AT} files to look through"
            ))
            .hint("name the files that matter, or a smaller folder"));
        }
        names.sort();
        for name in names {
            let shown = name.to_string_lossy();
            if shown.starts_with('.') && !walk.hidden {
                continue;
            }
            let path = folder.join(&*shown);
            // A link that leads nowhere means no file.
            let Ok(about) = fs::metadata(folder.as_std_path().join(&name)) else {
                continue;
            };
            if about.is_dir() && name.to_str().is_some() {
                self.walk(&path, depth - 1, entry, walk)?;
            } else if about.is_file() && (walk.wanted)(path.as_str()) {
                if name.to_str().is_none() {
                    return Err(Error::usage(format!(
                        "the name of the input `{path}` is not UTF-8"
                    ))
                    .hint("rename it"));
                }
                walk.found.push(path);
            }
            if MOST < walk.found.len() {
                return Err(too_many(entry));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::atomic;
    use std::os::unix::fs::symlink;

    struct Folder {
        _kept: tempfile::TempDir,
        root: Utf8PathBuf,
    }

    fn folder(files: &[&str]) -> Folder {
        let kept = tempfile::tempdir().unwrap();
        let root = Utf8PathBuf::from_path_buf(kept.path().canonicalize().unwrap())
            .unwrap()
            .join("a [b] *");
        fs::create_dir(&root).unwrap();
        let folder = Folder { _kept: kept, root };
        for file in files {
            let path = folder.root.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            atomic::replace(&path, b"").unwrap();
        }
        folder
    }

    impl Folder {
        fn means(&self, written: &[&str]) -> Result<String, String> {
            let written: Vec<Utf8PathBuf> = written.iter().map(Into::into).collect();
            let within = |path: &Utf8PathBuf| path.strip_prefix(&self.root).unwrap().to_string();
            let found = expand(&self.root, &written).map_err(|error| error.to_string())?;
            Ok(found.iter().map(within).collect::<Vec<_>>().join(" "))
        }
    }

    #[test]
    fn files_patterns_and_folders_are_files_in_order() {
        let folder = folder(&[
            "z.rs",
            "docs/b.md",
            "docs/a.TXT",
            "docs/x/c.yml",
            "docs/x/d.rs",
            "docs/.git/e.md",
            ".f/g.json",
            "n[1].md",
        ]);
        assert_eq!(
            folder.means(&["z.rs", "docs"]).as_deref(),
            Ok("z.rs docs/a.TXT docs/b.md docs/x/c.yml")
        );
        assert_eq!(
            folder
                .means(&["docs/b.md", "docs/*", "docs/b.md"])
                .as_deref(),
            Ok("docs/b.md docs/a.TXT")
        );
        assert_eq!(
            folder.means(&["docs/**/*.[rm]?", "n[1].md"]).as_deref(),
            Ok("docs/b.md docs/x/d.rs n[1].md")
        );
        assert_eq!(
            folder.means(&[".f", "docs/x/../.git/*"]).as_deref(),
            Ok(".f/g.json docs/.git/e.md")
        );
        assert_eq!(
            folder
                .means(&[folder.root.join("docs/?.md").as_str()])
                .as_deref(),
            Ok("docs/b.md")
        );
        assert_eq!(folder.means(&[]).as_deref(), Ok(""));
    }

    #[test]
    fn inputs_that_match_no_file_are_an_error() {
        let folder = folder(&["src/a.rs"]);
        assert_eq!(
            folder.means(&["nix.md", "src/a.rs", "src", "*.md"]),
            Err("there is no input `nix.md`, `src`, `*.md`".into())
        );
        assert!(
            folder
                .means(&["src/a["])
                .unwrap_err()
                .starts_with("the input `src/a[` is no pattern")
        );
        assert!(
            expand(&folder.root, &["/dev/null".into()])
                .unwrap_err()
                .to_string()
                .contains("neither a file nor a folder")
        );
    }

    #[test]
    fn links_that_lead_back_end() {
        let folder = folder(&["docs/a.md", "docs/x/b.md"]);
        for (to, from) in [
            ("..", "docs/x/up"),
            (".", "docs/here"),
            ("x", "docs/again"),
            ("nowhere", "docs/broken.md"),
        ] {
            symlink(to, folder.root.join(from)).unwrap();
        }
        let found = folder.means(&["docs"]).unwrap();
        assert_eq!(
            (found.split(' ').count(), folder.means(&["docs"])),
            (2, Ok(found))
        );
        assert_eq!(
            folder
                .means(&["docs/**/*.md"])
                .map(|found| found.split(' ').count()),
            Ok(2)
        );
    }

    #[test]
    fn too_many_are_refused() {
        let folder = folder(&[]);
        for n in 0..=MOST {
            fs::File::create(folder.root.join(format!("{n}.md"))).unwrap();
        }
        assert_eq!(
            folder.means(&["."]),
            Err("`.` makes more than 1000 inputs".into())
        );
    }
}
