//! Kinds of errors, each with its stable name and its exit code.
use super::exit_code::ExitCode;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

macro_rules! error_kinds {
    ($($(#[doc = $meaning:literal])+ $variant:ident = $name:literal => $exit:ident,)+) => {
        /// What kind of failure an error is. Scripts may rely on its name and exit code, not on the message.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ErrorKind {
            $($(#[doc = $meaning])+ $variant,)+
        }

        impl ErrorKind {
            /// Every kind, in the order of the documents.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// Returns its stable name: `session-not-found`.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }

            /// Returns the exit code that errors of this kind mean.
            pub fn exit_code(self) -> ExitCode {
                match self {
                    $(Self::$variant => ExitCode::$exit,)+
                }
            }

            /// Returns its meaning, as the documents describe it.
            pub fn meaning(self) -> &'static str {
                match self {
                    $(Self::$variant => concat!($($meaning),+),)+
                }
                .trim()
            }
        }
    };
}

error_kinds! {
    /// A failure without a kind of its own.
    Failed = "failed" => Failed,
    /// A file or folder cannot be read or written.
    Io = "io" => Failed,
    /// The disk is full.
    DiskFull = "disk-full" => Failed,
    /// A file or folder may not be read or written by you.
    NotPermitted = "not-permitted" => Failed,
    /// There is no session of that name in the project.
    SessionNotFound = "session-not-found" => Failed,
    /// There is a session of that name, and it has ended or crashed: `--resume` or `--force` decides.
    SessionExists = "session-exists" => Failed,
    /// The session has no runner, so it cannot be paused, continued or stopped.
    NotRunning = "not-running" => Failed,
    /// The session's runner does not answer or does not end in time.
    NoAnswer = "no-answer" => Failed,
    /// The session does not ask this question, or not any more.
    NotAsking = "not-asking" => Failed,
    /// The session crashed or failed.
    SessionFailed = "session-failed" => Failed,
    /// The session runs on another machine or in another terminal.
    RunsElsewhere = "runs-elsewhere" => Failed,
    /// A stage, branch or iteration has not started or not ended yet.
    NotYet = "not-yet" => Failed,
    /// A file of the session is damaged.
    Damaged = "damaged" => Failed,
    /// A file of the session was written by a newer version of ap.
    NewerFormat = "newer-format" => Failed,
    /// The frozen plan of the session was changed.
    PlanChanged = "plan-changed" => Failed,
    /// The runner could not be started in its window.
    Launch = "launch" => Failed,
    /// A file, folder or tmux session of that name is there already.
    Exists = "exists" => Failed,
    /// The queue did not do what it was asked.
    Queue = "queue" => Failed,
    /// Another owner holds the task.
    TaskHeld = "task-held" => Failed,
    /// A program that ap called failed.
    Program = "program" => Failed,
    /// The command line is wrong.
    Usage = "usage" => Usage,
    /// A value of an option or variable is wrong.
    BadValue = "bad-value" => Usage,
    /// There is no loop, pipeline, stage, branch, topic or command of that name.
    NotFound = "not-found" => Usage,
    /// There is a loop or pipeline of that name already, or a command has it.
    NameTaken = "name-taken" => Usage,
    /// A loop, a pipeline or your `config.yaml` has mistakes.
    InvalidDefinition = "invalid-definition" => Usage,
    /// An input cannot be used.
    BadInput = "bad-input" => Usage,
    /// A program that the session needs is not installed.
    ProgramMissing = "program-missing" => Usage,
    /// There are no tasks, or no queue, for a loop that works on tasks.
    NoTasks = "no-tasks" => Usage,
    /// The loop needs a goal and got none.
    NoGoal = "no-goal" => Usage,
    /// The provider is not signed in.
    NotSignedIn = "not-signed-in" => Usage,
    /// There is no session of that name to resume.
    NothingToResume = "nothing-to-resume" => Usage,
    /// The session runs another loop or pipeline than the one named.
    RunsAnother = "runs-another" => Usage,
    /// The session cannot continue with what was asked of it.
    NotResumable = "not-resumable" => Usage,
    /// The session is already running.
    AlreadyRunning = "already-running" => AlreadyRunning,
    /// The session ended short of its goal: a limit was reached.
    LimitReached = "limit-reached" => Short,
    /// The session was stopped by you.
    Stopped = "stopped" => Stopped,
    /// The session was interrupted from outside: anyone may resume it.
    Interrupted = "interrupted" => Interrupted,
    /// The time given with `--timeout` is over.
    TimedOut = "timed-out" => Short,
    /// A text was edited by you, so it was left as it is.
    Edited = "edited" => Short,
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Serialize for ErrorKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(feature = "schemas")]
impl schemars::JsonSchema for ErrorKind {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ErrorKind".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let names: Vec<&str> = Self::ALL.iter().map(|kind| kind.as_str()).collect();
        schemars::json_schema!({ "type": "string", "enum": names })
    }
}

/// Reads a name; one that is unknown, of another version of ap, is a plain failure.
impl<'de> Deserialize<'de> for ErrorKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let known = Self::ALL.iter().find(|kind| kind.as_str() == name);
        Ok(known.copied().unwrap_or(Self::Failed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_kebab_case_and_stand_once() {
        let names: BTreeSet<_> = ErrorKind::ALL.iter().map(|kind| kind.as_str()).collect();
        assert_eq!(names.len(), ErrorKind::ALL.len());
        let is_kebab = |name: &str| {
            name.chars()
                .all(|letter| letter.is_ascii_lowercase() || letter == '-')
        };
        assert!(names.iter().all(|name| is_kebab(name)), "{names:?}");
    }

    #[test]
    fn a_kind_is_read_by_its_name_and_an_unknown_name_is_failed() {
        for &kind in ErrorKind::ALL {
            let json = serde_json::to_string(&kind).unwrap();
            assert_eq!(serde_json::from_str::<ErrorKind>(&json).unwrap(), kind);
        }
        assert_eq!(
            serde_json::from_str::<ErrorKind>("\"of-tomorrow\"").unwrap(),
            ErrorKind::Failed
        );
    }
}
