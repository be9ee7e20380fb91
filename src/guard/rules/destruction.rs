//! What cannot be restored: folders outside the project, devices, everything at once.
use crate::guard::call::Call;
use crate::guard::field::{self, UNKNOWN_WORDS};
use crate::guard::location::Location;
use crate::guard::rule::{Block, Rule};
use crate::guard::shell_state::ShellState;
use crate::guard::walk::Walk;
use crate::guard::wrappers;
use camino::{Utf8Path, Utf8PathBuf};

const NAMED: &str =
    "name files and folders inside the project, or a folder of your own below the temporary folder";

pub(super) fn forbid(walk: &mut Walk<'_>, what: impl AsRef<str>, instead: &str) {
    walk.forbid(Block::new(Rule::Destruction, what, instead));
}

pub(super) fn judge(walk: &mut Walk<'_>, call: &Call, state: &ShellState) {
    if call.is_any(&["rm", "grm"]) {
        remove(walk, call, state);
    }
    if call.is_any(&["rimraf", "trash"]) {
        for target in call.operands() {
            folder(walk, target, state);
        }
    }
    if call.is_any(&["find", "gfind"]) && call.args.iter().any(|arg| arg == "-delete") {
        for root in wrappers::find_roots(call) {
            let location = walk.locate(&root, state);
            let is_project = location.path == walk.scope.project && !location.is_uncertain;
            if wrappers::is_unfiltered(call) || !(is_project || is_ours(walk, &location)) {
                folder(walk, &root, state);
            }
        }
    }
    if call.is("rsync")
        && call.args.iter().any(|arg| arg.starts_with("--del"))
        && let Some(target) = call
            .operands()
            .last()
            .filter(|target| !target.contains(':'))
    {
        folder(walk, target, state);
    }
    let is_written = call.is_any(&["cp", "tee", "shred", "wipefs", "truncate", "blkdiscard"]);
    let makes_files = call.name().starts_with("mkfs") || call.name() == "mke2fs";
    if is_written || makes_files {
        for target in call.operands() {
            device(walk, target, state);
        }
    }
    if call.is("dd") {
        for target in call.args.iter().filter_map(|arg| arg.strip_prefix("of=")) {
            device(walk, target, state);
        }
    }
    if call.is("gh")
        && call
            .args
            .iter()
            .take(2)
            .map(String::as_str)
            .eq(["repo", "delete"])
    {
        forbid(walk, "this deletes a repository", "leave it to the user");
    }
}

/// Judges a device that is written.
pub(super) fn device(walk: &mut Walk<'_>, target: &str, state: &ShellState) {
    const DISKS: [&str; 16] = [
        "sd", "hd", "vd", "xvd", "nvme", "mmcblk", "disk", "rdisk", "loop", "dm-", "mapper", "md",
        "mem", "kmem", "port", "nbd",
    ];
    let location = walk.locate(target, state);
    let Ok(rest) = location.path.strip_prefix("/dev") else {
        return;
    };
    let name = rest.components().next().map_or("", |part| part.as_str());
    if DISKS.iter().any(|disk| name.starts_with(disk)) || field::has_unknown(name) {
        let what = format!("`{}` is a device", field::shown(target));
        forbid(walk, what, "write to a file in the project");
    }
}

fn remove(walk: &mut Walk<'_>, call: &Call, state: &ShellState) {
    let is_recursive = call.has_option("rR", "recursive");
    let may_be_recursive = call.args.iter().any(|arg| {
        field::is_wholly_unknown(arg) && arg.contains(UNKNOWN_WORDS)
            || (arg.starts_with('-') && field::has_unknown(arg))
    });
    let targets: Vec<String> = call.operands().cloned().collect();
    for target in targets {
        if is_recursive {
            folder(walk, &target, state);
        } else if may_be_recursive && !field::has_unknown(&target) {
            let location = walk.locate(&target, state);
            if !is_ours(walk, &location) {
                folder(walk, &target, state);
            }
        }
    }
}

/// Whether a path is in the project or in a folder of the temporary folder.
fn is_ours(walk: &Walk<'_>, location: &Location) -> bool {
    let within = |folder| location.is_within(folder) && location.path != *folder;
    within(walk.scope.project) || walk.scope.temp.iter().any(|temp| within(temp))
}

/// Whether a path that is not known as a whole begins below the project or the temporary folder. A name of which the
/// begin is known counts as one.
fn is_below_ours(walk: &Walk<'_>, location: &Location) -> bool {
    let is_name = |part: &str| part.starts_with(|c: char| c.is_alphanumeric() || c == '_');
    let known: Utf8PathBuf = location
        .path
        .components()
        .take_while(|part| !field::has_unknown(part.as_str()) || is_name(part.as_str()))
        .collect();
    let is_below = |folder: &Utf8Path| known.starts_with(folder) && known != folder;
    is_below(walk.scope.project) || walk.scope.temp.iter().any(|temp| is_below(temp))
}

/// Judges a folder that is removed with everything in it.
pub(super) fn folder(walk: &mut Walk<'_>, target: &str, state: &ShellState) {
    if target.is_empty() {
        return;
    }
    let location = walk.locate(target, state);
    let (project, shown) = (walk.scope.project, field::shown(target));
    if location.is_uncertain && !is_below_ours(walk, &location) {
        let what = format!("where `{shown}` leads is not known before it runs");
        return forbid(walk, what, "write the path itself");
    }
    if location.may_hold(project) || location.is_all_of(project) {
        let what = format!("`{shown}` is or holds the whole project");
        return forbid(walk, what, "name the files and folders that have to go");
    }
    let repository = project.join(".git");
    if location.path.starts_with(&repository) || location.may_hold(&repository) {
        return forbid(
            walk,
            format!("`{shown}` is the repository"),
            "leave `.git` to git",
        );
    }
    if location.is_uncertain {
        return;
    }
    if walk
        .scope
        .temp
        .iter()
        .any(|temp| location.is_all_of(temp) || location.path == *temp)
    {
        let what = format!("`{shown}` is the temporary folder of every program");
        return forbid(walk, what, "name your own folder in it");
    }
    if !is_ours(walk, &location) {
        forbid(walk, format!("`{shown}` is outside the project"), NAMED);
    }
}
