//! A project that the supervisor works on.
use super::session::Seen;
use super::status::ProjectStatus;
use crate::model::ProjectId;
use camino::Utf8PathBuf;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How many resumes there are at most in [`WINDOW`] without an iteration that succeeded.
pub(super) const MAX_RECOVERIES: usize = 5;
/// The time in which recoveries are counted.
pub(super) const WINDOW: SignedDuration = SignedDuration::from_hours(24);

/// A directory that was registered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registration {
    pub project: ProjectId,
    /// The project's real path.
    pub root: Utf8PathBuf,
    /// Its share of the slices, compared with others; 1 is usual.
    pub weight: u32,
}

/// A project, as the supervisor's journal has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Project {
    pub root: Utf8PathBuf,
    pub weight: u32,
    pub status: ProjectStatus,
    /// Since when it has that status.
    pub since: Timestamp,
    /// How far its session's journal has been read.
    pub seen: Seen,
    /// The generation of its last slice.
    pub slice: u64,
    /// Iterations that were over when the slice began.
    pub slice_from: u32,
    /// When it was resumed after failures since the last iteration that succeeded; the latest ones.
    pub recoveries: Vec<Timestamp>,
    /// How many questions were asked about it.
    pub questions: u32,
    /// When an iteration of it was last over.
    pub progressed_at: Option<Timestamp>,
    /// Milliseconds in which it ran; no other time counts for it.
    pub ran_ms: i64,
}

impl Project {
    pub(super) fn new(registration: &Registration, at: Timestamp) -> Self {
        Self {
            root: registration.root.clone(),
            weight: registration.weight.max(1),
            status: ProjectStatus::Due { asked: false },
            since: at,
            seen: Seen::default(),
            slice: 0,
            slice_from: 0,
            recoveries: Vec::new(),
            questions: 0,
            progressed_at: None,
            ran_ms: 0,
        }
    }

    /// Returns how many iterations of its slice are over.
    pub(super) fn slice_used(&self) -> u32 {
        self.seen.iterations.saturating_sub(self.slice_from)
    }

    /// Returns how many of its recoveries were in the last 24 hours.
    pub(super) fn recoveries_since(&self, now: Timestamp) -> usize {
        let from = now.saturating_sub(WINDOW).unwrap_or(Timestamp::MIN);
        self.recoveries.iter().filter(|at| from < **at).count()
    }

    pub(super) fn add_recovery(&mut self, at: Timestamp) {
        if MAX_RECOVERIES <= self.recoveries.len() {
            self.recoveries.remove(0);
        }
        self.recoveries.push(at);
    }
}
