//! What reaches the supervisor's loop.
use crate::fleet::{Fitness, LaunchProblem};
use crate::model::ProjectId;
use std::collections::BTreeSet;

/// What reaches the supervisor's loop, from its threads.
#[derive(Debug)]
pub(super) enum Message {
    /// Files of the wakeup folder were touched: projects, or `requests` and the like.
    Woken(BTreeSet<String>),
    /// The process that was to start a runner has ended.
    Launched {
        project: ProjectId,
        generation: u64,
        result: Result<(), LaunchFailure>,
    },
    /// A project cannot be worked on, so its runner was not started.
    NotFit {
        project: ProjectId,
        generation: u64,
        fitness: Fitness,
    },
    /// No runner holds the session's journal any more.
    RunnerGone(ProjectId),
    /// A project was looked at.
    Looked(ProjectId, Fitness),
    /// So many tasks are open in the queue of a project that is done.
    OpenTasks(ProjectId, u32),
    /// The command that makes room has ended.
    RoomMade(ProjectId, Option<i32>),
    /// All projects were looked at.
    SweepOver,
    /// A signal asks for the end.
    Signal(&'static str),
}

/// Why a runner was not started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LaunchFailure {
    pub(super) error: String,
    pub(super) problem: LaunchProblem,
}

/// What a runner was asked last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) generation: u64,
    pub(super) now: bool,
}
