//! The environment of a queue's programs.
use crate::model::Env;
use camino::Utf8PathBuf;

/// Where a queue's programs are called: the project's folder, and the environment of whoever runs the session.
#[derive(Clone, Debug)]
pub struct QueueEnv {
    pub project: Utf8PathBuf,
    pub env: Env,
}
