//! What decides about the work, and what belongs to `ap`: it is not for agents to change.
use super::secrets;
use crate::guard::call::Call;
use crate::guard::field;
use crate::guard::location::Location;
use crate::guard::rule::{Block, Rule};
use crate::guard::shell_state::ShellState;
use crate::guard::walk::Walk;

const INSTEAD: &str = "leave it as it is; if it is wrong, say so in your report or ask";
const BOXES: &str = "tick its boxes with the Edit tool, and leave its words as they are";

/// Programs that only read the files they are given.
const READERS: [&str; 62] = [
    "cat",
    "head",
    "tail",
    "less",
    "more",
    "grep",
    "egrep",
    "fgrep",
    "rg",
    "ag",
    "ack",
    "wc",
    "diff",
    "cmp",
    "ls",
    "stat",
    "file",
    "test",
    "[",
    "[[",
    "sha256sum",
    "sha1sum",
    "md5sum",
    "cksum",
    "sort",
    "uniq",
    "cut",
    "nl",
    "od",
    "xxd",
    "hexdump",
    "tree",
    "du",
    "bat",
    "batcat",
    "jq",
    "awk",
    "gawk",
    "column",
    "fold",
    "echo",
    "printf",
    "cd",
    "pushd",
    "source",
    ".",
    "shellcheck",
    "realpath",
    "readlink",
    "dirname",
    "basename",
    "find",
    "fd",
    "ap",
    "zip",
    "strings",
    "comm",
    "paste",
    "tac",
    "rev",
    "make",
    "export",
];
/// Programs that run the file they are given.
const RUNNERS: [&str; 10] = [
    "sh", "bash", "dash", "zsh", "ksh", "python", "python3", "node", "ruby", "time",
];
const GIT_READERS: [&str; 14] = [
    "add",
    "commit",
    "diff",
    "show",
    "log",
    "blame",
    "status",
    "ls-files",
    "grep",
    "check-ignore",
    "rev-parse",
    "cat-file",
    "ls-tree",
    "rev-list",
];

/// Returns what a path is, if agents may not change it.
pub(in crate::guard) fn protection<'w>(walk: &'w Walk<'_>, location: &Location) -> Option<&'w str> {
    let scope = walk.scope;
    if scope.writable.iter().any(|own| location.is_within(own)) {
        return None;
    }
    let name = location.path.file_name().unwrap_or_default();
    let may_be_inside = location.path.starts_with(scope.project) || location.is_uncertain;
    if may_be_inside && field::is_written_for(name, "verify.sh") && !name.starts_with(field::STAR) {
        return Some("decides whether the work is done");
    }
    let found = scope
        .protected
        .iter()
        .find(|protected| location.may_be_within(&protected.path));
    found.map(|protected| protected.what.as_str())
}

fn is_task_file(walk: &Walk<'_>, location: &Location) -> bool {
    walk.scope.task_files.contains(&location.path)
}

/// Judges a file that is written.
pub(super) fn written(walk: &mut Walk<'_>, target: &str, state: &ShellState) {
    let location = walk.locate(target, state);
    if let Some(what) = protection(walk, &location).map(str::to_owned) {
        forbid(walk, target, &what);
    } else if is_task_file(walk, &location) {
        words(walk, target);
    }
}

pub(in crate::guard) fn forbid(walk: &mut Walk<'_>, target: &str, what: &str) {
    let what = format!("`{}` {what}", field::shown(target));
    walk.forbid(Block::new(Rule::Judge, what, INSTEAD));
}

pub(in crate::guard) fn words(walk: &mut Walk<'_>, target: &str) {
    let what = format!("`{}` says what has to be done", field::shown(target));
    walk.forbid(Block::new(Rule::Judge, what, BOXES));
}

pub(super) fn judge(walk: &mut Walk<'_>, call: &Call, state: &ShellState) {
    removed(walk, call, state);
    if only_reads(call) {
        return;
    }
    let args: Vec<String> = match call.name() {
        // Only the last one is written.
        "cp" | "install" | "rsync" | "scp" => {
            let has_target = call
                .args
                .iter()
                .any(|arg| arg.starts_with("-t") || arg.starts_with("--t"));
            match has_target {
                true => call.args.clone(),
                false => call.operands().last().cloned().into_iter().collect(),
            }
        }
        _ => call.args.clone(),
    };
    for word in args {
        let parts: Vec<String> = secrets::paths(&word).map(str::to_owned).collect();
        for path in parts {
            if path.contains(' ') || field::is_wholly_unknown(&path) {
                continue;
            }
            written(walk, &path, state);
            // What is copied into a folder keeps its name.
            if call.is_any(&["cp", "mv", "install", "ln"]) {
                let names: Vec<String> = call
                    .operands()
                    .filter_map(|arg| arg.rsplit('/').next())
                    .map(str::to_owned)
                    .collect();
                for name in names {
                    written(walk, &format!("{path}/{name}"), state);
                }
            }
        }
    }
}

/// Judges folders above protected ones that are moved or removed.
fn removed(walk: &mut Walk<'_>, call: &Call, state: &ShellState) {
    let is_remove = call.is("rm") && call.has_option("rR", "recursive");
    if !is_remove && !call.is_any(&["mv", "rimraf"]) {
        return;
    }
    let targets: Vec<String> = call.operands().cloned().collect();
    for target in targets {
        let location = walk.locate(&target, state);
        let holds = |protected: &&crate::guard::Protected| location.may_hold(&protected.path);
        let found = walk.scope.protected.iter().find(holds);
        if let Some(what) = found.map(|protected| protected.what.clone()) {
            let is_pattern =
                location.is_all_of(walk.scope.project) || field::is_wholly_unknown(&target);
            if !is_pattern {
                forbid(walk, &target, &format!("holds what {what}"));
            }
        }
    }
}

/// Whether a command changes none of the files it is given.
fn only_reads(call: &Call) -> bool {
    let name = call.name();
    let has = |options: &[&str]| {
        call.args
            .iter()
            .any(|arg| options.iter().any(|option| arg.starts_with(option)))
    };
    match name {
        "sed" | "gsed" => !call.has_option("i", "in-place"),
        "sort" => !call.has_option("o", "output"),
        "yq" => !has(&["-i", "--inplace"]),
        "awk" | "gawk" => !has(&["-i"]),
        "find" | "fd" => !has(&["-delete", "-fprint", "-fls"]),
        "perl" => false,
        "git" => {
            let command = call
                .args
                .iter()
                .find(|arg| GIT_READERS.contains(&arg.as_str()));
            command.is_some() && !has(&["--output"])
        }
        "tar" => {
            let letters = call
                .args
                .first()
                .map(|arg| arg.trim_start_matches('-'))
                .unwrap_or_default();
            !letters.contains('x') && !has(&["--extract", "--get"])
        }
        _ => READERS.contains(&name) || RUNNERS.contains(&name),
    }
}
