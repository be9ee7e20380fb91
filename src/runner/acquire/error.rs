//! Why a session cannot be acquired.
use crate::clock;
use crate::error::Error;
use crate::model::{ProcessId, SessionName};
use crate::plan::Plan;
use crate::store::lock::Holder;
use crate::store::session::Snapshot;
use crate::text::exact_duration;
use jiff::Timestamp;
use std::io;
use thiserror::Error;

/// Why a session cannot be acquired. Nothing of it was changed, unless it was to be replaced.
#[derive(Debug, Error)]
pub enum AcquireError {
    #[error("session '{session}' is already running")]
    AlreadyRunning {
        session: SessionName,
        /// Its runner, if the lock file names it.
        holder: Option<Box<Holder>>,
    },
    /// Its runner cannot be seen from here. `last_sign` is when it last wrote to the journal.
    #[error("session '{session}' runs on another machine, {}{}", .holder.host, since(*.started_at, *.last_sign))]
    OnAnotherMachine {
        session: SessionName,
        holder: Box<ProcessId>,
        started_at: Option<Timestamp>,
        last_sign: Option<Timestamp>,
    },
    #[error("the runner of session '{session}' cannot be ended")]
    RunnerDoesNotEnd {
        session: SessionName,
        pid: Option<i32>,
    },
    #[error("there is no session '{session}' to resume")]
    NotFound { session: SessionName },
    /// It exists, is not complete and has no runner.
    #[error("session '{}' exists", .0.plan.session)]
    Exists(Box<Snapshot>),
    #[error("session '{}' runs `{}`, not `{requested}`", .plan.session, .plan.name)]
    RunsAnother { plan: Box<Plan>, requested: String },
    #[error("session '{}' cannot continue with another plan: {reason}", .plan.session)]
    PlanNotReplaceable { plan: Box<Plan>, reason: String },
    #[error("a pipeline takes no maximum")]
    MaximumOfPipeline,
    #[error("session '{session}' has completed {completed} iterations already")]
    MaximumTooSmall {
        session: SessionName,
        completed: u32,
    },
    /// Its files cannot be used.
    #[error(transparent)]
    Store(#[from] Error),
    #[error(transparent)]
    Io(#[from] io::Error),
}

fn since(started_at: Option<Timestamp>, last_sign: Option<Timestamp>) -> String {
    let since = started_at.map_or_else(String::new, |at| {
        format!(" since {}", at.strftime("%Y-%m-%d %H:%M:%S UTC"))
    });
    let sign = last_sign.map_or_else(String::new, |at| {
        let seconds = clock::now()
            .duration_since(at)
            .as_secs()
            .max(0)
            .unsigned_abs();
        format!("; last sign of life {} ago", exact_duration(seconds))
    });
    since + &sign
}
