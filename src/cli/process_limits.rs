//! The limits that the system sets for this process (`ulimit`), as far as a runner needs more.
use crate::error::{Error, Result};
use nix::sys::resource::{Resource, getrlimit};
use nix::sys::signal::Signal;
use std::sync::Arc;

/// Files that a runner may have open at a time: its journal, locks, outputs, pipes and sockets.
const OPEN_FILES: u64 = 64;

/// Fails where a runner could not open its files, and makes a limit for the size of files an error of the write that
/// exceeds it instead of the end of this process.
pub(super) fn check() -> Result<()> {
    signal_hook::flag::register(Signal::SIGXFSZ as i32, Arc::default())?;
    let (files, _) = getrlimit(Resource::RLIMIT_NOFILE).map_err(std::io::Error::from)?;
    if OPEN_FILES <= files {
        return Ok(());
    }
    Err(Error::failed(format!(
        "this process may open {files} files at a time (`ulimit -n`), and a session needs {OPEN_FILES}"
    ))
    .hint("raise the limit with `ulimit -n 1024`, then start again"))
}
