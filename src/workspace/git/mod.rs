//! Asks git about a project, and runs git for it. Nothing else reads what git keeps.
use super::head::Head;
use super::status;
use crate::error::{Error, ErrorKind, Result};
use crate::exec::command::BoundedCommand;
use crate::fingerprint::fingerprint_all;
use crate::model::{CommandOutput, Env, IterationEffect, WorkTree};
use camino::{Utf8Path, Utf8PathBuf};
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::time::Duration;

/// How long a question may take. In a repository that needs longer it is unknown whether files have changed.
const QUESTION_LIMIT: Duration = Duration::from_secs(5);
/// How long a change may take: checking out a large repository takes its time.
const CHANGE_LIMIT: Duration = Duration::from_secs(600);
/// Stands for a commit in the output of git; no path is empty or ends in a slash.
const COMMIT_MARK: &str = "commit/";
/// No more commits of an iteration are counted.
const MAX_COMMITS: &str = "--max-count=1000";
/// More than git prints for a hundred thousand changed files.
const MAX_OUTPUT: u64 = 64 * 1024 * 1024;

/// Asks git about the files of one project.
#[derive(Debug)]
pub struct Git {
    root: Utf8PathBuf,
    program: Option<Utf8PathBuf>,
    env: Env,
    head: Head,
}

impl Git {
    /// `program` is git, if it is installed.
    pub fn new(root: &Utf8Path, program: Option<Utf8PathBuf>, env: &Env) -> Self {
        Self {
            root: root.to_owned(),
            program,
            env: env.clone(),
            head: Head::default(),
        }
    }

    /// Returns the commit and a fingerprint of all changes, those in repositories inside the project included; nothing
    /// without a repository.
    pub async fn status(&self) -> Option<WorkTree> {
        let nested = self.nested().await;
        let Some(top) = self.repository() else {
            return nested.map(|nested| WorkTree {
                changes: Some(String::new()),
                nested: Some(nested),
                ..WorkTree::default()
            });
        };
        let output = self.ask(&status::args()).await;
        let tree = output.map_or_else(WorkTree::default, |output| {
            status::parse(&output.stdout, top)
        });
        Some(WorkTree { nested, ..tree })
    }

    /// Returns a fingerprint of the commits and changes of the repositories inside the project, if there are any.
    async fn nested(&self) -> Option<String> {
        let mut parts = Vec::new();
        for repository in nested::repositories(&self.root) {
            let inside = Self::new(&repository, self.program.clone(), &self.env);
            let output = inside.ask(&status::args()).await?;
            let changes = status::parse(&output.stdout, &repository).changes;
            parts.extend([
                repository.to_string(),
                nested::head(&repository),
                changes.unwrap_or_default(),
            ]);
        }
        (!parts.is_empty()).then(|| fingerprint_all(parts))
    }

    /// Returns the commit that is checked out, or nothing outside a repository. Git is asked only when a file has
    /// changed that says so.
    pub async fn head(&mut self) -> Option<WorkTree> {
        let unreadable = Head::unreadable(self.repository()?);
        let stamps = self.head.stamps();
        if !self.head.is_current(&stamps) {
            let head = match self.ask(&Head::ARGS).await {
                Some(output) => Head::parse(&output.stdout_text()),
                None => unreadable,
            };
            self.head = head.after(&self.head, stamps);
        }
        Some(WorkTree {
            commit: self.head.commit.clone(),
            ..WorkTree::default()
        })
    }

    /// Returns what an iteration changed between two states of the working tree. Git is asked only if something was
    /// committed.
    pub async fn effect(
        &self,
        before: Option<&WorkTree>,
        after: Option<&WorkTree>,
    ) -> IterationEffect {
        let (Some(before), Some(after)) = (before, after) else {
            return IterationEffect::default();
        };
        if before.nested != after.nested {
            // Something was done in a repository inside the project.
            return IterationEffect::default();
        }
        let committed = if before.commit == after.commit {
            Some((0, 0))
        } else {
            self.committed(before, after).await
        };
        let (commits, in_commits) = committed.unzip();
        let is_known = before.changes.is_some() && after.changes.is_some();
        let uncommitted = match after.files {
            _ if is_known && before.changes == after.changes => Some(0),
            files if is_known => files,
            _ => None,
        };
        let files = match (in_commits, uncommitted) {
            (Some(0), None) | (None, _) => None,
            (Some(files), uncommitted) => Some(files.saturating_add(uncommitted.unwrap_or(0))),
        };
        IterationEffect {
            commits,
            files,
            ..IterationEffect::default()
        }
    }

