//! Tests which files paths, patterns and folders mean.
use super::expand;
use super::limits::MOST;
use crate::store::atomic;
use camino::Utf8PathBuf;
use fs_err as fs;
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
