//! What an agent writes at the end of an iteration: `status.json`.
use crate::text::clip_bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

/// The agent's vote on whether its node continues.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// More to do.
    Continue,
    /// Nothing left to do, as far as this agent can see.
    Stop,
    /// Could not do its work.
    Error,
    /// More to do, and you must decide something first.
    #[serde(alias = "pause")]
    Ask,
}

impl Decision {
    /// Returns the word in `status.json`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Continue => "continue",
            Self::Stop => "stop",
            Self::Error => "error",
            Self::Ask => "ask",
        }
    }
}

/// A valid `status.json`. Only `decision` is required; unknown fields are ignored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Status {
    /// The agent's vote.
    pub decision: Decision,
    /// Why.
    #[serde(default)]
    pub reason: String,
    /// What was done; shown to the next agent and in lists.
    #[serde(default)]
    pub summary: String,
    /// The results.
    #[serde(default)]
    pub work: Work,
    /// What went wrong.
    #[serde(default)]
    pub errors: Vec<String>,
    /// What you are asked, with `decision: ask`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub question: String,
    /// The answers to choose from, if there are only a few.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<String>,
}

/// The agent's report of its work.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Work {
    /// Tasks that are done, by id or in words.
    #[serde(default)]
    pub items_completed: Vec<String>,
    /// Paths, relative to the project.
    #[serde(default)]
    pub files_touched: Vec<String>,
}

/// Why a text is not a valid status.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum StatusError {
    #[error("status.json is not JSON: {0}")]
    NotJson(String),
    #[error("status.json must be an object, not {0}")]
    NotAnObject(&'static str),
    #[error("status.json has no `decision`: write \"continue\", \"stop\", \"ask\" or \"error\"")]
    NoDecision,
    #[error("status.json says `decision: {0}`: write \"continue\", \"stop\", \"ask\" or \"error\"")]
    UnknownDecision(String),
    #[error("status.json says `decision: ask` and has no `question`")]
    NoQuestion,
    #[error("status.json: `{field}` must be {expected}")]
    WrongType {
        field: &'static str,
        expected: &'static str,
    },
}

/// Longest text kept of a field, in bytes; the file itself keeps all.
const LONGEST_TEXT: usize = 4096;
/// Maximum number of entries kept of a list.
const LONGEST_LIST: usize = 200;

impl Status {
    /// Whether two agents report the same; their reasons may differ.
    pub fn says_the_same(&self, other: &Self) -> bool {
        (self.decision, &self.summary, &self.work) == (other.decision, &other.summary, &other.work)
    }

    /// Reads the text of a `status.json`. Missing and `null` fields are empty.
    pub fn parse(text: &str) -> Result<Self, StatusError> {
        let value: Value = serde_json::from_str(text.trim_start_matches('\u{feff}'))
            .map_err(|e| StatusError::NotJson(e.to_string()))?;
        Self::from_value(&value)
    }

    /// Reads a status from JSON that is already parsed.
    pub fn from_value(value: &Value) -> Result<Self, StatusError> {
        let Value::Object(_) = value else {
            return Err(StatusError::NotAnObject(kind(value)));
        };
        let decision = match value.get("decision") {
            None | Some(Value::Null) => return Err(StatusError::NoDecision),
            Some(Value::String(word)) => match word.as_str() {
                "continue" => Decision::Continue,
                "stop" => Decision::Stop,
                "error" => Decision::Error,
                "ask" | "pause" => Decision::Ask,
                other => return Err(StatusError::UnknownDecision(clip(other))),
            },
            Some(_) => {
                return Err(StatusError::WrongType {
                    field: "decision",
                    expected: "a string",
                });
            }
        };
        let work = match value.get("work") {
            None | Some(Value::Null) => Work::default(),
            Some(work @ Value::Object(_)) => Work {
                items_completed: list(work.get("items_completed"), "work.items_completed")?,
                files_touched: list(work.get("files_touched"), "work.files_touched")?,
            },
            Some(_) => {
                return Err(StatusError::WrongType {
                    field: "work",
                    expected: "an object",
                });
            }
        };
        let status = Self {
            decision,
            reason: text(value.get("reason"), "reason")?,
            summary: text(value.get("summary"), "summary")?,
            work,
            errors: list(value.get("errors"), "errors")?,
            question: text(value.get("question"), "question")?,
            choices: list(value.get("choices"), "choices")?,
        };
        if decision == Decision::Ask && status.asks().trim().is_empty() {
            return Err(StatusError::NoQuestion);
        }
        Ok(status)
    }

