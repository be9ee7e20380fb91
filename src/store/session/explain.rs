//! What to do about a journal that cannot be used.
use super::older::is_older_journal;
use crate::error::{Error, ErrorKind};
use crate::model::Line;
use crate::store::journal::JournalError;
use crate::store::layout::RunDir;

/// Turns a journal's error into a message with a hint.
pub(super) fn explain(dir: &RunDir, error: JournalError) -> Error {
    let session = dir.session();
    match error {
        JournalError::Io(error) => error.into(),
        JournalError::Damaged { line: 1, .. } if is_older_journal(&dir.journal()) => older_run(dir),
        JournalError::Damaged { .. } => Error::caused_by(ErrorKind::Damaged, error).hint(format!(
            "nothing was changed. `ap cleanup --repair {session}` repairs it from its copy and keeps the damaged file; `--force` starts again and keeps this run under {}",
            dir.root().with_file_name(".archive").join(session.as_str())
        )),
        JournalError::OtherFormat { found, .. } if found < Line::VERSION => Error::caused_by(ErrorKind::Damaged, error).hint(format!(
            "nothing was changed. Start again with `--force`, which keeps this run under {}",
            dir.root().with_file_name(".archive").join(session.as_str())
        )),
        JournalError::OtherFormat { .. } => Error::caused_by(ErrorKind::NewerFormat, error).hint("update ap, then try again; nothing was changed"),
        JournalError::Taken { .. } => Error::caused_by(ErrorKind::AlreadyRunning, error).hint("`ap status` shows that runner"),
        JournalError::Held { .. } => Error::new(ErrorKind::AlreadyRunning, format!("session '{session}' is already running"))
            .hint("its lock file was deleted, but its runner is alive; see `ap status`"),
    }
}

/// Returns the error for a directory that holds a run of the older agent-pipelines.
pub fn older_run(dir: &RunDir) -> Error {
    let message = format!(
        "{} holds a run of the older agent-pipelines, which `ap` can neither show nor continue; nothing of it was changed",
        dir.root()
    );
    Error::new(ErrorKind::SessionExists, message).hint(format!(
        "choose another session name, or start with `--force`, which moves that run to {}",
        dir.root().with_file_name(".archive")
    ))
}
