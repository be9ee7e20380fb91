//! The environment of a queue's programs.
use crate::model::Env;
use camino::Utf8PathBuf;

/// Where a queue's programs run: the project's folder and the session's environment.
#[derive(Clone, Debug)]
pub struct QueueEnv {
    pub project: Utf8PathBuf,
    pub env: Env,
}
