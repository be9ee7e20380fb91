//! A task as the `list` command prints it.
use crate::model::{Task, TaskState};
use crate::queue::task_id::TaskId;
use serde::Deserialize;

/// A task as `list` prints it.
#[derive(Debug, Deserialize)]
pub(in crate::queue) struct Listed {
    id: TaskId,
    title: String,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    acceptance: Option<Vec<String>>,
    #[serde(default)]
    priority: Option<u32>,
    state: ListedState,
    #[serde(default)]
    owner: Option<String>,
    #[serde(default)]
    why: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ListedState {
    #[serde(alias = "ready")]
    Open,
    Held,
    Blocked,
    Closed,
}

impl Listed {
    pub(in crate::queue) fn task(self) -> Task {
        let state = match self.state {
            ListedState::Open => TaskState::Ready,
            ListedState::Held => TaskState::Held,
            ListedState::Blocked => TaskState::Blocked,
            ListedState::Closed => TaskState::Closed,
        };
        Task {
            id: self.id.0,
            title: self.title,
            body: self.body.unwrap_or_default(),
            acceptance: self.acceptance.unwrap_or_default(),
            priority: self.priority,
            state,
            owner: self
                .owner
                .filter(|owner| state == TaskState::Held && !owner.is_empty()),
            why: self.why.filter(|_| state == TaskState::Blocked),
        }
    }
}
