//! Processes on Linux, as `/proc` shows them.
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

pub(super) fn find_with_env(names: &[&str]) -> Vec<(i32, Vec<String>)> {
    let others = pids().filter(|pid| u32::try_from(*pid) != Ok(std::process::id()));
    others
        .filter_map(|pid| Some((pid, values(pid, names)?)))
        .filter(|(pid, _)| !is_guard(*pid))
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
