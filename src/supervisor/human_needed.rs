//! `HUMAN_NEEDED.md`: in the folder of a project that waits for you, what it asks and how to answer.
use crate::fleet::{Project, ProjectQuestion, ProjectStatus, Wait};
use crate::store::registry::RegisteredProject;
use crate::store::{atomic, beneath, ignored};
use crate::text::shell_quote;
use camino::Utf8PathBuf;
use std::io;

/// Its path in a project.
pub const HUMAN_NEEDED: &str = ".agent-pipelines/HUMAN_NEEDED.md";

/// The first line, by which a file of ours is known.
const HEAD: &str = "# Your answer is needed";

/// Writes the file if the project asks, and removes it if not. One that you wrote yourself is left alone.
pub(super) fn update(registered: &RegisteredProject, project: Option<&Project>) {
    let path = registered.root.join(HUMAN_NEEDED);
    let text = project.and_then(|project| text(registered, project));
    if let Err(error) = write(&path, text.as_deref()) {
        tracing::debug!(%error, %path, "cannot be written");
    }
}

fn write(path: &Utf8PathBuf, text: Option<&str>) -> io::Result<()> {
    let there = match beneath::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        there => Some(there?),
    };
    let is_ours = there
        .as_deref()
        .is_none_or(|there| there.starts_with(HEAD.as_bytes()));
    match text {
        _ if !is_ours => Ok(()),
        None if there.is_some() => beneath::remove_file(path),
        Some(text) if there.as_deref() != Some(text.as_bytes()) => {
            if let Some(folder) = path.parent() {
                ignored::create(folder)?;
            }
            atomic::replace(path, text.as_bytes())
        }
        _ => Ok(()),
    }
}

/// Returns the content of the file, if the project asks.
fn text(registered: &RegisteredProject, project: &Project) -> Option<String> {
    let section = match &project.status {
        ProjectStatus::Blocked { question } => blocked(registered, question),
        ProjectStatus::Waiting {
            reason: Wait::Question { text },
            ..
        } => format!(
            "## Session {session}\n\nIt asks: {text}\n\n    ap questions\n    ap approve {session}\n",
            session = registered.session
        ),
        _ => return None,
    };
    Some(format!("{HEAD}\n\n{section}"))
}

fn blocked(registered: &RegisteredProject, question: &ProjectQuestion) -> String {
    let id = &registered.id;
    format!(
        "## Project {id}, question s{}\n\n- What happened: {}\n- Since: {}\n- What was tried: {}\n- What to do: {}\n\n    ap resume {id}\n\nWhat its agents said: `ap logs {} -C {}`\n",
        question.id,
        question.text(),
        question.asked_at,
        question.tried_text(),
        question.advice(),
        registered.session,
        shell_quote(registered.root.as_str()),
    )
}
