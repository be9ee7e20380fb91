//! A run of `ap` in the background.
use super::LIMIT;
use agent_pipelines::clock::wait_until;
use std::os::unix::process::ExitStatusExt as _;
use std::process::Child;

/// A process that runs. Killed when dropped.
pub(crate) struct Running(pub(super) Child);

impl Running {
    pub(crate) fn pid(&self) -> i32 {
        i32::try_from(self.0.id()).expect("a pid")
    }

    pub(crate) fn signal(&self, signal: nix::sys::signal::Signal) {
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(self.pid()), signal)
            .expect("the signal is sent");
    }

    /// Kills it as nothing else does, and waits until it is gone.
    pub(crate) fn kill_9(mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }

    /// Waits for its end and returns its exit code, or fails the test.
    #[track_caller]
    pub(crate) fn ended(mut self) -> i32 {
        let mut code = None;
        wait_until(LIMIT, || {
            code = self.0.try_wait().expect("it can be waited for");
            code.is_some()
        });
        let status = code.expect("it ends in time");
        status
            .code()
            .unwrap_or_else(|| 128 + status.signal().unwrap_or_default())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
