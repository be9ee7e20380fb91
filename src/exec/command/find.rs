//! Where a program is.
use camino::{Utf8Path, Utf8PathBuf};
use std::ffi::{OsStr, OsString};

/// Finds a program on `path`; a name with a slash is a path, from `folder`.
pub fn find_program(
    name: impl AsRef<OsStr>,
    path: Option<&(impl AsRef<OsStr> + ?Sized)>,
    folder: &Utf8Path,
) -> Option<Utf8PathBuf> {
    let path = path.map(|path| OsString::from(path.as_ref()));
    let found = which::which_in(name, path, folder).ok()?;
    Utf8PathBuf::from_path_buf(found).ok()
}
