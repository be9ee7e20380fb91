//! What `ap init` writes into a project's folder `.agent-pipelines/`, and whether it was edited since.
use super::{atomic, beneath};
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;

pub use crate::store::layout::PROJECT_FOLDER as FOLDER;

/// A file that `ap init` writes.
#[derive(Clone, Copy, Debug)]
pub struct Template {
    /// Its name in the folder.
    pub name: &'static str,
    text: &'static str,
    /// Paths in the project that have the same purpose: where one of them exists, the file is not written.
    pub instead: &'static [&'static str],
    /// Whether you must edit it before agents may work.
    must_be_edited: bool,
}

/// The files that `ap init` writes.
pub const TEMPLATES: [Template; 8] = [
    Template {
        name: "prd.md",
        text: include_str!("templates/prd.md"),
        instead: &["prd.md", "docs/prd.md"],
        must_be_edited: true,
    },
    Template {
        name: "verify.sh",
        text: include_str!("templates/verify.sh"),
        instead: &["verify.sh"],
        must_be_edited: true,
    },
    Template {
        name: "context.md",
        text: include_str!("templates/context.md"),
        instead: &[],
        must_be_edited: false,
    },
    Template {
        name: "rules.md",
        text: include_str!("templates/rules.md"),
        instead: &[],
        must_be_edited: false,
    },
    Template {
        name: "config.yaml",
        text: include_str!("templates/config.yaml"),
        instead: &[],
        must_be_edited: false,
    },
    Template {
        name: "agents.json",
        text: include_str!("templates/agents.json"),
        instead: &[],
        must_be_edited: false,
    },
    Template {
        name: "backlog.md",
        text: include_str!("templates/backlog.md"),
        instead: &[
            ".beads",
            "backlog.md",
            "BACKLOG.md",
            "docs/backlog.md",
            "prd.json",
        ],
        must_be_edited: false,
    },
    Template {
        name: "knowledge.md",
        text: include_str!("templates/knowledge.md"),
        instead: &[],
        must_be_edited: false,
    },
];

/// What became of a file of the folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// It was written.
    New,
    /// It was there and was left alone.
    There,
    /// A file of the project has its purpose.
    Instead(&'static str),
}

impl Template {
    /// Writes the file into a project that has neither it nor one that serves its purpose.
    pub fn write(&self, root: &Utf8Path) -> io::Result<Written> {
        let path = self.path(root);
        if fs::symlink_metadata(&path).is_ok() {
            return Ok(Written::There);
        }
        if let Some(instead) = self.instead.iter().find(|path| root.join(path).exists()) {
            return Ok(Written::Instead(instead));
        }
        beneath::create_dir_all(&root.join(FOLDER))?;
        atomic::replace(&path, self.text.as_bytes())?;
        if self.name.ends_with(".sh") {
            fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755))?;
        }
        Ok(Written::New)
    }

    fn path(&self, root: &Utf8Path) -> Utf8PathBuf {
        root.join(FOLDER).join(self.name)
    }

    fn is_unedited(&self, root: &Utf8Path) -> bool {
        self.must_be_edited
            && fs::read(self.path(root)).is_ok_and(|there| there == self.text.as_bytes())
    }
}

/// Whether a file of the folder is as `ap init` wrote it.
pub fn is_template(root: &Utf8Path, name: &str) -> bool {
    let there = fs::read(root.join(FOLDER).join(name));
    let mut templates = TEMPLATES.iter().filter(|template| template.name == name);
    there.is_ok_and(|there| templates.any(|template| template.text.as_bytes() == there))
}

/// Whether a path in a project is a file that `ap init` wrote, that you must edit, and that you have not edited.
pub fn is_unedited(root: &Utf8Path, path: &str) -> bool {
    let name = path
        .strip_prefix(FOLDER)
        .and_then(|rest| rest.strip_prefix('/'));
    let mut templates = TEMPLATES.iter();
    templates.any(|template| Some(template.name) == name && template.is_unedited(root))
}

/// Returns the path of a file that you must edit before agents may work in the project, if there is one.
pub fn unedited(root: &Utf8Path) -> Option<Utf8PathBuf> {
    let mut templates = TEMPLATES.iter();
    let template = templates.find(|template| template.is_unedited(root))?;
    Some(template.path(root))
}

#[cfg(test)]
mod tests;
