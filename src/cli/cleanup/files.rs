//! Removes files left behind by crashed processes.
use super::{Action, Cleanup, Finding};
use crate::clock;
use crate::error::Result;
use crate::exec::process::{self, Liveness};
use crate::fixture;
use crate::model::SessionName;
use crate::store::lock::{FileLock, SessionLock};
use crate::store::session::names;
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::Path;

/// A launch takes seconds; one older than this has crashed.
const LAUNCH_AGE_S: i64 = 3600;

impl Cleanup<'_> {
    /// Removes lock files without a holder.
    pub(super) fn locks(&mut self) -> Result<()> {
        for path in files_in(&self.context.project.locks()) {
            let Some(name) = path.file_name().and_then(|name| name.strip_suffix(".lock")) else {
                continue;
            };
            let holder = SessionLock::holder(&path).map(|holder| holder.process);
            // A lock held on another machine may not be visible from here.
            if holder
                .as_ref()
                .is_some_and(|holder| process::liveness(holder) != Liveness::Dead)
                || FileLock::is_held(&path)?
            {
                continue;
            }
            let why = match holder {
                Some(holder) => format!("pid {} is gone", holder.pid),
                None => "no process holds it".to_owned(),
            };
            let finding = Finding::new(
                "lock",
                name.parse().ok(),
                path.as_str(),
                why,
                Action::Remove,
            );
            self.handle(finding, || Ok(SessionLock::remove_stale(&path).map(drop)?));
        }
        Ok(())
    }

    /// Removes drafts of files in sessions that have no runner.
    pub(super) fn drafts(&mut self) -> Result<()> {
        for session in names(&self.context.project)? {
            let mut drafts = Vec::new();
            collect_drafts(self.context.project.session(&session).root(), &mut drafts);
            if drafts.is_empty() || self.may_live(&session) {
                continue;
            }
            for draft in drafts {
                self.remove_draft(&session, &draft);
            }
        }
        Ok(())
    }

    /// Removes sessions that a crashed `ap fork` left unfinished.
    pub(super) fn unfinished_forks(&mut self) {
        let project = &self.context.project;
        let entries = fs::read_dir(project.runs()).into_iter().flatten().flatten();
        let names = entries.filter_map(|entry| {
            entry
                .file_name()
                .to_str()?
                .strip_prefix(".draft-")?
                .parse::<SessionName>()
                .ok()
        });
        let found: Vec<(SessionName, Utf8PathBuf)> = names
            .map(|name| {
                (
                    name.clone(),
                    project.session(&name).draft().root().to_owned(),
                )
            })
            .collect();
        for (session, draft) in found {
            // `ap fork` holds the session's lock while it works. A missing lock has no holder.
            let lock = self.context.project.lock(&session);
            if lock.exists() && FileLock::is_held(&lock).unwrap_or(true) {
                continue;
            }
            let why = "its `ap fork` has ended".to_owned();
            let finding = Finding::new("draft", Some(session), draft.as_str(), why, Action::Remove);
            self.handle(finding, || Ok(fs::remove_dir_all(&draft)?));
        }
    }

    fn remove_draft(&mut self, session: &SessionName, draft: &Utf8Path) {
        let finding = Finding::new(
            "draft",
            Some(session.clone()),
            draft.as_str(),
            "its writer has ended".to_owned(),
            Action::Remove,
        );
        self.handle(finding, || Ok(fs::remove_file(draft)?));
    }

    /// Removes the folders of launches that never ended.
    pub(super) fn launches(&mut self, temporary: &Path) {
        let Some(temporary) = Utf8Path::from_path(temporary) else {
            return;
        };
        for entry in fs::read_dir(temporary).into_iter().flatten().flatten() {
            let Ok(path) = Utf8PathBuf::try_from(entry.path()) else {
                continue;
            };
            if path.file_name().is_some_and(|name| name.starts_with("ap-")) && is_old_launch(&path)
            {
                let finding = Finding::new(
                    "launch",
                    None,
                    path.as_str(),
                    "older than an hour".to_owned(),
                    Action::Remove,
                );
                self.handle(finding, || {
                    let socket = path.join("s");
                    if socket.exists() {
                        fs::remove_file(socket)?;
                    }
                    // Remove the folder only if it is empty: `ap` made no other file in it.
                    Ok(fs::remove_dir(&path)?)
                });
            }
        }
    }

    /// Removes sandboxes that a killed `ap test` left behind, and ends processes that still run in them.
    pub(super) fn tests(&mut self, temporary: &Path) {
        let Some(temporary) = Utf8Path::from_path(temporary) else {
            return;
        };
        for folder in fixture::stale(temporary) {
            let finding = Finding::new(
                "test",
                None,
                folder.as_str(),
                "its `ap test` has ended".to_owned(),
                Action::Remove,
            );
            self.handle(finding, || fixture::remove_stale(&folder));
        }
    }
}

