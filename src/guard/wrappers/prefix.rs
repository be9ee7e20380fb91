//! Programs whose last words are a command: `sudo`, `env`, `timeout`.
use crate::guard::call::Call;
use crate::guard::shell_state::ShellState;
use crate::guard::stream::Stream;
use crate::guard::walk::Walk;

/// A program, its options that take a value, and how many operands precede the command.
pub(super) struct Prefix {
    pub name: &'static str,
    with_value: &'static [&'static str],
    operands: usize,
}

const fn prefix(
    name: &'static str,
    with_value: &'static [&'static str],
    operands: usize,
) -> Prefix {
    Prefix {
        name,
        with_value,
        operands,
    }
}

pub(super) const PREFIXES: [Prefix; 32] = [
    prefix(
        "sudo",
        &[
            "-u", "-g", "-h", "-p", "-C", "-D", "-R", "-T", "-U", "-r", "-t", "--user", "--group",
            "--chdir",
        ],
        0,
    ),
    prefix("doas", &["-u", "-C"], 0),
    prefix("env", &["-u", "--unset", "-C", "--chdir"], 0),
    prefix("command", &[], 0),
    prefix("builtin", &[], 0),
    prefix("exec", &["-a"], 0),
    prefix("nohup", &[], 0),
    prefix("nice", &["-n", "--adjustment"], 0),
    prefix("ionice", &["-c", "-n", "-p", "--class", "--classdata"], 0),
    prefix("timeout", &["-s", "-k", "--signal", "--kill-after"], 1),
    prefix("gtimeout", &["-s", "-k"], 1),
    prefix("time", &["-f", "-o", "--format", "--output"], 0),
    prefix(
        "stdbuf",
        &["-i", "-o", "-e", "--input", "--output", "--error"],
        0,
    ),
    prefix("setsid", &[], 0),
    prefix("busybox", &[], 0),
    prefix("toybox", &[], 0),
    prefix("chroot", &[], 1),
    prefix("unshare", &["-S", "-G", "-R", "-w"], 0),
    prefix("strace", &["-e", "-o", "-p", "-s", "-P"], 0),
    prefix("ltrace", &["-e", "-o", "-p"], 0),
    prefix("taskset", &["-p"], 1),
    prefix("chrt", &[], 1),
    prefix("unbuffer", &[], 0),
    prefix("xvfb-run", &["-n", "-s", "-e", "-f", "-w"], 0),
    prefix("dbus-run-session", &[], 0),
    prefix(
        "systemd-run",
        &["-u", "-p", "-E", "--unit", "--property"],
        0,
    ),
    prefix("caffeinate", &["-t", "-w"], 0),
    prefix("firejail", &[], 0),
    prefix("fakeroot", &[], 0),
    prefix("proxychains", &["-f"], 0),
    prefix("faketime", &["-f"], 1),
    prefix("ap-shim", &[], 1),
];

pub(super) fn prefixed(
    walk: &mut Walk<'_>,
    call: &Call,
    state: &mut ShellState,
    prefix: &Prefix,
) -> Option<Stream> {
    let mut words = call.args.as_slice();
    let mut inner = state.clone();
    let is_env = prefix.name == "env";
    while let Some(word) = words.first() {
        if prefix.name == "command" && (word == "-v" || word == "-V") {
            return Some(Stream::Unknown);
        }
        if is_env && (word.starts_with("-S") || word.starts_with("--split-string")) {
            let attached = word
                .trim_start_matches("--split-string")
                .trim_start_matches("-S");
            let script = [attached.trim_start_matches('=')]
                .into_iter()
                .chain(words[1..].iter().map(String::as_str))
                .collect::<Vec<_>>()
                .join(" ");
            return Some(walk.script(&script, &mut inner, &call.input));
        }
        if word == "--" {
            words = &words[1..];
            break;
        }
        if !word.starts_with('-') || word.len() == 1 {
            break;
        }
        if is_env && ["-C", "--chdir"].contains(&word.as_str()) {
            if let Some(folder) = words.get(1) {
                inner.cwd = walk.locate(folder, state).path;
            }
        } else if let Some(folder) = word.strip_prefix("--chdir=") {
            inner.cwd = walk.locate(folder, state).path;
        }
        let skipped = if prefix.with_value.contains(&word.as_str()) {
            2
        } else {
            1
        };
        words = words.get(skipped..).unwrap_or_default();
    }
    if is_env || prefix.name == "sudo" || prefix.name == "doas" {
        while let Some((name, value)) = words.first().and_then(|word| word.split_once('=')) {
            inner.assign(name, vec![value.to_owned()]);
            words = &words[1..];
        }
    }
    words = words.get(prefix.operands..).unwrap_or_default();
    if words.is_empty() {
        return None;
    }
    // `cd` through one of these has no effect here, but `exec cd` and `command cd` do.
    let printed = walk.call(&call.of(words), &mut inner);
    state.cwd = match prefix.name {
        "command" | "builtin" => inner.cwd,
        _ => state.cwd.clone(),
    };
    Some(printed)
}
