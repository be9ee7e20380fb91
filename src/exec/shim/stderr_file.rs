//! `stderr.log`: it has a name only while an agent runs, and if something was written to it.
//!
//! Most agents write nothing to it. An empty one is kept for the next iteration, because file systems such as ext4 become
//! slow at making files where many were removed within seconds.
use crate::model::Scope;
use crate::store::beneath;
use crate::store::layout::IterationDir;
use fs_err as fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;

/// Opens an empty `stderr.log`: the one that an earlier iteration left, or a new one.
pub(super) fn open_empty(folder: &IterationDir) -> io::Result<fs::File> {
    // What is in the way is set aside by `create`.
    let is_free = fs::symlink_metadata(folder.stderr()).is_err();
    match is_free.then(|| open_spare(folder)) {
        Some(Ok(Some(file))) => Ok(file),
        _ => beneath::create(&folder.stderr()),
    }
}

/// Moves the spare file into its place. `None` if it is not what an earlier shim left.
fn open_spare(folder: &IterationDir) -> io::Result<Option<fs::File>> {
    beneath::rename(&folder.spare_stderr(), &folder.stderr())?;
    let file = beneath::append(&folder.stderr())?;
    let meta = file.metadata()?;
    let is_ours = meta.len() == 0 && meta.nlink() == 1;
    Ok(is_ours.then_some(file))
}

/// Takes the name from a `stderr.log` that nothing was written to. It is kept, unless a process may still have it open.
pub(super) fn put_away_if_empty(folder: &IterationDir, scope: Scope) -> io::Result<()> {
    let path = folder.stderr();
    match fs::metadata(&path) {
        Ok(meta) if meta.len() == 0 && scope == Scope::Empty => {
            beneath::rename(&path, &folder.spare_stderr())
        }
        Ok(meta) if meta.len() == 0 => beneath::remove_file(&path),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::atomic;
    use camino::Utf8Path;
    use std::io::Write as _;

    /// Returns the folders of two iterations.
    fn iterations(root: &Utf8Path) -> [IterationDir; 2] {
        ["001", "002"].map(|name| {
            let folder = root.join(name);
            fs::create_dir(&folder).unwrap();
            serde_json::from_value(serde_json::json!({ "root": folder })).unwrap()
        })
    }

    fn with_iterations(test: impl FnOnce([IterationDir; 2])) {
        let folder = tempfile::tempdir().unwrap();
        test(iterations(Utf8Path::from_path(folder.path()).unwrap()));
    }

    #[test]
    fn an_empty_file_is_moved_to_the_next_iteration() {
        with_iterations(|[first, second]| {
            let inode = open_empty(&first).unwrap().metadata().unwrap().ino();
            put_away_if_empty(&first, Scope::Empty).unwrap();
            assert!(!first.stderr().exists());
            let next = open_empty(&second).unwrap();
            assert_eq!(next.metadata().unwrap().ino(), inode);
            assert!(second.stderr().exists());
        });
    }

    #[test]
    fn a_file_with_something_in_it_stays() {
        with_iterations(|[first, second]| {
            open_empty(&first).unwrap().write_all(b"warning").unwrap();
            put_away_if_empty(&first, Scope::Empty).unwrap();
            drop(open_empty(&second).unwrap());
            assert_eq!(fs::read(first.stderr()).unwrap(), b"warning");
            assert_eq!(fs::read(second.stderr()).unwrap(), b"");
        });
    }

    #[test]
    fn a_file_that_a_process_may_have_open_is_not_used_again() {
        with_iterations(|[first, _]| {
            drop(open_empty(&first).unwrap());
            put_away_if_empty(&first, Scope::Left).unwrap();
            assert!(!first.stderr().exists() && !first.spare_stderr().exists());
        });
    }

    #[test]
    fn a_spare_file_that_is_not_ours_is_not_used() {
        with_iterations(|[first, second]| {
            atomic::create(&first.spare_stderr(), b"planted").unwrap();
            drop(open_empty(&first).unwrap());
            assert_eq!(fs::read(first.stderr()).unwrap(), b"");
            let own = second.root().join("own");
            atomic::create(&own, b"").unwrap();
            fs::hard_link(&own, first.spare_stderr()).unwrap();
            open_empty(&second).unwrap().write_all(b"words").unwrap();
            assert_eq!(fs::read(&own).unwrap(), b"");
            assert_eq!(fs::read(second.stderr()).unwrap(), b"words");
        });
    }
}