/// Whether a folder is ours, old, and holds nothing but a launch's socket.
fn is_old_launch(path: &Utf8Path) -> bool {
    let Ok(about) = fs::symlink_metadata(path) else {
        return false;
    };
    let ours = about.is_dir() && about.uid() == nix::unistd::geteuid().as_raw();
    let old = LAUNCH_AGE_S < clock::now().as_second() - about.mtime();
    let Ok(inside) = fs::read_dir(path) else {
        return false;
    };
    let is_socket = |entry: fs::DirEntry| {
        entry.file_name() == "s" && entry.file_type().is_ok_and(|kind| kind.is_socket())
    };
    ours && old && inside.into_iter().all(|entry| entry.is_ok_and(is_socket))
}

fn files_in(folder: &Utf8Path) -> Vec<Utf8PathBuf> {
    let entries = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()));
    let mut files: Vec<Utf8PathBuf> = entries
        .filter_map(|entry| entry.path().try_into().ok())
        .collect();
    files.sort();
    files
}

/// Collects the drafts below a folder whose writers are gone. Links are not followed.
fn collect_drafts(folder: &Utf8Path, drafts: &mut Vec<Utf8PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let (Ok(kind), Ok(path)) = (entry.file_type(), Utf8PathBuf::try_from(entry.path())) else {
            continue;
        };
        let writer = path.file_name().and_then(writer_of);
        if kind.is_dir() {
            collect_drafts(&path, drafts);
        } else if kind.is_file() && writer.is_some_and(|pid| process::identity(pid).is_none()) {
            drafts.push(path);
        }
    }
}

/// Returns the pid of a draft's writer, if the name is one of `store::atomic`'s: `.state.json.4711.tmp`.
fn writer_of(name: &str) -> Option<i32> {
    let (file, pid) = name
        .strip_prefix('.')?
        .strip_suffix(".tmp")?
        .rsplit_once('.')?;
    pid.parse().ok().filter(|pid| 0 < *pid && !file.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_drafts_are_drafts() {
        assert_eq!(writer_of(".state.json.4711.tmp"), Some(4711));
        for other in [
            "state.json.4711.tmp",
            ".2.tmp",
            ".state.json.tmp",
            ".x.-1.tmp",
            ".x.0.tmp",
            "..4.tmp",
            ".x.4.tmp2",
        ] {
            assert_eq!(writer_of(other), None, "{other}");
        }
    }

    #[test]
    fn a_folder_with_anything_else_in_it_is_no_launch() {
        let folder = tempfile::tempdir().unwrap();
        let path = Utf8Path::from_path(folder.path()).unwrap();
        assert!(!is_old_launch(path), "it is not old enough");
        let long_ago =
            std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000);
        let age = || {
            std::fs::File::open(path)
                .unwrap()
                .set_modified(long_ago)
                .unwrap();
        };
        age();
        assert!(is_old_launch(path));
        let _socket = std::os::unix::net::UnixListener::bind(path.join("s")).unwrap();
        age();
        assert!(is_old_launch(path));
        std::fs::File::create(path.join("notes")).unwrap();
        age();
        assert!(!is_old_launch(path));
    }
}
