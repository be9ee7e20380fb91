//! Environment variables that tag every process of a run, so that it is found wherever it moved: children inherit them.
use super::cursor::Cursor;
use super::id::RunId;

/// The environment variable that holds the run.
pub const RUN: &str = "AP_RUN";
/// The environment variable that holds the attempt.
pub const ATTEMPT: &str = "AP_ATTEMPT";

/// Returns the tag of an attempt: `<run>/<cursor>`.
pub fn attempt(run: &RunId, cursor: Cursor) -> String {
    format!("{run}/{cursor}")
}
