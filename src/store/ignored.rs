//! Folders that git ignores, except for what is yours in them.
use super::{atomic, beneath};
use crate::model::OWN_FILES;
use camino::Utf8Path;
use fs_err as fs;
use std::io;

/// What a folder ignores that has nothing of yours: everything.
const EVERYTHING: &str = "*\n";

/// Creates a folder that git ignores. What is yours in `.agent-pipelines/` is not ignored.
pub fn create(folder: &Utf8Path) -> io::Result<()> {
    beneath::create_dir_all(folder)?;
    let ignore = folder.join(".gitignore");
    if !ignore.exists() {
        atomic::replace(&ignore, text(folder).as_bytes())?;
    }
    Ok(())
}

/// Lets what is yours in a folder into commits: replaces a `.gitignore` that ignores everything. One that you edited is
/// left alone, and the lines it lacks are returned.
pub fn let_in(folder: &Utf8Path) -> io::Result<Vec<String>> {
    create(folder)?;
    let ignore = folder.join(".gitignore");
    let there = fs::read_to_string(&ignore)?;
    if there == EVERYTHING {
        atomic::replace(&ignore, letting_in().as_bytes())?;
        return Ok(Vec::new());
    }
    let has = |line: &str| there.lines().any(|own| own.trim() == line);
    let wanted = letting_in();
    let missing = wanted.lines().filter(|line| !has(line));
    Ok(missing.map(str::to_owned).collect())
}

/// Returns the text of a folder's `.gitignore`.
fn text(folder: &Utf8Path) -> String {
    let is_there = |file: &&&str| folder.join(file).exists();
    match OWN_FILES.iter().find(is_there) {
        Some(_) => letting_in(),
        None => EVERYTHING.to_owned(),
    }
}

/// Returns the text that ignores everything but what is yours.
fn letting_in() -> String {
    let own: Vec<String> = OWN_FILES.iter().map(|file| format!("!/{file}\n")).collect();
    format!("/*\n{}", own.concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use camino::Utf8PathBuf;

    fn folder(temp: &tempfile::TempDir) -> Utf8PathBuf {
        Utf8PathBuf::from_path_buf(temp.path().join("x")).unwrap()
    }

    #[test]
    fn a_folder_ignores_everything_until_it_has_something_of_yours() {
        let temp = tempfile::tempdir().unwrap();
        let folder = folder(&temp);
        let read = || fs::read_to_string(folder.join(".gitignore")).unwrap();
        create(&folder).unwrap();
        assert_eq!(read(), "*\n");
        atomic::replace(&folder.join("prd.md"), b"x").unwrap();
        create(&folder).unwrap();
        assert_eq!(read(), "*\n", "what is there is left alone");
        fs::remove_file(folder.join(".gitignore")).unwrap();
        create(&folder).unwrap();
        assert_eq!(read(), letting_in());
    }

    #[test]
    fn an_edited_gitignore_is_left_alone_and_its_missing_lines_are_named() {
        let temp = tempfile::tempdir().unwrap();
        let folder = folder(&temp);
        let read = || fs::read_to_string(folder.join(".gitignore")).unwrap();
        create(&folder).unwrap();
        assert_eq!(let_in(&folder).unwrap(), [""; 0]);
        assert_eq!(read(), letting_in());
        assert_eq!(let_in(&folder).unwrap(), [""; 0]);
        let edited = letting_in().replace("!/rules.md\n", "") + "# mine\n";
        atomic::replace(&folder.join(".gitignore"), edited.as_bytes()).unwrap();
        assert_eq!(let_in(&folder).unwrap(), ["!/rules.md"]);
        assert_eq!(read(), edited);
    }
}
