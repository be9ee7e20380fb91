//! A user story, of which only the id, whether it passes and its order must be right.
use super::depends::{Dependent, ids};
use super::order::{order, shown};
use super::texts::{list, text};
use crate::queue::task_id::TaskId;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use std::collections::HashMap;

/// The whole file.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an object with `userStories`")]
pub(super) struct File {
    user_stories: Option<Vec<Story>>,
    /// Without it serde would take an array for an object, and closing would look for a member that is not there.
    #[serde(flatten)]
    rest: HashMap<String, IgnoredAny>,
}

/// One story.
#[derive(Deserialize)]
#[serde(expecting = "an object with `id`, and with `passes` once it is done")]
pub(super) struct Story {
    id: TaskId,
    passes: Option<bool>,
    #[serde(flatten)]
    rest: HashMap<String, Value>,
}

/// The fields that name the stories one waits for.
const DEPENDENCIES: [&str; 5] = [
    "dependsOn",
    "depends_on",
    "dependencies",
    "blockedBy",
    "blocked_by",
];
/// Names that others give to the list of stories.
const OTHER_NAMES: [&str; 7] = [
    "stories",
    "user_stories",
    "userstories",
    "UserStories",
    "tasks",
    "items",
    "features",
];

impl File {
    /// Returns the stories; an error names what is there instead.
    pub(super) fn stories(self) -> Result<Vec<Story>, String> {
        let rest = self.rest;
        self.user_stories.ok_or_else(|| {
            let other = OTHER_NAMES.iter().find(|name| rest.contains_key(**name));
            other.map_or_else(
                || "it has no list `userStories`".to_owned(),
                |name| {
                    format!("it has `{name}` where the list `userStories` is expected: rename it")
                },
            )
        })
    }
}

impl Story {
    pub(super) fn id(&self) -> &str {
        self.id.0.trim()
    }

    pub(super) fn passes(&self) -> bool {
        self.passes == Some(true)
    }

    pub(super) fn title(&self) -> String {
        self.text("title")
    }

    /// Returns the description and the notes.
    pub(super) fn body(&self) -> String {
        let notes = match self.text("notes") {
            notes if notes.is_empty() => notes,
            notes => format!("Notes: {notes}"),
        };
        let parts = [self.text("description"), notes];
        let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        parts.join("\n\n")
    }

    pub(super) fn acceptance(&self) -> Vec<String> {
        self.rest
            .get("acceptanceCriteria")
            .map(list)
            .unwrap_or_default()
    }

    /// Returns what the stories are ordered by; those without a priority come last.
    pub(super) fn order(&self) -> f64 {
        self.rest.get("priority").map_or(f64::INFINITY, order)
    }

    /// Returns the priority, if it is a whole number.
    pub(super) fn shown_priority(&self) -> Option<u32> {
        self.rest.get("priority").and_then(shown)
    }

    /// Returns what the story waits for.
    pub(super) fn dependent(&self) -> Dependent {
        let named = DEPENDENCIES.iter().filter_map(|name| self.rest.get(*name));
        Dependent {
            id: self.id().to_owned(),
            is_closed: self.passes(),
            waits_for: named.flat_map(ids).collect(),
        }
    }

    fn text(&self, name: &str) -> String {
        self.rest.get(name).map(text).unwrap_or_default()
    }
}
