//! Watches the output of an agent.
use crate::agent::{Decoder, Piece};
use crate::exec::file_tail::FileTail;
use camino::Utf8PathBuf;
use fs_err as fs;
use serde::Deserialize;
use serde_json::Value;
use std::time::{Duration, Instant};

/// Watches an agent's output for a `result` event and for silence.
#[derive(Debug)]
pub(super) struct ResultWatch {
    stdout: FileTail,
    stderr: Utf8PathBuf,
    stderr_length: u64,
    events: bool,
    line: Vec<u8>,
    decoder: Decoder,
    saw_result: bool,
    last_sign: Instant,
}

/// Longer lines are not results.
const LONGEST_LINE: usize = 8 * 1024 * 1024;

impl ResultWatch {
    pub(super) fn new(stdout: Utf8PathBuf, stderr: Utf8PathBuf, events: bool) -> Self {
        Self {
            stdout: FileTail::new(stdout),
            stderr,
            stderr_length: 0,
            events,
            line: Vec::new(),
            decoder: Decoder::default(),
            saw_result: false,
            last_sign: Instant::now(),
        }
    }

    /// Takes in what is new.
    pub(super) fn look(&mut self) {
        let before = self.stdout.offset();
        let (line, decoder) = (&mut self.line, &mut self.decoder);
        let (saw, events) = (&mut self.saw_result, self.events);
        let read = self.stdout.read(|bytes| {
            for part in bytes
                .split_inclusive(|byte| *byte == b'\n')
                .filter(|_| events)
            {
                if line.len() < LONGEST_LINE {
                    line.extend_from_slice(part);
                }
                if part.ends_with(b"\n") {
                    *saw |= is_result(decoder, line);
                    line.clear();
                }
            }
            true
        });
        if let Err(error) = read {
            tracing::warn!(%error, "the output cannot be read");
        }
        let stderr_length = fs::metadata(&self.stderr).map_or(0, |meta| meta.len());
        if before != self.stdout.offset() || stderr_length != self.stderr_length {
            self.stderr_length = stderr_length;
            self.last_sign = Instant::now();
        }
    }

    pub(super) fn saw_result(&self) -> bool {
        self.saw_result
    }

    /// Returns how long ago the last sign of life was seen.
    pub(super) fn quiet_for(&self) -> Duration {
        self.last_sign.elapsed()
    }
}

/// Whether a line is or holds a `result` event, or ends one.
fn is_result(decoder: &mut Decoder, line: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Kind<'a> {
        #[serde(rename = "type", borrow)]
        kind: std::borrow::Cow<'a, str>,
    }
    if let Ok(event) = serde_json::from_slice::<Kind<'_>>(line) {
        return event.kind == "result";
    }
    let mut is_result = false;
    decoder.line(line.trim_ascii_end(), &mut |piece| {
        if let Piece::Event(event) = piece {
            is_result |= event.get("type").and_then(Value::as_str) == Some("result");
        }
    });
    is_result
}
