//! What a shim is to do.
use crate::agent::{AttemptLimits, Dialogue};
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
    /// How the agent takes messages while it works: then the prompt is the first message, and standard input stays open.
    pub dialogue: Option<Dialogue>,
    pub folder: IterationDir,
    pub limits: AttemptLimits,
    pub watched: Watched,
}

/// What a shim needs to know of an agent's program to notice that it hangs.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Watched {
    /// Whether the program prints events.
    pub events: bool,
    /// Whether a `result` event is the last one, which starts the after-result limit.
    pub ends_with_result: bool,
    /// What the program prints when it asks you something, words separated by single spaces.
    pub questions: Vec<String>,
    /// The folders in which it may write its transcript.
    pub transcripts: Vec<Utf8PathBuf>,
}