    /// Returns the agent's account of its iteration: the summary, or the reason if there is none.
    pub fn said(&self) -> &str {
        if self.summary.is_empty() {
            &self.reason
        } else {
            &self.summary
        }
    }

    /// Returns what the agent asks: its question, or what it gives as its reason.
    pub fn asks(&self) -> &str {
        [&self.question, &self.reason]
            .into_iter()
            .find(|text| !text.trim().is_empty())
            .unwrap_or(&self.summary)
    }

    /// Returns the status of an agent that asked you with `ap block` and left no other one.
    pub fn asking(question: &str) -> Self {
        Self {
            decision: Decision::Ask,
            question: question.to_owned(),
            errors: Vec::new(),
            ..Self::missing(question)
        }
    }

    /// Returns the status the engine records for an iteration whose agent left no valid one.
    pub fn missing(reason: &str) -> Self {
        Self {
            decision: Decision::Error,
            reason: reason.to_owned(),
            summary: String::new(),
            work: Work::default(),
            errors: vec![reason.to_owned()],
            question: String::new(),
            choices: Vec::new(),
        }
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn text(value: Option<&Value>, field: &'static str) -> Result<String, StatusError> {
    match value {
        None | Some(Value::Null) => Ok(String::new()),
        Some(Value::String(text)) => Ok(clip(text)),
        Some(_) => Err(StatusError::WrongType {
            field,
            expected: "a string",
        }),
    }
}

fn list(value: Option<&Value>, field: &'static str) -> Result<Vec<String>, StatusError> {
    let wrong = StatusError::WrongType {
        field,
        expected: "a list of strings",
    };
    match value {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(items)) => items
            .iter()
            .take(LONGEST_LIST)
            .map(|item| item.as_str().map(clip).ok_or_else(|| wrong.clone()))
            .collect(),
        Some(_) => Err(wrong),
    }
}

/// Shortens a text so that it fits into a journal line.
fn clip(text: &str) -> String {
    clip_bytes(text, LONGEST_TEXT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seeds_example_is_valid() {
        let status = Status::parse(r#"{"decision":"stop","reason":"r","summary":"s","work":{"items_completed":["a"],"files_touched":[]},"errors":[],"timestamp":"x"}"#).unwrap();
        assert_eq!(
            (status.decision, status.work.items_completed),
            (Decision::Stop, vec!["a".to_owned()])
        );
    }

    #[test]
    fn only_the_decision_is_required() {
        assert_eq!(
            Status::parse(r#"{"decision":"continue","work":null}"#)
                .unwrap()
                .work,
            Work::default()
        );
    }

    #[test]
    fn each_mistake_is_named() {
        let message = |text: &str| Status::parse(text).unwrap_err().to_string();
        assert!(message("").contains("not JSON"));
        assert!(message("[1]").contains("not a list"));
        assert!(message("{}").contains("no `decision`"));
        assert!(message(r#"{"decision":"done"}"#).contains("`decision: done`"));
        assert!(message(r#"{"decision":1}"#).contains("`decision` must be a string"));
        assert!(
            message(r#"{"decision":"stop","work":"all"}"#).contains("`work` must be an object")
        );
        assert!(
            message(r#"{"decision":"stop","errors":[1]}"#)
                .contains("`errors` must be a list of strings")
        );
    }

    #[test]
    fn a_question_may_be_called_a_pause_and_is_never_empty() {
        let status =
            Status::parse(r#"{"decision":"pause","question":"Merge?","choices":["yes","no"]}"#)
                .unwrap();
        assert_eq!(status.decision, Decision::Ask);
        assert_eq!((status.asks(), status.choices.len()), ("Merge?", 2));
        let without = Status::parse(r#"{"decision":"ask","reason":"Which database?"}"#).unwrap();
        assert_eq!(without.asks(), "Which database?");
        let empty = Status::parse(r#"{"decision":"ask","question":" "}"#);
        assert_eq!(empty, Err(StatusError::NoQuestion));
    }

    #[test]
    fn long_texts_are_clipped_at_a_character() {
        let status = Status::parse(&format!(
            r#"{{"decision":"stop","summary":"{}"}}"#,
            "é".repeat(10_000)
        ))
        .unwrap();
        assert!(status.summary.len() < LONGEST_TEXT + 8);
    }
}
