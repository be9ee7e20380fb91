//! Who asks a session to stop, which decides how it ends.
use super::ending::Ending;
use serde::{Deserialize, Serialize};

/// Who asks a session to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StopSource {
    /// You: `ap stop`, `ap kill`, Ctrl-C, or a window that you closed.
    Person,
    /// A window that went with its tmux server or with your login.
    Window,
    /// Another signal: a shutdown, a job scheduler, a `kill`.
    Signal,
    /// What started the session and watches over it.
    Supervisor,
}

/// A request to end now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "WrittenStop")]
pub struct Stop {
    pub by: StopSource,
    /// How it was asked for: `ap stop`, `Ctrl-C`.
    pub how: String,
}

impl Stop {
    pub fn new(by: StopSource, how: impl Into<String>) -> Self {
        let how = how.into();
        Self { by, how }
    }

    /// Returns how a session ends that is asked to stop like this: what you did not ask for may be resumed by anyone.
    pub fn ending(&self) -> Ending {
        let by = self.how.clone();
        match self.by {
            StopSource::Person => Ending::Stopped { by },
            StopSource::Window | StopSource::Signal | StopSource::Supervisor => {
                Ending::Interrupted { by }
            }
        }
    }
}

/// A request as written. Older journals have only text: how it was asked for.
#[derive(Deserialize)]
#[serde(untagged)]
enum WrittenStop {
    Whole { by: StopSource, how: String },
    Source { by: StopSource },
    How { by: String },
    Text(String),
}

impl From<WrittenStop> for Stop {
    fn from(written: WrittenStop) -> Self {
        match written {
            WrittenStop::Whole { by, how } => Self { by, how },
            WrittenStop::Source { by } => Self::new(by, by.as_str()),
            WrittenStop::How { by } | WrittenStop::Text(by) => Self::new(StopSource::Person, by),
        }
    }
}

impl StopSource {
    fn as_str(self) -> &'static str {
        match self {
            Self::Person => "you",
            Self::Window => "the end of its window",
            Self::Signal => "a signal",
            Self::Supervisor => "its supervisor",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_stop_is_read_as_it_is_written_now_and_as_it_was_written_before() {
        let read = |text: serde_json::Value| serde_json::from_value::<Stop>(text).unwrap();
        let now = Stop::new(StopSource::Signal, "a TERM signal");
        assert_eq!(
            serde_json::to_value(&now).unwrap(),
            json!({"by": "signal", "how": "a TERM signal"})
        );
        assert_eq!(read(serde_json::to_value(&now).unwrap()), now);
        assert_eq!(
            read(json!({"by": "supervisor"})),
            Stop::new(StopSource::Supervisor, "its supervisor")
        );
        let before = Stop::new(StopSource::Person, "ap stop");
        assert_eq!(read(json!({"by": "ap stop"})), before);
        assert_eq!(read(json!("ap stop")), before);
    }

    #[test]
    fn only_what_you_ask_for_stops_a_session() {
        let ending = |by| Stop::new(by, "x").ending();
        let by = || "x".to_owned();
        assert_eq!(ending(StopSource::Person), Ending::Stopped { by: by() });
        for source in [
            StopSource::Window,
            StopSource::Signal,
            StopSource::Supervisor,
        ] {
            assert_eq!(ending(source), Ending::Interrupted { by: by() });
        }
    }
}
