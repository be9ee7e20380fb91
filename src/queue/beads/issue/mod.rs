//! Issues as `bd --json` prints them, and what they are as tasks.
use crate::clock;
use crate::model::{Task, TaskState};
use crate::queue::owner::Owner;
use jiff::Timestamp;
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};

/// An issue with the fields that are used; absent and null fields are equal.
#[derive(Clone, Debug, Default, Deserialize)]
pub(in crate::queue) struct Issue {
    pub(super) id: String,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    design: Option<String>,
    #[serde(default)]
    notes: Option<String>,
    #[serde(default)]
    acceptance_criteria: Option<String>,
    pub(super) status: String,
    #[serde(default)]
    priority: Option<u32>,
    #[serde(default, alias = "type")]
    issue_type: Option<String>,
    #[serde(default)]
    pub(super) assignee: Option<String>,
    #[serde(default)]
    pub(super) labels: Option<Vec<String>>,
    #[serde(default)]
    pinned: Option<bool>,
    #[serde(default)]
    is_template: Option<bool>,
    #[serde(default)]
    defer_until: Option<String>,
    /// Whole issues from `show`; bare records elsewhere, of which nothing is read.
    #[serde(default)]
    dependencies: Option<Vec<Dependency>>,
    /// From `blocked`: ids.
    #[serde(default)]
    pub(super) blocked_by: Option<Vec<String>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct Dependency {
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    dependency_type: Option<String>,
}

/// Types of issues that are not tasks: they hold other issues, or records of bd itself.
const CONTAINERS: [&str; 11] = [
    "epic",
    "molecule",
    "gate",
    "event",
    "message",
    "agent",
    "role",
    "rig",
    "convoy",
    "slot",
    "merge-request",
];
/// Statuses of bd itself; any other is a custom one.
const STATUSES: [&str; 8] = [
    "open",
    "in_progress",
    "blocked",
    "deferred",
    "closed",
    "pinned",
    "hooked",
    "tombstone",
];

/// The custom statuses whose category is `done`, of `status.custom`: `name:category,…`.
pub(super) fn done_statuses(custom: &str) -> Vec<String> {
    let done = |status: &str| {
        status
            .trim()
            .strip_suffix(":done")
            .map(|name| name.trim().to_owned())
    };
    custom.split(',').filter_map(done).collect()
}

impl Issue {
    /// Whether it is a task, rather than a container of other issues.
    pub(super) fn is_work(&self) -> bool {
        let container = self
            .issue_type
            .as_deref()
            .is_some_and(|kind| CONTAINERS.contains(&kind));
        let set = |flag: Option<bool>| flag == Some(true);
        !container && self.status != "pinned" && !set(self.pinned) && !set(self.is_template)
    }

    /// Whether its status is a custom one of this database.
    pub(super) fn has_custom_status(&self) -> bool {
        !STATUSES.contains(&self.status.as_str())
    }

    /// Whether its own fields allow a claim; `bd ready` of old versions also lists other issues.
    pub(super) fn is_free(&self) -> bool {
        self.is_work() && self.status == "open" && self.assignee().is_none()
    }

    /// Whether it has the label of any session.
    pub(super) fn is_labelled(&self) -> bool {
        self.labels
            .iter()
            .flatten()
            .any(|label| label.starts_with("pipeline/"))
    }

    fn assignee(&self) -> Option<&str> {
        self.assignee
            .as_deref()
            .filter(|assignee| !assignee.is_empty())
    }

    /// Converts it into a task.
    pub(super) fn task(self, seen: &IssueContext) -> Task {
        let (state, why) = self.state(seen);
        let owner = self
            .assignee()
            .filter(|_| state == TaskState::Held)
            .map(str::to_owned);
        let section = |name: &str, text: Option<String>| {
            let text = text.filter(|text| !text.trim().is_empty())?;
            Some(if name.is_empty() {
                text
            } else {
                format!("{name}:\n{text}")
            })
        };
        let body = [
            section("", self.description),
            section("Design", self.design),
            section("Notes", self.notes),
        ];
        Task {
            id: self.id,
            title: self.title.unwrap_or_default(),
            body: body.into_iter().flatten().collect::<Vec<_>>().join("\n\n"),
            acceptance: self
                .acceptance_criteria
                .as_deref()
                .map(criteria)
                .unwrap_or_default(),
            priority: self.priority,
            state,
            owner,
            why,
        }
    }

