//! Processes: their identity, whether they live, and which belong to a session.
use crate::model::ProcessId;
use nix::sys::signal::{self, Signal};
use nix::unistd::Pid;
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

/// Marks this process as the guard of a shim, by its name: it has the tags of its shim, of which it is a copy, and must
/// not be ended with what it watches.
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
    platform::find_with_env(&[name])
        .into_iter()
        .filter(|(_, values)| values.iter().any(|found| matches(found)))
        .map(|(process, _)| process)
        .collect()
}

/// Returns the live processes whose environment holds all of these variables, other than ours, with their values.
pub fn find_with_env(names: &[&str]) -> Vec<(ProcessId, Vec<String>)> {
    platform::find_with_env(names)
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

#[cfg(target_os = "linux")]
mod platform {
    use crate::model::ProcessId;
    use fs_err as fs;
    use std::sync::OnceLock;
    use std::time::{Duration, SystemTime};

    pub(super) fn boot_id() -> String {
        fs::read_to_string("/proc/sys/kernel/random/boot_id")
            .map(|id| id.trim().to_owned())
            .unwrap_or_default()
    }

    pub(super) fn booted_at() -> Option<SystemTime> {
        let stat = fs::read_to_string("/proc/stat").ok()?;
        let seconds = stat.lines().find_map(|line| line.strip_prefix("btime "))?;
        Some(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds.trim().parse().ok()?))
    }

    /// Field 22 of `/proc/PID/stat`; a zombie is dead. The name in field 2 may hold spaces and brackets, so read from its end.
    pub(super) fn start_ticks(pid: i32) -> Option<u64> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace();
        let state = fields.next()?;
        if state == "Z" || state == "X" {
            None
        } else {
            fields.nth(18)?.parse().ok()
        }
    }

    pub(super) fn is_stopped(pid: i32) -> bool {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let state = stat
            .rsplit_once(')')
            .map_or("", |(_, fields)| fields.trim_start());
        state.starts_with('T')
    }

    /// The namespace of a machine's first process (`PROC_PID_INIT_INO`).
    const FIRST_NAMESPACE: u64 = 0xEFFF_FFFC;

    /// Returns our PID namespace, unless it is the first one of the machine.
    pub(super) fn namespace() -> Option<u64> {
        static OWN: OnceLock<Option<u64>> = OnceLock::new();
        *OWN.get_or_init(|| namespace_of("self"))
    }

    fn namespace_of(pid: &str) -> Option<u64> {
        let link = fs::read_link(format!("/proc/{pid}/ns/pid")).ok()?;
        let number = link.to_str()?.strip_prefix("pid:[")?.strip_suffix(']')?;
        let number = number.parse().ok()?;
        (number != FIRST_NAMESPACE).then_some(number)
    }

    /// Whether the first process of our namespace is a shim.
    pub(super) fn is_contained() -> bool {
        let line = fs::read("/proc/1/cmdline").unwrap_or_default();
        let mut words = line.split(|byte| *byte == 0);
        let program = words.next().unwrap_or_default();
        program.ends_with(b"/ap-shim") || words.next() == Some(b"__shim")
    }

    /// Returns the pid here of a process of another namespace.
    pub(super) fn pid_in(process: &ProcessId) -> Option<i32> {
        let is_meant = |pid: &i32| {
            namespace_of(&pid.to_string()) == process.namespace
                && start_ticks(*pid) == Some(process.start_ticks)
                && innermost(*pid) == Some(process.pid)
        };
        pids().find(is_meant)
    }

    /// Returns the pid of a process in its own namespace.
    fn innermost(pid: i32) -> Option<i32> {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        let all = status
            .lines()
            .find_map(|line| line.strip_prefix("NSpid:"))?;
        all.split_ascii_whitespace().last()?.parse().ok()
    }

    fn pids() -> impl Iterator<Item = i32> {
        let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
        entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
    }

    /// The name of a guard. No other program has it.
    pub(super) const GUARD_NAME: &std::ffi::CStr = c"ap-guard";

    fn is_guard(pid: i32) -> bool {
        let name = fs::read(format!("/proc/{pid}/comm")).unwrap_or_default();
        name.trim_ascii_end() == GUARD_NAME.to_bytes()
    }

    pub(super) fn find_with_env(names: &[&str]) -> Vec<(ProcessId, Vec<String>)> {
        let others = pids().filter(|pid| u32::try_from(*pid) != Ok(std::process::id()));
        others
            .filter_map(|pid| Some((pid, values(pid, names)?)))
            .filter(|(pid, _)| !is_guard(*pid))
            .filter_map(|(pid, values)| Some((super::identity(pid)?, values)))
            .collect()
    }

    /// Another user's process cannot be read, and is not ours.
    fn values(pid: i32, names: &[&str]) -> Option<Vec<String>> {
        let environment = fs::read(format!("/proc/{pid}/environ")).ok()?;
        let value = |name: &&str| {
            let of = |entry: &[u8]| {
                entry
                    .strip_prefix(name.as_bytes())?
                    .strip_prefix(b"=")
                    .map(|value| String::from_utf8_lossy(value).into_owned())
            };
            environment.split(|byte| *byte == 0).find_map(of)
        };
        names.iter().map(value).collect()
    }

    pub(super) fn children(parent: i32) -> Vec<i32> {
        let Ok(tasks) = fs::read_dir(format!("/proc/{parent}/task")) else {
            return Vec::new();
        };
        let of_thread = |task: fs::DirEntry| fs::read_to_string(task.path().join("children")).ok();
        let lists = tasks.flatten().filter_map(of_thread).collect::<String>();
        lists
            .split_ascii_whitespace()
            .filter_map(|pid| pid.parse().ok())
            .collect()
    }
}

