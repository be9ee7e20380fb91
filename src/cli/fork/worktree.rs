//! The git worktree of a forked session, at the commit of that moment.
use crate::cli::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::model::SessionName;
use crate::store::layout::Project;
use crate::workspace::git;
use camino::{Utf8Path, Utf8PathBuf};

/// The lock reason of a worktree that is not ready yet. A worktree that keeps it, or a session's draft, was left by a
/// crashed `ap fork`.
const REASON: &str = "ap fork is making a session here";

/// A worktree that exists or is to be created.
pub(super) struct Worktree {
    pub(super) folder: Utf8PathBuf,
    pub(super) branch: String,
    pub(super) commit: String,
    /// The project in it: the repository's folder, or as far below it as the one that was forked.
    pub(super) project: Project,
}

impl Worktree {
    /// Plans a worktree beside the repository, or in a folder that was named.
    pub(super) fn new(
        session: &SessionName,
        commit: &str,
        into: Option<&Utf8Path>,
        context: &Context,
    ) -> Result<Self> {
        let root = context.project.root();
        let top = git::repository(root).unwrap_or(root);
        let named = format!("{}-{session}", top.file_name().unwrap_or("project"));
        let folder = into.map_or_else(
            || top.with_file_name(&named),
            |into| normalized(&root.join(into)),
        );
        let project =
            Project::new(folder.join(root.strip_prefix(top).unwrap_or(Utf8Path::new(""))));
        let project = if root == top {
            Project::new(folder.clone())
        } else {
            project
        };
        Ok(Self {
            folder,
            branch: format!("fork/{session}"),
            commit: commit.to_owned(),
            project,
        })
    }

    /// Creates the worktree, marked as not ready, after it removes what a crashed `ap fork` left of it.
    pub(super) fn create(&self, session: &SessionName, context: &Context) -> Result<()> {
        if self.is_unfinished(session, context)? {
            git(
                &[
                    "worktree",
                    "remove",
                    "--force",
                    "--force",
                    self.folder.as_str(),
                ],
                context,
            )?;
            let _ = git(&["branch", "-q", "-D", &self.branch], context);
        }
        if self.folder.exists() {
            return Err(Error::new(ErrorKind::Exists, format!("{} exists already", self.folder))
                .hint("name another folder with `--into`, or stay in this one's files with `--no-worktree`"));
        }
        let (folder, branch, commit) = (
            self.folder.as_str(),
            self.branch.as_str(),
            self.commit.as_str(),
        );
        git(&["worktree", "add", "--quiet", "--lock", "--reason", REASON, "-b", branch, folder, commit], context)
            .map(drop)
            .inspect_err(|_| self.undo(context))
            .map_err(|error| error.hint("another name (`--as`) gets another branch; `--no-worktree` stays in the files as they are now"))
    }

    /// Removes what a failed `git worktree add` left: with a hook that fails, the worktree is there all the same.
    fn undo(&self, context: &Context) {
        let folder = self.folder.as_str();
        // The reason of the failure matters more than what cannot be removed.
        if git(
            &["worktree", "remove", "--force", "--force", folder],
            context,
        )
        .is_ok()
        {
            let _ = git(&["branch", "-q", "-D", &self.branch], context);
        }
    }

    /// Removes the mark: from now on, the draft of the session marks it as not ready.
    pub(super) fn unlock(&self, context: &Context) -> Result<()> {
        git(&["worktree", "unlock", self.folder.as_str()], context).map(drop)
    }

    /// Whether the folder is a worktree that a crashed `ap fork` of this session left unfinished.
    fn is_unfinished(&self, session: &SessionName, context: &Context) -> Result<bool> {
        let run_dir = self.project.session(session);
        if run_dir.root().exists() {
            return Ok(false);
        }
        let real = |path: &Utf8Path| path.canonicalize_utf8().unwrap_or_else(|_| path.to_owned());
        let all = git(&["worktree", "list", "--porcelain"], context)?;
        let ours = all.split("\n\n").find(|about| {
            about
                .lines()
                .find_map(|line| line.strip_prefix("worktree "))
                .is_some_and(|path| real(path.into()) == real(&self.folder))
        });
        Ok(ours.is_some_and(|about| {
            about.contains(&format!("\nlocked {REASON}")) || run_dir.draft().root().exists()
        }))
    }
}

/// Returns a path without `..`, which git would resolve differently.
fn normalized(path: &Utf8Path) -> Utf8PathBuf {
    let mut normal = Utf8PathBuf::new();
    for part in path.components() {
        match part {
            camino::Utf8Component::ParentDir => drop(normal.pop()),
            camino::Utf8Component::CurDir => (),
            part => normal.push(part),
        }
    }
    normal
}

/// Runs git in the project and returns its output.
fn git(args: &[&str], context: &Context) -> Result<String> {
    git::call(context.project.root(), &context.env, args)
}
