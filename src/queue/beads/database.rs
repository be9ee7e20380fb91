//! Finds the database as `bd` does, to choose the lock beside it.
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;

/// Returns the folder of the database `bd` would use from here.
///
/// In a git worktree it is the main repository's; a `redirect` file in it names another.
pub(super) fn find(named: Option<&Utf8Path>, from: &Utf8Path) -> Option<Utf8PathBuf> {
    let folder = match named {
        Some(folder) => folder.to_owned(),
        None => of_worktree(from).or_else(|| above(from))?,
    };
    let folder = fs::read_to_string(folder.join("redirect")).map_or(folder.clone(), |to| {
        folder.parent().unwrap_or(&folder).join(to.trim())
    });
    folder
        .canonicalize_utf8()
        .ok()
        .filter(|folder| folder.is_dir())
}

fn above(from: &Utf8Path) -> Option<Utf8PathBuf> {
    from.ancestors()
        .map(|folder| folder.join(".beads"))
        .find(|folder| folder.is_dir())
}

/// Returns the main repository's database, seen from a worktree: there `.git` is a file that says where git keeps it.
fn of_worktree(from: &Utf8Path) -> Option<Utf8PathBuf> {
    let pointer = from
        .ancestors()
        .map(|folder| folder.join(".git"))
        .find(|git| git.exists())
        .filter(|git| git.is_file())?;
    let text = fs::read_to_string(&pointer).ok()?;
    let kept = pointer.parent()?.join(text.strip_prefix("gitdir:")?.trim());
    let git = kept
        .ancestors()
        .find(|folder| folder.file_name() == Some(".git"))?;
    Some(git.parent()?.join(".beads")).filter(|folder| folder.is_dir())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::queue::testing::{folder, save};

    #[test]
    fn the_database_is_where_bd_finds_it() {
        let (_keep, top) = folder();
        for path in [
            "repo/.beads",
            "repo/.git/worktrees/w",
            "repo/src/deep",
            "w/.beads",
            "w/src",
            "else/where/.beads",
            "none/.git",
        ] {
            fs::create_dir_all(top.join(path)).unwrap();
        }
        save(
            &top.join("w/.git"),
            &format!("gitdir: {top}/repo/.git/worktrees/w\n"),
        );
        let at = |from: &str| {
            find(None, &top.join(from)).map(|found| found.strip_prefix(&top).unwrap().to_string())
        };
        assert_eq!(at("repo/src/deep").as_deref(), Some("repo/.beads"));
        assert_eq!(
            at("w/src").as_deref(),
            Some("repo/.beads"),
            "a worktree shares the main repository's"
        );
        assert_eq!(at("none"), None);
        assert_eq!(
            find(Some(&top.join("else/where/.beads")), &top),
            Some(top.join("else/where/.beads"))
        );
        save(&top.join("repo/.beads/redirect"), "../else/where/.beads\n");
        assert_eq!(at("repo").as_deref(), Some("else/where/.beads"));
    }
}
