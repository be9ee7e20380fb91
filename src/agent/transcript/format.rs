//! How a provider's output is read.
use super::activity::Activity;
use super::decoder::{Decoder, Piece};
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

    /// Reads one line and appends its activities.
    pub(super) fn read_line(
        self,
        decoder: &mut Decoder,
        state: &mut TranscriptState,
        line: &LineResult<'_>,
        shown: &mut Vec<Activity>,
    ) {
        match (self, line) {
            (_, LineResult::TooLong(bytes)) => shown.push(Activity::Skipped { bytes: *bytes }),
            (Self::Plain, LineResult::Line(line)) => state.push_raw(line, shown),
            (Self::Events { read, .. }, LineResult::Line(line)) => {
                decoder.line(line, &mut |piece| read_piece(read, state, &piece, shown));
            }
        }
    }

    /// Reads what the decoder still holds, at the end of the output.
    pub(super) fn finish(
        self,
        decoder: &mut Decoder,
        state: &mut TranscriptState,
        shown: &mut Vec<Activity>,
    ) {
        if let Self::Events { read, .. } = self {
            decoder.finish(&mut |piece| read_piece(read, state, &piece, shown));
        }
    }
}

fn read_piece(
    read: ReadEvent,
    state: &mut TranscriptState,
    piece: &Piece<'_>,
    shown: &mut Vec<Activity>,
) {
    match piece {
        Piece::Event(event) => {
            state.events += 1;
            let kind = event.get("type").and_then(Value::as_str);
            read(state, kind.unwrap_or_default(), event, shown);
        }
        Piece::Text(text) => state.push_raw(text.as_bytes(), shown),
    }
}
