//! Looks at the project's files when an iteration is over. One call of git, which changes nothing and waits for nobody.
use crate::exec::command::run;
use crate::model::{Env, WorkTree};
use crate::plan::fingerprint;
use camino::Utf8Path;
use fs_err as fs;
use std::time::Duration;

/// How long git may take. In a repository where that is too little, nobody knows whether files have changed.
const PATIENCE: Duration = Duration::from_secs(5);
/// How many changed files are looked into; of the others the name counts.
const MOST_FILES: usize = 1000;
/// Up to this size a file's content counts, above it its size and time.
const SMALL: u64 = 64 * 1024;

/// Returns what git shows of the project; nothing if it is in no repository.
pub async fn status(root: &Utf8Path, git: Option<&Utf8Path>, env: &Env) -> Option<WorkTree> {
    let top = root
        .ancestors()
        .find(|folder| folder.join(".git").exists())?;
    let Some(git) = git else {
        return Some(WorkTree::default());
    };
    let mut command = tokio::process::Command::new(git);
    command.args([
        "status",
        "--porcelain=v2",
        "--branch",
        "--untracked-files=all",
        "-z",
        "--",
        ":(top)",
    ]);
    command.args(WorkTree::APART.map(|folder| format!(":(exclude){folder}")));
    // An agent that goes on in the background must not find the index locked.
    command
        .env_clear()
        .envs(env)
        .env("GIT_OPTIONAL_LOCKS", "0")
        .current_dir(root);
    match run(command, b"", PATIENCE).await {
        Ok(ran) if ran.code == Some(0) => Some(read(&ran.stdout, top)),
        Ok(ran) => {
            tracing::warn!(
                code = ran.code,
                said = crate::text::first_line(&ran.stderr),
                "git does not show the working tree"
            );
            Some(WorkTree::default())
        }
        Err(why) => {
            tracing::warn!(why, "git does not show the working tree");
            Some(WorkTree::default())
        }
    }
}

/// Returns the commit that is checked out, without asking git: where nobody counts idle iterations, nothing else matters.
pub fn head_commit(root: &Utf8Path) -> Option<WorkTree> {
    let top = root
        .ancestors()
        .find(|folder| folder.join(".git").exists())?;
    Some(WorkTree {
        commit: head(&top.join(".git")),
        changes: None,
    })
}

/// Reads `HEAD` and what it names: in the repository, or in the one a worktree belongs to, loose or packed.
fn head(git: &Utf8Path) -> Option<String> {
    let own = match fs::read_to_string(git) {
        Ok(elsewhere) => git
            .parent()?
            .join(elsewhere.strip_prefix("gitdir: ")?.trim()),
        Err(_) => git.to_owned(),
    };
    let head = fs::read_to_string(own.join("HEAD")).ok()?;
    let Some(name) = head.strip_prefix("ref: ").map(str::trim) else {
        return Some(head.trim().to_owned());
    };
    let common = fs::read_to_string(own.join("commondir"))
        .map_or_else(|_| own.clone(), |path| own.join(path.trim()));
    let loose = fs::read_to_string(common.join(name))
        .ok()
        .map(|commit| commit.trim().to_owned());
    loose.or_else(|| {
        let packed = fs::read_to_string(common.join("packed-refs")).ok()?;
        packed.lines().find_map(|line| {
            line.split_once(' ')
                .filter(|(_, named)| *named == name)
                .map(|(commit, _)| commit.to_owned())
        })
    })
}

/// Reads what `git status --porcelain=v2 --branch -z` says of the repository at `top`.
fn read(said: &str, top: &Utf8Path) -> WorkTree {
    let (about, entries): (Vec<&str>, Vec<&str>) = said
        .split('\0')
        .filter(|entry| !entry.is_empty())
        .partition(|entry| entry.starts_with("# "));
    let commit = about
        .iter()
        .find_map(|line| line.strip_prefix("# branch.oid "))
        .filter(|commit| *commit != "(initial)");
    if entries.is_empty() {
        return WorkTree {
            commit: commit.map(str::to_owned),
            changes: Some(String::new()),
        };
    }
    let contents: Vec<String> = entries
        .iter()
        .take(MOST_FILES)
        .map(|entry| content(&top.join(path(entry))))
        .collect();
    let changes = fingerprint(
        entries
            .iter()
            .copied()
            .chain(contents.iter().map(String::as_str)),
    );
    WorkTree {
        commit: commit.map(str::to_owned),
        changes: Some(changes),
    }
}

/// Returns the path in an entry, which is its last field; of a file that was renamed the old one is an entry of its own.
fn path(entry: &str) -> &str {
    let fields = match entry.as_bytes().first() {
        Some(b'1') => 9,
        Some(b'2') => 10,
        Some(b'u') => 11,
        Some(b'?') => 2,
        Some(_) | None => 1,
    };
    entry.splitn(fields, ' ').last().unwrap_or(entry)
}

/// Returns what tells a file's content from another; nothing for one that is not there.
fn content(path: &Utf8Path) -> String {
    let Ok(meta) = fs::symlink_metadata(path) else {
        return String::new();
    };
    let small = || {
        (meta.is_file() && meta.len() <= SMALL)
            .then(|| fs::read(path).ok())
            .flatten()
    };
    small().map_or_else(
        || format!("{} {:?}", meta.len(), meta.modified().ok()),
        |bytes| String::from_utf8_lossy(&bytes).into_owned(),
    )
}
