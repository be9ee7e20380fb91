//! What you answer, and what that amounts to.
use super::asked::{Next, Question, Subject};
use super::id::QuestionId;
use super::permission::{MORE_PERMITS, PERMITS, Permit};
use crate::text::{clean, clip_bytes};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// What you answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    Text(String),
    /// The number of a choice, from 1.
    Choice(u32),
    /// Yes, perhaps with a remark.
    Approve(String),
    /// No, perhaps with a reason.
    Reject(String),
    /// What the session made of your answer to a branch.
    Resolved(Resolved),
}

/// An answer as it counts: its text, and what happens next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolved {
    pub text: String,
    pub next: Next,
    /// What it means for the permission that is asked for, if one is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permit: Option<Permit>,
}

/// Why a reply answers no question.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ReplyError {
    #[error("the answer is empty")]
    Empty,
    #[error("there is no choice {number}: the question has {choices}")]
    NoSuchChoice { number: u32, choices: usize },
    #[error("the question has no choices: answer it with a text")]
    NoChoices,
    #[error("`{0}` is none of the choices")]
    NotAChoice(String),
}

/// Longest answer kept, in bytes.
pub(super) const LONGEST_ANSWER: usize = 4096;

impl Question {
    /// Returns what a reply amounts to.
    pub fn resolve(&self, reply: &Reply) -> Result<Resolved, ReplyError> {
        match reply {
            Reply::Resolved(resolved) => Ok(resolved.clone()),
            reply if self.is_permission() => self.permit(reply),
            Reply::Text(text) => self.text_answer(text),
            Reply::Choice(number) => self.choice(*number),
            Reply::Approve(remark) => Ok(Resolved {
                text: or(remark, "approved"),
                next: Next::Go,
                permit: None,
            }),
            Reply::Reject(reason) => Ok(Resolved {
                text: or(reason, "rejected"),
                // An agent is told, and decides itself.
                next: match self.subject {
                    Subject::Agent { .. } => Next::Go,
                    _ => Next::Stop,
                },
                permit: None,
            }),
        }
    }

    fn text_answer(&self, text: &str) -> Result<Resolved, ReplyError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(ReplyError::Empty);
        }
        let same = |choice: &&String| choice.eq_ignore_ascii_case(text);
        match self.choices.iter().find(same) {
            Some(choice) => Ok(self.chosen(choice)),
            // What is asked by `ap` itself has no reader who could make something else of the text.
            None if !self.takes_any_text() => Err(ReplyError::NotAChoice(clean(text))),
            None => Ok(Resolved {
                text: clip_bytes(text, LONGEST_ANSWER),
                next: Next::Go,
                permit: None,
            }),
        }
    }

    /// Returns what a reply to the agent at work amounts to. What is not understood allows nothing.
    fn permit(&self, reply: &Reply) -> Result<Resolved, ReplyError> {
        let words: &[(&str, Permit)] = match self.subject {
            Subject::ManyPermissions { .. } => &MORE_PERMITS,
            _ => &PERMITS,
        };
        let with = |permit, text: &str, default: &str| Resolved {
            text: or(text, default),
            next: Next::Go,
            permit: Some(permit),
        };
        let (first, last) = (words[0], words[words.len() - 1]);
        match reply {
            Reply::Approve(_) => Ok(with(first.1, "", first.0)),
            Reply::Reject(reason) => Ok(with(last.1, reason, last.0)),
            Reply::Choice(number) => {
                let choice = self.choice(*number)?;
                self.permit(&Reply::Text(choice.text))
            }
            Reply::Text(text) => {
                let text = text.trim();
                let known = words
                    .iter()
                    .find(|(word, _)| word.eq_ignore_ascii_case(text));
                if let Some((word, permit)) = known {
                    return Ok(with(*permit, "", word));
                }
                let reason = text
                    .strip_prefix("deny")
                    .map(|rest| rest.trim_start_matches([':', ' ']));
                match (text.is_empty(), reason) {
                    (true, _) => Err(ReplyError::Empty),
                    (false, Some(reason)) => Ok(with(Permit::Denied, reason, last.0)),
                    (false, None) => Err(ReplyError::NotAChoice(clean(text))),
                }
            }
            Reply::Resolved(resolved) => Ok(resolved.clone()),
        }
    }

    fn choice(&self, number: u32) -> Result<Resolved, ReplyError> {
        if self.choices.is_empty() {
            return Err(ReplyError::NoChoices);
        }
        let index = usize::try_from(number)
            .ok()
            .and_then(|it| it.checked_sub(1));
        let choice = index.and_then(|index| self.choices.get(index));
        choice
            .map(|choice| self.chosen(choice))
            .ok_or(ReplyError::NoSuchChoice {
                number,
                choices: self.choices.len(),
            })
    }

    fn chosen(&self, choice: &str) -> Resolved {
        Resolved {
            text: choice.to_owned(),
            next: self.what_happens.get(choice).copied().unwrap_or(Next::Go),
            permit: None,
        }
    }
}

fn or(text: &str, default: &str) -> String {
    match text.trim() {
        "" => default.to_owned(),
        text => clip_bytes(text, LONGEST_ANSWER),
    }
}

/// An answer as it was recorded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GivenAnswer {
    pub id: QuestionId,
    #[serde(rename = "answer")]
    pub text: String,
    pub next: Next,
    /// What it means for the permission that was asked for, if one was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permit: Option<Permit>,
    pub by: String,
    pub given_at: Timestamp,
}
