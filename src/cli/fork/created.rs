//! The session that `ap fork` created.
use crate::cli::context::Context;
use crate::model::{ForkedFrom, SessionName};
use crate::text::shell_quote;
use camino::Utf8PathBuf;
use serde::Serialize;

/// The new session; also the shape of `ap fork --json`.
#[derive(Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(in crate::cli) struct Created {
    pub(super) session: SessionName,
    pub(super) from: ForkedFrom,
    /// The folder in which it runs.
    #[cfg_attr(feature = "schemas", schemars(with = "String"))]
    pub(super) project: Utf8PathBuf,
    /// The branch of its worktree, if it has one.
    pub(super) branch: Option<String>,
    /// The command that continues it, in that folder.
    pub(super) command: String,
    /// The same command, word by word.
    pub(super) resume_command: Vec<String>,
    /// Whether its progress file is as it was then; otherwise it is as it is now.
    pub(super) progress_as_it_was: bool,
    /// Whether there were changes that were not committed then, which the worktree lacks; `null` if unknown.
    pub(super) uncommitted: Option<bool>,
    pub(super) started: bool,
}

impl Created {
    /// Returns the text of `ap fork`.
    pub(super) fn describe(&self, context: &Context) -> String {
        let Self {
            session,
            from,
            project,
            ..
        } = self;
        let mut text = format!(
            "Session '{session}' continues from iteration {} of '{}'",
            from.iteration, from.session
        );
        text += &match (&self.branch, &from.commit) {
            (Some(branch), Some(commit)) => {
                let commit = commit.get(..12).unwrap_or(commit);
                format!(" in {project}, on branch `{branch}` at commit {commit}.\n")
            }
            (None, Some(_)) => ", in the project's files as they are now.\n".to_owned(),
            (_, None) => {
                ", in the project's files as they are now: the commit at that iteration is not known.\n"
                    .to_owned()
            }
        };
        if self.uncommitted != Some(false) {
            text += "  Changes that were uncommitted at that iteration are not included.\n";
        }
        if !self.progress_as_it_was {
            text +=
                "  Its progress file is the current one: there is no copy from that iteration.\n";
        }
        text += "  Its budgets count from zero: what was spent before is the other session's.\n";
        if project != context.project.root() {
            text += &format!("  folder    cd {}\n", shell_quote(project.as_str()));
        }
        if !self.started {
            text += &format!("  continue  {}\n", self.command);
        }
        text
    }
}
