//! Processes: their identity, whether they live, and which belong to a session.
#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod portable;

use crate::model::ProcessId;
#[cfg(target_os = "linux")]
use linux as platform;
use nix::sys::signal::{self, Signal};
use nix::unistd::Pid;
#[cfg(not(target_os = "linux"))]
use portable as platform;
use std::sync::OnceLock;
use std::time::SystemTime;

/// Whether a process still exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Liveness {
    Alive,
    Dead,
    /// It ran on another machine, or outside of the PID namespace that we are in, so we cannot know.
    Unknown,
}

/// Returns the identity of our own process.
pub fn current() -> ProcessId {
    let pid = i32::try_from(std::process::id()).unwrap_or(i32::MAX);
    identity(pid).unwrap_or_else(|| ProcessId {
        pid,
        start_ticks: 0,
        boot_id: boot_id().to_owned(),
        host: host().to_owned(),
        namespace: platform::namespace(),
    })
}

/// Returns the identity of the process that has this pid now, or nothing if there is none.
pub fn identity(pid: i32) -> Option<ProcessId> {
    let start_ticks = platform::start_ticks(pid)?;
    Some(ProcessId {
        pid,
        start_ticks,
        boot_id: boot_id().to_owned(),
        host: host().to_owned(),
        namespace: platform::namespace(),
    })
}

/// Returns whether this process lives, and not only its pid: same machine, same boot, same pid, same start.
pub fn liveness(process: &ProcessId) -> Liveness {
    match locate(process) {
        Located::Here(_) => Liveness::Alive,
        Located::Gone => Liveness::Dead,
        Located::Hidden => Liveness::Unknown,
    }
}

/// Returns whether a process may live on another machine: one with another name, or one of our name that booted at another
/// time and wrote to its journal since we booted.
pub fn may_live_elsewhere(process: &ProcessId, wrote: Option<SystemTime>) -> bool {
    if process.host != host() {
        return true;
    }
    let since_boot = |wrote: SystemTime| platform::booted_at().is_some_and(|booted| booted < wrote);
    process.boot_id != boot_id() && wrote.is_some_and(since_boot)
}

/// Signals a process unless its pid is another's by now. Returns whether the signal was sent.
pub fn send(process: &ProcessId, signal: Signal) -> bool {
    match locate(process) {
        Located::Here(pid) => signal::kill(Pid::from_raw(pid), signal).is_ok(),
        Located::Gone | Located::Hidden => false,
    }
}

/// Whether we are in the PID namespace of an agent: what runs outside of it cannot be seen from here.
pub fn is_contained() -> bool {
    static CONTAINED: OnceLock<bool> = OnceLock::new();
    *CONTAINED.get_or_init(platform::is_contained)
}

/// Where a process is, as seen from here.
enum Located {
    /// It has this pid here.
    Here(i32),
    Gone,
    /// It may be where we cannot look.
    Hidden,
}

fn locate(process: &ProcessId) -> Located {
    if process.host != host() {
        return Located::Hidden;
    }
    if process.boot_id != boot_id() {
        return Located::Gone;
    }
    if process.namespace != platform::namespace() {
        return match platform::pid_in(process) {
            Some(pid) => Located::Here(pid),
            None if is_contained() => Located::Hidden,
            None => Located::Gone,
        };
    }
    if platform::start_ticks(process.pid) == Some(process.start_ticks) {
        Located::Here(process.pid)
    } else {
        Located::Gone
    }
}

/// Marks this process as the guard of a shim, by its name: it has the tags of the shim that it forks, and must not be
/// ended with what it watches.
#[cfg(target_os = "linux")]
pub fn become_guard() -> std::io::Result<()> {
    Ok(nix::sys::prctl::set_name(platform::GUARD_NAME)?)
}

/// Returns the live processes whose environment holds `NAME=value`, other than ours and other than guards: an agent and
/// all its descendants, in whatever group or session.
pub fn find_tagged(name: &str, value: &str) -> Vec<ProcessId> {
    find_tagged_by(name, |found| found == value)
}

/// Returns the live processes whose environment holds a variable with a matching value, other than ours.
pub fn find_tagged_by(name: &str, matches: impl Fn(&str) -> bool) -> Vec<ProcessId> {
    find_with_env(&[name])
        .into_iter()
        .filter(|(_, values)| values.iter().any(|found| matches(found)))
        .map(|(process, _)| process)
        .collect()
}

/// Returns the live processes whose environment holds all of these variables, other than ours, with their values.
pub fn find_with_env(names: &[&str]) -> Vec<(ProcessId, Vec<String>)> {
    platform::find_with_env(names)
        .into_iter()
        .filter_map(|(pid, values)| Some((identity(pid)?, values)))
        .collect()
}

/// Returns the child processes of our own.
pub fn children() -> Vec<i32> {
    i32::try_from(std::process::id()).map_or_else(|_| Vec::new(), platform::children)
}

/// Whether a process was stopped by a signal.
pub fn is_stopped(pid: i32) -> bool {
    platform::is_stopped(pid)
}

/// Returns the child processes of another one.
pub fn children_of(pid: i32) -> Vec<i32> {
    platform::children(pid)
}

/// Returns the children of a process, their children, and so on.
pub fn descendants(pid: i32) -> Vec<ProcessId> {
    let (mut found, mut parents) = (Vec::new(), vec![pid]);
    while let Some(parent) = parents.pop() {
        let children = platform::children(parent);
        found.extend(children.iter().copied().filter_map(identity));
        parents.extend(children);
    }
    found
}

/// Returns what names this boot of the machine.
pub(super) fn boot_id() -> &'static str {
    static BOOT: OnceLock<String> = OnceLock::new();
    BOOT.get_or_init(platform::boot_id)
}

fn host() -> &'static str {
    static HOST: OnceLock<String> = OnceLock::new();
    HOST.get_or_init(|| {
        nix::unistd::gethostname()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_alive_only_with_its_own_start_boot_and_host() {
        let me = current();
        assert_eq!(liveness(&me), Liveness::Alive);
        assert_eq!(
            liveness(&ProcessId {
                start_ticks: me.start_ticks + 1,
                ..me.clone()
            }),
            Liveness::Dead
        );
        assert_eq!(
            liveness(&ProcessId {
                boot_id: "another".to_owned(),
                ..me.clone()
            }),
            Liveness::Dead
        );
        assert_eq!(
            liveness(&ProcessId {
                host: "elsewhere".to_owned(),
                ..me.clone()
            }),
            Liveness::Unknown
        );
        let elsewhere = ProcessId {
            namespace: Some(1),
            ..me
        };
        assert_eq!(liveness(&elsewhere), Liveness::Dead);
    }
}
