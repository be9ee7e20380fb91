//! What a shim is to do.
use crate::agent::AttemptLimits;
use crate::model::Env;
use crate::store::layout::IterationDir;
use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

/// What the runner asks of a shim: JSON on its standard input.
#[derive(Debug, Serialize, Deserialize)]
pub struct Job {
    /// An absolute path.
    pub program: Utf8PathBuf,
    pub args: Vec<String>,
    /// The agent's whole environment.
    pub env: Env,
    pub cwd: Utf8PathBuf,
    /// Sent to the agent on standard input; without one it has none.
    pub prompt: Option<Utf8PathBuf>,
    pub folder: IterationDir,
    pub limits: AttemptLimits,
    /// Whether the output is stream-json, whose `result` events start the after-result limit.
    pub events: bool,
}