    /// Returns how many commits were added, and how many files are in them.
    async fn committed(&self, before: &WorkTree, after: &WorkTree) -> Option<(u32, u32)> {
        let after = after.commit.as_ref()?;
        let range = match &before.commit {
            Some(before) => format!("{before}..{after}"),
            None => after.clone(),
        };
        let format = format!("--format=tformat:{COMMIT_MARK}");
        let args = ["log", "--name-only", MAX_COMMITS, &format, &range, "--"];
        let output = self.ask(&args).await?;
        let text = output.stdout_text();
        let (commits, files): (Vec<&str>, Vec<&str>) = text
            .lines()
            .filter(|line| !line.is_empty())
            .partition(|line| *line == COMMIT_MARK);
        let files: BTreeSet<&str> = files.into_iter().collect();
        Some((
            u32::try_from(commits.len()).ok()?,
            u32::try_from(files.len()).ok()?,
        ))
    }

    /// Returns the top folder of the repository the project is in.
    fn repository(&self) -> Option<&Utf8Path> {
        repository(&self.root)
    }

    /// Asks git. It changes nothing and waits for no lock: an agent in the background must not find the index locked.
    async fn ask(&self, args: &[impl AsRef<OsStr>]) -> Option<CommandOutput> {
        let command = BoundedCommand::new(self.program.as_ref()?)
            .args(args)
            .clean_env(&self.env)
            .envs([("GIT_OPTIONAL_LOCKS", "0")])
            .current_dir(&self.root)
            .max_output(MAX_OUTPUT)
            .limit(QUESTION_LIMIT);
        match command.run_async().await {
            Ok(output) if output.is_success() => Some(output),
            Ok(output) => {
                let error = crate::text::first_line(&output.stderr_text());
                tracing::warn!(code = output.code, error, "git does not answer");
                None
            }
            Err(error) => {
                tracing::warn!(%error, "git does not answer");
                None
            }
        }
    }
}

/// Returns the top folder of the repository that a folder is in.
pub fn repository(folder: &Utf8Path) -> Option<&Utf8Path> {
    folder
        .ancestors()
        .find(|folder| folder.join(".git").exists())
}

/// Returns the lock of the index, if it is there: git removes it when it is done, unless it is killed.
pub fn index_lock(folder: &Utf8Path) -> Option<Utf8PathBuf> {
    let lock = nested::git_dir(repository(folder)?).join("index.lock");
    lock.exists().then_some(lock)
}

/// Runs git in a folder and returns what it printed.
pub fn call(folder: &Utf8Path, env: &Env, args: &[&str]) -> Result<String> {
    let command = BoundedCommand::new("git")
        .args(args)
        .clean_env(env)
        .current_dir(folder)
        // git stays in the foreground group: on Ctrl-C it removes its own lock files.
        .in_callers_group()
        .max_output(MAX_OUTPUT)
        .limit(CHANGE_LIMIT);
    let output = command.run().map_err(|error| {
        Error::new(
            ErrorKind::ProgramMissing,
            format!("cannot run git: {error}"),
        )
        .hint("install git, then try again")
    })?;
    if output.is_success() {
        return Ok(output.stdout_text().into_owned());
    }
    Err(Error::new(
        ErrorKind::Program,
        format!(
            "git {}: {}",
            args[..2.min(args.len())].join(" "),
            output.stderr_text().trim()
        ),
    ))
}

mod nested;
pub use nested::{git_dir, shared_dir};
#[cfg(test)]
mod tests;
