//! Changes one span of a file that is also edited by hand, and nothing else about it.
use crate::store::crash;
use camino::Utf8Path;
use fs_err as fs;
use std::io::{self, Write as _};
use std::ops::Range;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};

/// One change: these bytes become that text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Edit {
    pub(super) at: Range<usize>,
    pub(super) with: String,
}

/// Makes the change if the file still holds `before`; on disk when this returns true.
///
/// An editor does not take our lock. So the file is compared immediately before the change, and a change
/// that keeps the length is made in place: it can then cost no more than these bytes, and mode, owner, links and
/// inode stay. The caller looks again afterwards, for an editor that replaced the file at the same moment.
pub(super) fn change(file: &Utf8Path, before: &[u8], edit: &Edit) -> io::Result<bool> {
    if edit.at.len() == edit.with.len() {
        overwrite(file, before, edit)
    } else {
        replace(file, before, edit)
    }
}

fn overwrite(file: &Utf8Path, before: &[u8], edit: &Edit) -> io::Result<bool> {
    let open = fs::OpenOptions::new().read(true).write(true).open(file)?;
    if fs::read(file)? != before {
        return Ok(false);
    }
    crash::point("tasks: before the change");
    open.file()
        .write_all_at(edit.with.as_bytes(), edit.at.start as u64)?;
    open.sync_data()?;
    crash::point("tasks: changed");
    Ok(true)
}

/// `store::atomic` makes a file with our own mode and owner; this one keeps those of the user's file.
fn replace(file: &Utf8Path, before: &[u8], edit: &Edit) -> io::Result<bool> {
    let folder = file.parent().unwrap_or(Utf8Path::new("."));
    // A read-only file must stay unchanged, although a writable folder would allow its replacement.
    let old = fs::OpenOptions::new().write(true).open(file)?.metadata()?;
    let mut draft = tempfile::Builder::new()
        .prefix(".ap-")
        .tempfile_in(folder)?;
    draft.write_all(&before[..edit.at.start])?;
    draft.write_all(edit.with.as_bytes())?;
    draft.write_all(&before[edit.at.end..])?;
    // Only root can change the owner of a file, and only root needs to.
    let _ = std::os::unix::fs::fchown(draft.as_file(), Some(old.uid()), Some(old.gid()));
    draft.as_file().set_permissions(old.permissions())?;
    draft.as_file().sync_all()?;
    if fs::read(file)? != before {
        return Ok(false);
    }
    draft.persist(file)?;
    crate::store::atomic::sync_folder(folder)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::queue::testing::{folder, save};

    #[test]
    fn a_file_changed_meanwhile_is_left_alone() {
        let (_keep, folder) = folder();
        let file = folder.join("tasks");
        for with in ["x", "longer"] {
            save(&file, "edited by the user");
            let edit = Edit {
                at: 0..1,
                with: with.to_owned(),
            };
            assert!(!change(&file, b"as it was read", &edit).unwrap());
            assert_eq!(fs::read(&file).unwrap(), b"edited by the user");
            assert!(change(&file, b"edited by the user", &edit).unwrap());
            assert_eq!(
                fs::read_to_string(&file).unwrap(),
                format!("{with}dited by the user")
            );
            assert_eq!(
                fs::read_dir(&folder).unwrap().count(),
                1,
                "no draft is left behind"
            );
        }
    }
}
