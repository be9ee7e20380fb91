//! What a runner passes on to those that notify you.
use super::env::RunnerEnv;
use super::quota::user_zone;
use crate::notify::SenderEnv;

/// Returns what the sender of notifications works with.
pub(super) fn sender_env(env: &RunnerEnv) -> SenderEnv {
    SenderEnv {
        dirs: env.dirs.clone(),
        vars: env.vars.clone(),
        exe: env.exe.clone(),
        zone: user_zone(&env.vars),
    }
}
