//! Error messages for a session that cannot be acquired.
use super::AcquireError;
use crate::error::{Error, ErrorKind};
use crate::ui::report;

impl From<AcquireError> for Error {
    fn from(error: AcquireError) -> Self {
        match error {
            AcquireError::AlreadyRunning { session, holder } => {
                report::running_session(&session, holder.as_deref())
            }
            AcquireError::OnAnotherMachine { .. } => {
                Self::caused_by(ErrorKind::AlreadyRunning, error)
                    .hint("stop it there; if that machine is gone for good, add `--take-over`")
            }
            AcquireError::RunnerDoesNotEnd { session, pid } => {
                let pid = pid.map_or_else(|| "unknown".to_owned(), |pid| pid.to_string());
                Self::new(ErrorKind::NoAnswer, format!(
                    "the runner of session '{session}' (pid {pid}) cannot be ended"
                ))
                .hint("see what it waits for with `ps`; a process of another user can only be ended by that user or root")
            }
            AcquireError::NotFound { session } => report::nothing_to_resume(&session),
            AcquireError::Exists(snapshot) => {
                Self::new(ErrorKind::SessionExists, report::failure(&snapshot))
                    .hint(report::next_steps(&snapshot))
            }
            AcquireError::RunsAnother { plan, requested } => {
                report::runs_another(&plan, &requested)
            }
            AcquireError::PlanNotReplaceable { plan, reason } => {
                report::keeps_its_plan(&plan, &reason)
            }
            AcquireError::MaximumOfPipeline => Self::caused_by(ErrorKind::NotResumable, error)
                .hint("set another `runs` for its nodes in the definition, and add `--recompile`"),
            AcquireError::MaximumTooSmall { .. } => Self::caused_by(ErrorKind::NotResumable, error)
                .hint("give a larger maximum, or none to keep the current one"),
            AcquireError::Store(error) => error,
            AcquireError::Io(error) => error.into(),
        }
    }
}
