//! Facts: the lines of the supervisor's journal.
use super::desired::Desired;
use super::project::Registration;
use super::session::Seen;
use super::status::ProjectStatus;
use crate::model::{ProcessId, ProjectId};
use camino::Utf8PathBuf;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Something that happened. Named in the past tense; never changes its meaning.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum Event {
    SupervisorStarted {
        process: ProcessId,
        version: String,
        /// Whether the last supervisor ended without saying so.
        after_crash: bool,
    },
    /// The supervisor was told to end.
    StopRequested {
        how: StopHow,
        by: String,
    },
    SupervisorStopped,
    /// You said whether it shall run.
    DesiredChanged(Desired),
    /// No slice is given until then, or until you continue.
    FleetPaused {
        by: String,
        until: Option<Timestamp>,
    },
    FleetContinued {
        by: String,
    },
    ProjectRegistered(Registration),
    ProjectRemoved {
        project: ProjectId,
    },
    ProjectMoved {
        project: ProjectId,
        root: Utf8PathBuf,
    },
    ProjectWeighted {
        project: ProjectId,
        weight: u32,
    },
    /// The project's session may be resumed, once, by a runner that is told the generation.
    SliceGiven {
        project: ProjectId,
        generation: u64,
    },
    /// Iterations of its session were completed.
    Progressed {
        project: ProjectId,
        seen: Seen,
    },
    StatusChanged {
        project: ProjectId,
        change: Change,
    },
    /// Your command that makes room is run, because this project waits for space.
    RoomRequested {
        project: ProjectId,
    },
    /// That command has ended, or was ended after its time limit.
    RoomMade {
        project: ProjectId,
        code: Option<i32>,
    },
}

/// Another status of a project.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    pub status: ProjectStatus,
    pub cause: Cause,
    /// How far its session's journal was read, if that is why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<Seen>,
}

/// Why the status of a project changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "cause")]
pub enum Cause {
    /// Its session says so.
    Session,
    /// Its session was ended from outside, or by the supervisor.
    Interrupted {
        by: String,
    },
    /// A runner of yours works on it.
    StartedByYou,
    /// Its session failed, and is resumed later.
    RecoveryScheduled {
        attempt: u32,
    },
    /// Its session failed, and you are asked.
    RecoveryGivenUp,
    /// It cannot be continued as it is.
    Refused,
    WaitOver,
    /// You said so.
    Request {
        by: String,
    },
    /// Others wait for a slice.
    OthersWait,
    /// Its queue has grown since it was done.
    Reopened {
        open: u32,
    },
    /// The open tasks of its queues were counted, while it is done.
    Counted {
        open: u32,
    },
    Unfit,
    FitAgain,
    DiskLow,
    DiskFree,
    /// Something was left for its session while no runner worked on it.
    RequestWaits,
}

/// How a supervisor that ends treats the sessions it started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopHow {
    /// They are ended; an iteration that was interrupted is made again.
    Now,
    /// They complete their iterations first.
    Drain,
    /// They continue without it.
    Leave,
}
