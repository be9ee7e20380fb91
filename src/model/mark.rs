//! The marks by which every process of a run is found, wherever it moved: children inherit the environment.
use super::{Cursor, RunId};

/// The environment variable that holds the run.
pub const RUN: &str = "AP_RUN";
/// The environment variable that holds the attempt.
pub const ATTEMPT: &str = "AP_ATTEMPT";

/// Returns the mark of an attempt: `<run>/<cursor>`.
pub fn attempt(run: &RunId, cursor: Cursor) -> String {
    format!("{run}/{cursor}")
}
