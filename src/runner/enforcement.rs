//! Enforces what a shim does not: one that was stopped is continued, and one that does not end its agent is killed.
use crate::exec::process;
use crate::model::ProcessId;
use nix::sys::signal::Signal;
use std::time::{Duration, Instant};

/// How much longer than asked a shim may take to end its agent, which has time for its last words.
const GRACE: Duration = Duration::from_secs(15);

/// What a runner does about a shim that does not do its work.
#[derive(Debug)]
pub(super) struct Enforcement {
    /// The process of the shim, or its guard. `None` if it is not known.
    shim: Option<ProcessId>,
    /// When the attempt must be over at last.
    deadline: Option<Instant>,
    /// Whether the runner has killed the shim for it.
    killed: bool,
    looked: Instant,
}

impl Enforcement {
    /// Begins with an attempt that may run for `wall_s` seconds; 0 is no limit.
    pub(super) fn new(shim: Option<ProcessId>, wall_s: u64) -> Self {
        let wall = Duration::from_secs(wall_s);
        Self {
            shim,
            deadline: (!wall.is_zero()).then(|| Instant::now() + wall + GRACE),
            killed: false,
            looked: Instant::now(),
        }
    }

    /// Records that the agent was asked to end.
    pub(super) fn end_requested(&mut self) {
        let deadline = Instant::now() + GRACE;
        self.deadline = Some(self.deadline.map_or(deadline, |at| at.min(deadline)));
    }

    /// Whether the runner has ended the attempt, because its shim did not.
    pub(super) fn has_killed(&self) -> bool {
        self.killed
    }

    /// Continues a shim that was stopped, and kills one that is overdue. The guard of a killed shim ends the agent, and
    /// so does the runner when the shim is gone. While the agent `is_held`, the time it has stands still.
    pub(super) fn look(&mut self, is_held: bool) {
        let since = std::mem::replace(&mut self.looked, Instant::now());
        if is_held {
            self.deadline = self.deadline.map(|at| at + since.elapsed());
        }
        let Some(shim) = &self.shim else { return };
        if process::liveness(shim) != process::Liveness::Alive {
            return;
        }
        let below = process::children_of(shim.pid);
        let is_due = self.deadline.is_some_and(|at| at <= Instant::now());
        if is_due {
            tracing::warn!(?shim, "the shim does not end its agent and is killed");
            self.killed = true;
            // Once more after as long again, and then the guard with it.
            self.deadline = Some(Instant::now() + GRACE);
            let victims = if below.is_empty() {
                vec![shim.pid]
            } else {
                below
            };
            for pid in victims.into_iter().filter_map(process::identity) {
                process::send(&pid, Signal::SIGKILL);
            }
            return;
        }
        for pid in std::iter::once(shim.pid).chain(below) {
            if process::is_stopped(pid)
                && let Some(stopped) = process::identity(pid)
            {
                tracing::warn!(pid, "a stopped shim is continued");
                process::send(&stopped, Signal::SIGCONT);
            }
        }
    }
}
