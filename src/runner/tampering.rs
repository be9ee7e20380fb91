//! Compares the files that no agent has to change before and after an attempt: the session's own and those of others.
//!
//! Names, sizes and times are compared. Contents are read only where those differ. The files of gates are compared when a
//! gate is asked, and the journal before each line.
use crate::exec::holder::is_running;
use crate::fingerprint::fingerprint;
use crate::model::{Touch, TouchedFile};
use crate::store::beneath;
use crate::store::layout::{Project, RunDir};
use crate::store::session::{names, plan_meaning};
use crate::store::views;
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;

/// How a file looks from outside: device and number, length, and when it was last written to.
type Look = (u64, u64, u64, i64, i64);

/// The files as they were when an attempt began.
#[derive(Debug, Default)]
pub(super) struct Watched(BTreeMap<Utf8PathBuf, Seen>);

#[derive(Debug, PartialEq)]
struct Seen {
    look: Look,
    /// Of files that are small and ours.
    print: Option<String>,
}

impl Watched {
    /// Looks at the files of a session and of the others in its project. Nothing is read that has not changed since `before`.
    pub(super) fn look(project: &Project, run: &RunDir, before: &Self) -> Self {
        let mut seen = BTreeMap::new();
        let mut add = |path: Utf8PathBuf, read: bool| {
            let Some(look) = look_at(&path) else { return };
            let known = before.0.get(&path).filter(|known| known.look == look);
            let print = match known {
                Some(known) => known.print.clone(),
                None if read => print_of(&path),
                None => None,
            };
            seen.insert(path, Seen { look, print });
        };
        add(run.plan(), true);
        for other in names(project).unwrap_or_default() {
            if other == *run.session() {
                continue;
            }
            let dir = project.session(&other);
            add(dir.plan(), false);
            // What a runner writes changes; its own runner looks after it.
            if !is_running(project, &other) {
                add(dir.journal(), false);
                add(project.lock(&other), false);
            }
        }
        Self(seen)
    }

    /// Returns what was changed or removed since, as far as no runner of it explains that.
    pub(super) fn changes(&self, now: &Self, project: &Project, run: &RunDir) -> Vec<TouchedFile> {
        let differs = |(path, seen): (&Utf8PathBuf, &Seen)| {
            let touch = match now.0.get(path) {
                None => Touch::Removed,
                Some(now) if now.look == seen.look => return None,
                Some(now) if seen.print.is_some() && now.print == seen.print => return None,
                Some(_) => Touch::Changed,
            };
            (!is_explained(path, project, run)).then(|| TouchedFile {
                path: named(path, project, run),
                touch,
            })
        };
        self.0.iter().filter_map(differs).collect()
    }
}

/// Whether another session's runner, which began meanwhile, may have changed the file.
fn is_explained(path: &Utf8Path, project: &Project, run: &RunDir) -> bool {
    if path.starts_with(run.root()) {
        return false;
    }
    let others = names(project).unwrap_or_default();
    let owner = others
        .into_iter()
        .find(|name| path.starts_with(project.session(name).root()) || path == project.lock(name));
    owner.is_some_and(|name| {
        let dir = project.session(&name);
        // A journal that is whole was continued by its own runner, or by `ap kill`.
        is_running(project, &name)
            || (path == dir.journal() && views::check(&dir).is_ok())
            || (path == project.lock(&name))
    })
}

fn named(path: &Utf8Path, project: &Project, run: &RunDir) -> String {
    let inside = path
        .strip_prefix(run.root())
        .or_else(|_| path.strip_prefix(project.root()));
    inside.unwrap_or(path).to_string()
}

fn look_at(path: &Utf8Path) -> Option<Look> {
    let there = fs::symlink_metadata(path).ok()?;
    Some((
        there.dev(),
        there.ino(),
        there.len(),
        there.mtime(),
        there.mtime_nsec(),
    ))
}

fn print_of(path: &Utf8Path) -> Option<String> {
    let text = beneath::read(path).ok()?;
    Some(if path.file_name() == Some("plan.json") {
        plan_meaning(&text)
    } else {
        fingerprint(text)
    })
}
