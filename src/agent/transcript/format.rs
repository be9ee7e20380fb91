//! How a provider's output is read.
use super::activity::Activity;
use super::lines::LineResult;
use super::state::TranscriptState;
use serde_json::Value;

/// Reads one event: its `type`, and all of it.
type ReadEvent = fn(&mut TranscriptState, &str, &Value, &mut Vec<Activity>);

/// What a provider prints on standard output.
#[derive(Clone, Copy, Debug)]
pub enum OutputFormat {
    /// Its answer, as text. Nothing in it is an event.
    Plain,
    /// One JSON object per line, with its kind under `type`.
    Events {
        read: ReadEvent,
        /// Whether the last event is a `result`, so that the time after it can be limited.
        ends_with_result: bool,
    },
}

impl OutputFormat {
    /// Whether the last event is a `result`, so that the time after it can be limited.
    pub fn ends_with_result(self) -> bool {
        match self {
            Self::Plain => false,
            Self::Events {
                ends_with_result, ..
            } => ends_with_result,
        }
    }

    /// Reads one line and appends what it shows.
    pub(super) fn read_line(
        self,
        state: &mut TranscriptState,
        line: &LineResult<'_>,
        shown: &mut Vec<Activity>,
    ) {
        let line = match line {
            LineResult::Line(line) => *line,
            LineResult::TooLong(bytes) => return shown.push(Activity::Skipped { bytes: *bytes }),
        };
        if let Self::Events { read, .. } = self
            && let Ok(event) = serde_json::from_slice::<Value>(line)
            && let Some(kind) = event.get("type").and_then(Value::as_str)
        {
            state.events += 1;
            return read(state, kind, &event, shown);
        }
        state.push_raw(line, shown);
    }
}
