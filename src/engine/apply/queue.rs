//! Records what the queue told and gave.
use crate::engine::state::State;
use crate::model::{QueueStatus, Task};
use jiff::Timestamp;

impl State {
    pub(super) fn queue_checked(&mut self, status: &QueueStatus, parked: &[String], at: Timestamp) {
        self.note_closed_tasks(status, at);
        self.compare_tasks(status);
        self.current.queue_status = Some(status.clone());
        // The check released everything the session held.
        self.current.task = None;
        if !parked.is_empty() {
            self.tasks_parked();
        }
    }

    /// Grants new retries after the first parked task: what kept failing is out of the way. If the next task fails as
    /// well, the task was hardly the cause.
    fn tasks_parked(&mut self) {
        let counters = &mut self.current.counters;
        if counters.parked == 0 {
            counters.errors = 0;
            counters.failures = 0;
        }
        counters.parked += 1;
    }

    pub(super) fn task_claimed(&mut self, task: &Task) {
        self.current.task = Some(task.clone());
    }
}
