//! What the supervisor asks you about a project.
use crate::model::{FailureClass, ProjectId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A question about a project that is blocked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectQuestion {
    /// Counts the project's questions, from one.
    pub id: u32,
    pub asked_at: Timestamp,
    pub cause: BlockCause,
    /// How many resumes were tried since the last iteration that succeeded.
    pub tried: u32,
}

/// Why a project is blocked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum BlockCause {
    /// Its session failed in a way that a resume does not change, or too often.
    Failed {
        class: Option<FailureClass>,
        error: String,
    },
    /// Its session reached a limit before its goal.
    LimitReached {
        limit: String,
        /// What to do before a resume, or the command that raises the limit.
        #[serde(default)]
        hint: String,
    },
    /// Its session could not be started.
    Launch { error: String },
}

impl ProjectQuestion {
    /// Returns its id as it is shown: `s1`, unlike the questions of sessions.
    pub fn label(&self) -> String {
        format!("s{}", self.id)
    }

    /// Returns the commands that answer it.
    pub fn commands(&self, project: &ProjectId) -> [String; 2] {
        ["approve", "reject"].map(|verb| format!("ap {verb} {project}"))
    }

    /// Returns what happened, in one sentence.
    pub fn text(&self) -> String {
        match &self.cause {
            BlockCause::Failed { error, .. } => format!("the session failed: {error}"),
            BlockCause::LimitReached { limit, .. } => format!("the session ended short: {limit}"),
            BlockCause::Launch { error } => format!("the session cannot be started: {error}"),
        }
    }

    /// Returns what was tried, in one sentence.
    pub fn tried_text(&self) -> String {
        match self.tried {
            0 => "nothing was tried: a resume alone does not change this".to_owned(),
            1 => "it was resumed once".to_owned(),
            tries => format!("it was resumed {tries} times"),
        }
    }

    /// Returns what to do about it, in one sentence.
    pub fn advice(&self) -> &str {
        match &self.cause {
            BlockCause::Failed { class, .. } => match class {
                Some(FailureClass::Login) => "sign in to the provider, then resume it",
                Some(FailureClass::Billing) => {
                    "settle the account's bill or budget, then resume it"
                }
                Some(FailureClass::Denied) => "allow what the agent needs, then resume it",
                _ => "fix the cause, then resume it",
            },
            BlockCause::LimitReached { hint, .. } if hint.is_empty() => {
                "resume the session with a larger limit"
            }
            BlockCause::LimitReached { hint, .. } => hint,
            BlockCause::Launch { .. } => "fix the cause, then resume it",
        }
    }
}
