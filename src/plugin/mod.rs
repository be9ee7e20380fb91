//! The Claude Code plugin that is built in: its files, and how a copy of them on disk compares.
mod copy;
mod file;

pub use copy::{Copy, Entry, FileStatus};
pub use file::File;

use camino::Utf8PathBuf;
use include_dir::{Dir, include_dir};

/// The name of the plugin, and of the marketplace that offers it.
pub const NAME: &str = "agent-pipelines";

static PARTS: [(&str, Dir<'_>); 5] = [
    (
        ".claude-plugin",
        include_dir!("$CARGO_MANIFEST_DIR/../../.claude-plugin"),
    ),
    ("agents", include_dir!("$CARGO_MANIFEST_DIR/../../agents")),
    (
        "commands",
        include_dir!("$CARGO_MANIFEST_DIR/../../commands"),
    ),
    ("hooks", include_dir!("$CARGO_MANIFEST_DIR/../../hooks")),
    ("skills", include_dir!("$CARGO_MANIFEST_DIR/../../skills")),
];

/// Returns every file of the plugin, by path. Its `bin/ap` calls `program`, for sessions of Claude Code that have no
/// `ap` on PATH.
pub fn files(program: &str) -> Vec<File> {
    let mut files = Vec::new();
    for (folder, dir) in &PARTS {
        gather(folder, dir, &mut files);
    }
    let text = format!(
        "#!/bin/sh\nexec {} \"$@\"\n",
        crate::text::shell_quote(program)
    );
    files.push(File {
        path: "bin/ap".into(),
        text,
        runs: true,
    });
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

fn gather(folder: &str, dir: &Dir<'_>, files: &mut Vec<File>) {
    for file in dir.files() {
        // Agents read text only; a test checks that every file is UTF-8.
        if let (Some(path), Some(text)) = (file.path().to_str(), file.contents_utf8()) {
            files.push(File {
                path: Utf8PathBuf::from(folder).join(path),
                text: text.to_owned(),
                runs: text.starts_with("#!"),
            });
        }
    }
    for below in dir.dirs() {
        gather(folder, below, files);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_the_plugin_is_built_in() {
        fn count(dir: &Dir<'_>) -> usize {
            dir.files().count() + dir.dirs().map(count).sum::<usize>()
        }
        let files = files("/opt/a b/ap");
        assert_eq!(
            files.len(),
            PARTS.iter().map(|(_, dir)| count(dir)).sum::<usize>() + 1
        );
        let find = |path: &str| files.iter().find(|file| file.path == path).unwrap();
        assert!(
            find(".claude-plugin/plugin.json")
                .text
                .contains(env!("CARGO_PKG_VERSION")),
            "the plugin has the program's version"
        );
        assert!(find("hooks/session-start").runs && !find("skills/sessions/SKILL.md").runs);
        assert_eq!(
            find("bin/ap").text,
            "#!/bin/sh\nexec '/opt/a b/ap' \"$@\"\n"
        );
    }
}
