//! A task's id as files and programs write it: a text or a number.
use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};
use std::fmt;

/// A task's id. A number counts as the text of its digits.
#[derive(Debug)]
pub(super) struct TaskId(pub(super) String);

impl<'de> Deserialize<'de> for TaskId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(IdVisitor)
    }
}

struct IdVisitor;

impl Visitor<'_> for IdVisitor {
    type Value = TaskId;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an id, which is a text or a whole number")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<TaskId, E> {
        Ok(TaskId(text.to_owned()))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<TaskId, E> {
        Ok(TaskId(number.to_string()))
    }
}
