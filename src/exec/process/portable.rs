//! Processes elsewhere, as `ps` and `sysctl` show them.
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
    ask(&["ps", "-o", "state=", "-p", &pid.to_string()]).is_some_and(|state| state.starts_with('T'))
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
    let started =
        ask(&["ps", "-o", "lstart=", "-p", &pid.to_string()]).filter(|text| !text.is_empty())?;
    let mut hasher = DefaultHasher::new();
    started.hash(&mut hasher);
    Some(hasher.finish())
}

pub(super) fn find_with_env(names: &[&str]) -> Vec<(i32, Vec<String>)> {
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
        Some((pid, names.iter().map(value).collect::<Option<_>>()?))
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
