//! Which session is to run, and how.
use crate::model::Change;
use crate::plan::Plan;
use crate::runner::slice::Slice;
use serde::{Deserialize, Serialize};

/// What to do with a session of that name that exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mode {
    /// Fail.
    New,
    /// Continue where it was.
    Resume,
    /// Stop it, archive it and start over.
    Force,
}

/// A session to run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SessionRequest {
    pub plan: Plan,
    pub mode: Mode,
    /// The maximum given on the command line; with [`Mode::Resume`] it replaces the frozen one.
    pub max_iterations: Option<u32>,
    /// What changes with [`Mode::Resume`].
    pub change: Change,
    /// With [`Mode::Resume`]: continue with this plan instead of the session's own.
    #[serde(default)]
    pub replace: bool,
    /// Whether the runner on another machine that the lock names is known to be gone.
    #[serde(default)]
    pub take_over: bool,
    /// The slice of a supervisor that it is run for.
    #[serde(default)]
    pub slice: Option<Slice>,
}