    fn state(&self, seen: &IssueContext) -> (TaskState, Option<String>) {
        let blocked = |why: String| (TaskState::Blocked, Some(why));
        match self.status.as_str() {
            "closed" | "tombstone" => (TaskState::Closed, None),
            status if seen.done.iter().any(|done| done == status) => (TaskState::Closed, None),
            "in_progress" | "hooked" => (TaskState::Held, None),
            "deferred" => blocked(self.deferred()),
            "open" => match self.assignee() {
                // A crash in the middle of a claim or a release left this state.
                Some(assignee) if !Owner::read(assignee).is_user() => (TaskState::Held, None),
                Some(assignee) => blocked(format!("is assigned to {assignee}")),
                None => self.open(seen).map_or((TaskState::Ready, None), blocked),
            },
            status => blocked(format!("has the status `{status}`")),
        }
    }

    /// Whether it is deferred by its date, whatever its status.
    fn is_deferred(&self, now: Timestamp) -> bool {
        self.defer_until
            .as_deref()
            .and_then(|until| until.parse::<Timestamp>().ok())
            .is_some_and(|until| now < until)
    }

    fn deferred(&self) -> String {
        self.defer_until
            .as_ref()
            .map_or("is deferred".to_owned(), |until| {
                format!("is deferred until {until}")
            })
    }

    /// Returns why an open issue is not ready, if it is not.
    fn open(&self, seen: &IssueContext) -> Option<String> {
        if !self.is_work() {
            return Some(format!(
                "is of the type `{}`, which is not worked on itself",
                self.issue_type.as_deref().unwrap_or("template")
            ));
        }
        let waits = |ids: &[String]| format!("waits for {}", ids.join(", "));
        let ready = seen
            .ready
            .as_ref()
            .map(|ready| ready.contains_key(&self.id));
        if ready != Some(true) && self.is_deferred(clock::now()) {
            return Some(self.deferred());
        }
        match ready {
            Some(true) => None,
            Some(false) => Some(
                seen.blocked_by
                    .get(&self.id)
                    .filter(|ids| !ids.is_empty())
                    .map_or("is not ready for bd".to_owned(), |ids| waits(ids)),
            ),
            None => {
                let open = |dependency: &Dependency| {
                    let blocks = dependency.dependency_type.as_deref() == Some("blocks");
                    let left = dependency
                        .status
                        .as_deref()
                        .is_some_and(|status| !matches!(status, "closed" | "tombstone"));
                    (blocks && left).then(|| dependency.id.clone()).flatten()
                };
                let ids: Vec<String> = self
                    .dependencies
                    .iter()
                    .flatten()
                    .filter_map(open)
                    .collect();
                (!ids.is_empty()).then(|| waits(&ids))
            }
        }
    }
}

/// The results of other calls that decide an issue's state.
#[derive(Debug, Default)]
pub(super) struct IssueContext {
    /// Ids that `ready` listed, with their place in it; without it an issue's own dependencies decide.
    pub(super) ready: Option<HashMap<String, usize>>,
    pub(super) blocked_by: BTreeMap<String, Vec<String>>,
    /// Custom statuses that mean closed.
    pub(super) done: Vec<String>,
}

/// Splits `- [ ] one` lines; text without them is one criterion a line.
fn criteria(text: &str) -> Vec<String> {
    let plain = |line: &str| {
        let line = line.trim().trim_start_matches(['-', '*', '+']).trim_start();
        let boxed = ["[ ]", "[x]", "[X]"]
            .iter()
            .find_map(|sign| line.strip_prefix(sign));
        boxed.unwrap_or(line).trim().to_owned()
    };
    text.lines()
        .map(plain)
        .filter(|line| !line.is_empty())
        .collect()
}

#[cfg(test)]
mod tests;
