//! Where a program is.
use crate::agent::Provider;
use crate::model::Env;
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

/// Finds a program as [`find_program`] does, and else where the installer of its provider puts it without adding it to
/// PATH: a shell alias leads there.
pub fn find_agent_program(name: &str, env: &Env, folder: &Utf8Path) -> Option<Utf8PathBuf> {
    find_program(name, env.get("PATH"), folder).or_else(|| {
        let home = Utf8PathBuf::from(env.get("HOME").filter(|home| !home.is_empty())?);
        let mut adapters = Provider::all().map(Provider::adapter);
        let adapter = adapters.find(|adapter| adapter.program() == name)?;
        let mut paths = adapter.home_paths().iter().map(|path| home.join(path));
        paths.find_map(|path| find_program(path, None::<&str>, &home))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::atomic;
    use fs_err as fs;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn claude_is_found_where_its_installer_puts_it() {
        let folder = tempfile::tempdir().unwrap();
        let home = Utf8Path::from_path(folder.path()).unwrap();
        let program = home.join(".claude/local/claude");
        fs::create_dir_all(program.parent().unwrap()).unwrap();
        atomic::replace(&program, b"#!/bin/sh\n").unwrap();
        let env: Env = [("HOME", home.as_str()), ("PATH", "/nowhere")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into_iter()
            .collect();
        let find = |name| find_agent_program(name, &env, home);
        assert_eq!(find("claude"), None, "it is not executable");
        fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(find("claude"), Some(program));
        assert_eq!(find("codex"), None);
    }
}
