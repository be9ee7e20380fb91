//! A slice: one run of a session for a supervisor, which ends when other projects wait, or when there is nothing to do
//! for a while.
use crate::model::Ending;
use crate::store::fleet::touch;
use crate::store::observer::{Fact, Observer, Reaction};
use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};
use std::io;

/// What a runner is told of the slice it was started for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slice {
    /// Names the slice among all of the supervisor.
    pub generation: u64,
    /// Touched after each fact, so that the supervisor looks.
    pub wakeup: Option<Utf8PathBuf>,
    /// The longest wait that the runner sits through, in seconds.
    pub park_after_s: u32,
    /// How many iterations it has; no limit if none.
    pub iterations: Option<u32>,
}

/// How a runner's work is over.
#[derive(Clone, Debug, PartialEq)]
pub enum RunEnd {
    /// The session has ended.
    Ended(Ending),
    /// The runner has ended before its session: a later one continues it.
    Parked,
}

/// Touches a file after each fact.
pub(super) struct WakeupFile(pub(super) Utf8PathBuf);

impl Observer for WakeupFile {
    fn observe(&mut self, _: &Fact<'_>) -> io::Result<Reaction> {
        // Without its folder there is no supervisor; it looks at the session when it is back.
        let _ = touch(&self.0);
        Ok(Reaction::Transient)
    }
}
