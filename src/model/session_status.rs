//! What a session is doing, in one word.
use serde::{Deserialize, Serialize};

/// What a session is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SessionStatus {
    /// A runner works on it.
    Running,
    /// It rests until a time: nothing can be done before.
    Waiting,
    /// The user paused it.
    Paused,
    /// It waits for an answer from the user.
    Asking,
    /// It was running, and its runner is gone.
    Crashed,
    /// It was running, and was ended from outside: anyone may resume it.
    Interrupted,
    /// It reached its goal.
    Complete,
    Failed,
    /// It ended short of its goal.
    LimitReached,
    /// The user stopped it.
    Stopped,
}

impl SessionStatus {
    /// Returns the word in JSON, as in `state.json`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Waiting => "waiting",
            Self::Paused => "paused",
            Self::Asking => "asking",
            Self::Crashed => "crashed",
            Self::Interrupted => "interrupted",
            Self::Complete => "complete",
            Self::Failed => "failed",
            Self::LimitReached => "limit_reached",
            Self::Stopped => "stopped",
        }
    }

    /// Returns the words shown to the user.
    pub fn label(self) -> &'static str {
        match self {
            Self::Running => "active",
            Self::Complete => "completed",
            Self::LimitReached => "limit reached",
            Self::Waiting
            | Self::Paused
            | Self::Asking
            | Self::Crashed
            | Self::Interrupted
            | Self::Failed
            | Self::Stopped => self.as_str(),
        }
    }

    /// Returns what the status of the journal means, given whether a runner lives: a session that should be running and
    /// has none has crashed.
    #[must_use]
    pub fn observed(self, alive: bool) -> Self {
        match self {
            Self::Running | Self::Waiting | Self::Paused | Self::Asking if !alive => Self::Crashed,
            Self::Running
            | Self::Waiting
            | Self::Paused
            | Self::Asking
            | Self::Crashed
            | Self::Interrupted
            | Self::Complete
            | Self::Failed
            | Self::LimitReached
            | Self::Stopped => self,
        }
    }

    /// Whether it should have a runner.
    pub fn is_active(self) -> bool {
        match self {
            Self::Running | Self::Waiting | Self::Paused | Self::Asking => true,
            Self::Crashed
            | Self::Interrupted
            | Self::Complete
            | Self::Failed
            | Self::LimitReached
            | Self::Stopped => false,
        }
    }

    /// Whether it ended short of its goal: a resume continues it.
    pub fn is_resumable(self) -> bool {
        self != Self::Complete && !self.is_active()
    }
}

#[cfg(test)]
mod tests {
    use super::SessionStatus::{self, *};

    /// The status in the journal, its status with a runner and without one.
    const OBSERVED: [(SessionStatus, SessionStatus, SessionStatus); 10] = [
        (Running, Running, Crashed),
        (Waiting, Waiting, Crashed),
        (Paused, Paused, Crashed),
        (Asking, Asking, Crashed),
        (Crashed, Crashed, Crashed),
        (Interrupted, Interrupted, Interrupted),
        (Complete, Complete, Complete),
        (Failed, Failed, Failed),
        (LimitReached, LimitReached, LimitReached),
        (Stopped, Stopped, Stopped),
    ];

    #[test]
    fn a_session_that_should_run_and_has_no_runner_has_crashed() {
        for (journal, alive, dead) in OBSERVED {
            assert_eq!(
                (journal.observed(true), journal.observed(false)),
                (alive, dead)
            );
        }
    }

    #[test]
    fn json_spells_a_status_as_as_str_does() {
        for (status, ..) in OBSERVED {
            assert_eq!(serde_json::to_value(status).unwrap(), status.as_str());
        }
    }
}