#[cfg(not(target_os = "linux"))]
mod platform {
    use crate::model::ProcessId;
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};
    use std::process::Command;
    use std::time::SystemTime;

    /// It is the identity of the boot, and not read as a time.
    pub(super) fn booted_at() -> Option<SystemTime> {
        None
    }

    pub(super) fn boot_id() -> String {
        ask(&["sysctl", "-n", "kern.boottime"]).unwrap_or_default()
    }

    pub(super) fn is_stopped(pid: i32) -> bool {
        ask(&["ps", "-o", "state=", "-p", &pid.to_string()])
            .is_some_and(|state| state.starts_with('T'))
    }

    pub(super) fn namespace() -> Option<u64> {
        None
    }

    pub(super) fn is_contained() -> bool {
        false
    }

    pub(super) fn pid_in(_process: &ProcessId) -> Option<i32> {
        None
    }

    /// There is no counter to read, so a hash of the start time that `ps` prints takes its place.
    pub(super) fn start_ticks(pid: i32) -> Option<u64> {
        let started = ask(&["ps", "-o", "lstart=", "-p", &pid.to_string()])
            .filter(|text| !text.is_empty())?;
        let mut hasher = DefaultHasher::new();
        started.hash(&mut hasher);
        Some(hasher.finish())
    }

    pub(super) fn find_with_env(names: &[&str]) -> Vec<(ProcessId, Vec<String>)> {
        let listing = ask(&["ps", "-E", "-axo", "pid=,command="]).unwrap_or_default();
        let found = |line: &str| {
            let mut words = line.split_whitespace();
            let pid = words
                .next()?
                .parse::<i32>()
                .ok()
                .filter(|pid| u32::try_from(*pid) != Ok(std::process::id()))?;
            let words: Vec<&str> = words.collect();
            let value = |name: &&str| {
                words.iter().find_map(|word| {
                    word.strip_prefix(name)?
                        .strip_prefix('=')
                        .map(str::to_owned)
                })
            };
            Some((
                super::identity(pid)?,
                names.iter().map(value).collect::<Option<_>>()?,
            ))
        };
        listing.lines().filter_map(found).collect()
    }

    pub(super) fn children(parent: i32) -> Vec<i32> {
        let parent = parent.to_string();
        let listing = ask(&["ps", "-axo", "pid=,ppid="]).unwrap_or_default();
        let ours = |line: &str| {
            line.split_whitespace()
                .nth(1)
                .is_some_and(|found| found == parent)
        };
        listing
            .lines()
            .filter(|line| ours(line))
            .filter_map(|line| line.split_whitespace().next()?.parse().ok())
            .collect()
    }

    fn ask(argv: &[&str]) -> Option<String> {
        let output = Command::new(argv[0]).args(&argv[1..]).output().ok()?;
        Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }
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
