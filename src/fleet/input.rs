//! What happened outside the fleet.
use super::desired::Desired;
use super::event::StopHow;
use super::project::Registration;
use super::session::SessionDigest;
use crate::model::{ProcessId, ProjectId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Something that just happened outside the fleet.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// A supervisor took the lock.
    Started {
        process: ProcessId,
        version: String,
    },
    /// What `desired.json` says.
    Desired(Desired),
    Registered(Registration),
    Removed {
        project: ProjectId,
    },
    /// A session was looked at.
    Session {
        project: ProjectId,
        digest: SessionDigest,
    },
    /// The runner of a slice could not be started.
    LaunchFailed {
        project: ProjectId,
        generation: u64,
        problem: LaunchProblem,
        error: String,
    },
    /// The supervisor is not to start the runner of a slice that has none.
    NotLaunched {
        project: ProjectId,
        generation: u64,
    },
    /// A project's directory was looked at.
    Looked {
        project: ProjectId,
        /// The slice whose runner is about to be started, if that is why.
        before: Option<u64>,
        fitness: Fitness,
    },
    /// The queue of a project that is done was looked at.
    OpenTasks {
        project: ProjectId,
        open: u32,
    },
    /// The command that makes room has ended.
    RoomMade {
        project: ProjectId,
        code: Option<i32>,
    },
    /// A request waits for a session that no runner works on.
    RequestWaits {
        project: ProjectId,
    },
    Request(FleetRequest),
}

/// What can be done about a runner that was not started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LaunchProblem {
    /// It may work later.
    Passes,
    /// Only you can change it.
    NeedsYou,
    /// The session has nothing to do.
    NothingToDo,
}

/// Whether a project can be worked on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fitness {
    Fit,
    Unfit {
        reason: String,
    },
    /// There is too little space on its file system.
    DiskLow {
        free: String,
    },
}

/// What you request of the supervisor: a file in its inbox.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "request")]
pub enum FleetRequest {
    /// Give no slice to a project; `now` ends the one it has.
    Pause {
        project: ProjectId,
        until: Option<Timestamp>,
        now: bool,
        by: String,
    },
    /// Give a project a slice, whatever it waits for.
    Resume {
        project: ProjectId,
        by: String,
    },
    /// Your answer to what is asked about a project: resume it, or leave it paused.
    Answer {
        project: ProjectId,
        question: u32,
        resume: bool,
        by: String,
    },
    /// Give no slices.
    PauseAll {
        until: Option<Timestamp>,
        by: String,
    },
    ContinueAll {
        by: String,
    },
    /// End; or hand over to that process, once no launch is under way.
    Stop {
        how: StopHow,
        by: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        successor: Option<ProcessId>,
    },
}
