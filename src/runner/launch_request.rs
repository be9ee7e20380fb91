//! What a runner starts from.
use super::SessionRequest;
use crate::model::{Contain, Env};
use crate::store::slots::Slots;
use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

/// Everything a runner needs to know: it reads neither its arguments nor its environment.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LaunchRequest {
    pub project: Utf8PathBuf,
    pub exe: Utf8PathBuf,
    pub session: SessionRequest,
    pub env: Env,
    /// How many agents may run on this machine.
    pub slots: Option<Slots>,
    /// Whether the user's policy for the quota is kept.
    #[serde(default)]
    pub keeps_quota: bool,
    /// How agents are contained.
    #[serde(default)]
    pub contain: Contain,
    /// Whether the user is notified of what happens.
    #[serde(default)]
    pub notify: bool,
    /// Whether the runner answers questions itself, since no user is there.
    #[serde(default)]
    pub answers_questions: bool,
    /// Whether secrets are removed from the agents' raw output, too.
    #[serde(default)]
    pub redacts_transcripts: bool,
    /// Whether what a window shows goes to stderr, since stdout is for data.
    #[serde(default)]
    pub shows_on_stderr: bool,
}
