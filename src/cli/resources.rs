//! What a runner needs of its process: enough file descriptors, and errors instead of signals.
use crate::error::{Error, Result};
use nix::sys::resource::{Resource, getrlimit};
use nix::sys::signal::Signal;
use std::sync::Arc;

/// A runner has some twenty files open, and each running agent two more.
const MIN_DESCRIPTORS: u64 = 48;

/// Fails if this process cannot run a session. From here on a file that grows too large is an error, not a signal.
pub(super) fn check() -> Result<()> {
    let (most, _) = getrlimit(Resource::RLIMIT_NOFILE).map_err(Error::failed_by)?;
    if most < MIN_DESCRIPTORS {
        let message =
            format!("a process may open {most} files here; a session needs {MIN_DESCRIPTORS}");
        return Err(Error::failed(message).hint("raise the limit with `ulimit -n 1024`"));
    }
    signal_hook::flag::register(Signal::SIGXFSZ as i32, Arc::default())?;
    Ok(())
}
