//! The folder outside `.claude/` for what agents write that may not write there: `.agent-pipelines/<session>/`.
//!
//! It mirrors the run directory: the progress file is real here and a link there, so that you and your scripts
//! find it under its usual name.
use crate::store::layout::RunDir;
use crate::store::project_folder::FOLDER;
use crate::store::{atomic, beneath, ignored};
use crate::workspace::Workspace;
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use std::io;

/// Makes the folder; it keeps itself out of git.
pub(super) fn prepare(workspace: &Workspace, run: &RunDir) -> io::Result<()> {
    beneath::create_dir_all(&workspace.writable_dir(run))?;
    ignored::create(&workspace.cwd.join(FOLDER))
}

/// Returns where a file of the run directory is stored when agents write it.
pub(super) fn shared(workspace: &Workspace, run: &RunDir, own: &Utf8Path) -> Utf8PathBuf {
    workspace
        .writable_dir(run)
        .join(own.strip_prefix(run.root()).unwrap_or(own))
}

/// Moves a file of the run directory into the exchange folder, leaving a link. `new` is its content if there is none.
pub(super) fn share(
    workspace: &Workspace,
    own: &Utf8Path,
    shared: &Utf8Path,
    new: &[u8],
) -> io::Result<()> {
    let linked = fs::symlink_metadata(own).is_ok_and(|meta| meta.is_symlink());
    if linked && shared.is_file() && leads_to(own, shared) {
        return Ok(());
    }
    for folder in [own.parent(), shared.parent()].into_iter().flatten() {
        beneath::create_dir_all(folder)?;
    }
    // As long as the run directory has a file and no link, that is the truth: what is in the exchange folder is
    // from a run that is gone, or from us before a crash.
    let text = if linked {
        None
    } else {
        beneath::read(own).ok()
    };
    atomic::replace_durably(shared, &text.unwrap_or_else(|| new.to_vec()))?;
    let draft = own.with_extension("link");
    match fs::remove_file(&draft) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => (),
    }
    fs_err::os::unix::fs::symlink(link(workspace, own, shared), &draft)?;
    fs::rename(&draft, own)
}

/// Whether a link is the one of ours.
fn leads_to(own: &Utf8Path, shared: &Utf8Path) -> bool {
    matches!((own.canonicalize(), shared.canonicalize()), (Ok(own), Ok(shared)) if own == shared)
}

/// Returns the target: relative within one folder, so that a project can be moved.
fn link(workspace: &Workspace, own: &Utf8Path, shared: &Utf8Path) -> Utf8PathBuf {
    let root = workspace.store_root.root();
    match (own.strip_prefix(root), shared.strip_prefix(root)) {
        (Ok(own), Ok(shared)) => {
            let up = "../".repeat(own.components().count().saturating_sub(1));
            Utf8PathBuf::from(up).join(shared)
        }
        _ => shared.to_owned(),
    }
}

/// Puts what a run left in the exchange folder back into its run directory, which is about to be archived.
pub(super) fn take_back(workspace: &Workspace, run: &RunDir) -> io::Result<()> {
    let folder = workspace.writable_dir(run);
    if !folder.exists() {
        return Ok(());
    }
    take_back_in(&folder, run.root())?;
    fs::rename(&folder, run.root().join("exchange"))
}

fn take_back_in(from: &Utf8Path, to: &Utf8Path) -> io::Result<()> {
    for entry in from.read_dir_utf8()? {
        let entry = entry?;
        let own = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            take_back_in(entry.path(), &own)?;
        } else if fs::symlink_metadata(&own).is_ok_and(|meta| meta.is_symlink()) {
            fs::rename(entry.path(), &own)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::layout::Project;

    #[test]
    fn a_shared_file_keeps_its_content_through_everything() {
        let folder = tempfile::tempdir().unwrap();
        let project = Project::new(Utf8PathBuf::from_path_buf(folder.path().to_owned()).unwrap());
        let workspace = Workspace::in_place(project.clone());
        let run = project.session(&"auth".parse().unwrap());
        let own = run.stage(0, &"work".parse().unwrap()).join("progress.md");
        let there = shared(&workspace, &run, &own);
        fs::create_dir_all(own.parent().unwrap()).unwrap();
        atomic::replace(&own, b"one\n").unwrap();
        prepare(&workspace, &run).unwrap();
        assert_eq!(
            fs::read_to_string(project.root().join(".agent-pipelines/.gitignore")).unwrap(),
            "*\n"
        );
        for _ in 0..2 {
            share(&workspace, &own, &there, b"new\n").unwrap();
            assert_eq!(fs::read_to_string(&own).unwrap(), "one\n");
            assert!(fs::symlink_metadata(&own).unwrap().is_symlink());
            assert!(fs::symlink_metadata(&there).unwrap().is_file());
        }
        // Another project directory: the link is relative.
        assert!(fs::read_link(&own).unwrap().is_relative());
        take_back(&workspace, &run).unwrap();
        assert!(fs::symlink_metadata(&own).unwrap().is_file());
        assert_eq!(fs::read_to_string(&own).unwrap(), "one\n");
        assert!(!project.exchange(&run).exists());
    }

    #[test]
    fn what_an_older_run_left_is_not_taken_for_this_one() {
        let folder = tempfile::tempdir().unwrap();
        let project = Project::new(Utf8PathBuf::from_path_buf(folder.path().to_owned()).unwrap());
        let workspace = Workspace::in_place(project.clone());
        let run = project.session(&"auth".parse().unwrap());
        let (own, there) = (run.progress(), shared(&workspace, &run, &run.progress()));
        for (path, text) in [(&there, b"old\n"), (&own, b"now\n")] {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            atomic::replace(path, text).unwrap();
        }
        share(&workspace, &own, &there, b"new\n").unwrap();
        assert_eq!(fs::read_to_string(&there).unwrap(), "now\n");
        fs::remove_file(&there).unwrap();
        share(&workspace, &own, &there, b"new\n").unwrap();
        assert_eq!(fs::read_to_string(&own).unwrap(), "new\n");
    }
}
