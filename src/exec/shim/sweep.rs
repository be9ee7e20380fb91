//! Ends what an agent leaves behind.
use super::signals::Signals;
use crate::exec::process;
use crate::model::Scope;
use nix::errno::Errno;
use nix::sys::signal::{self, Signal};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use std::time::{Duration, Instant};

/// How long what the agent left behind may take after TERM, and again after KILL.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often to look for more: no event announces that a grandchild was handed to us.
const INTERVAL: Duration = Duration::from_millis(5);

/// Ends every process that was handed to us, in whatever group or session it is, and the agent's group if there is one.
/// Returns how many there were, and what is left of them.
pub(super) fn sweep(group: Option<Pid>, at_once: bool, signals: &mut Signals) -> (u32, Scope) {
    let mut swept = 0;
    let mut signal = if at_once {
        Signal::SIGKILL
    } else {
        Signal::SIGTERM
    };
    let mut deadline = Instant::now() + PATIENCE;
    while has_children() {
        let left = process::children();
        swept = swept.max(u32::try_from(left.len()).unwrap_or(u32::MAX));
        if let Some(group) = group {
            let _ = signal::killpg(group, signal);
        }
        for pid in left {
            let _ = signal::kill(Pid::from_raw(pid), signal);
        }
        if deadline <= Instant::now() {
            if signal == Signal::SIGKILL {
                // A process stuck in the kernel; nothing more can be done from here.
                return (swept, Scope::Left);
            }
            signal = Signal::SIGKILL;
            deadline = Instant::now() + PATIENCE;
        }
        signals.wait(INTERVAL, None, None);
    }
    (swept, Scope::Empty)
}

/// Reaps what has ended. Returns whether anything is left.
fn has_children() -> bool {
    loop {
        match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::StillAlive) => return true,
            Ok(_) | Err(Errno::EINTR) => (),
            Err(_) => return false,
        }
    }
}
