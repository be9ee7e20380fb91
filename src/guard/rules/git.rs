//! What git cannot bring back: pushes that replace history, and commands that rewrite or drop it.
use super::destruction::forbid;
use crate::guard::call::{Call, is_option};
use crate::guard::field;
use crate::guard::rule::{Block, Rule};
use crate::guard::shell_state::ShellState;
use crate::guard::stream::Stream;
use crate::guard::walk::Walk;

const HISTORY: &str = "keep the history as it is, and commit what is to change on top";
const OWN_BRANCH: &str =
    "push a branch of your own, without force, and leave the merge to the user";

/// The options of git itself that take a value of their own.
const WITH_VALUE: [&str; 8] = [
    "-C",
    "-c",
    "--git-dir",
    "--work-tree",
    "--namespace",
    "--exec-path",
    "--config-env",
    "--super-prefix",
];

pub(super) fn judge(walk: &mut Walk<'_>, call: &Call, state: &mut ShellState) {
    if ["bfg", "git-filter-repo"].contains(&call.name()) {
        forbid(walk, "this rewrites history", HISTORY);
    }
    if call.is("hg")
        && call.args.first().is_some_and(|arg| arg == "push")
        && call.has_option("f", "force")
    {
        forbid(walk, "this push replaces history", OWN_BRANCH);
    }
    if call.is_any(&["git", "hub"]) {
        of_git(walk, call, state);
    }
}

fn of_git(walk: &mut Walk<'_>, call: &Call, state: &mut ShellState) {
    let mut words = call.args.as_slice();
    let mut aliases = Vec::new();
    while let Some(word) = words.first().filter(|word| word.starts_with('-')) {
        if word == "-c"
            && let Some((name, value)) = words.get(1).and_then(|pair| pair.split_once('='))
        {
            configured(walk, name, value, state);
            if let Some(alias) = name.to_ascii_lowercase().strip_prefix("alias.") {
                aliases.push((alias.to_owned(), value.to_owned()));
            }
        }
        let skipped = if WITH_VALUE.contains(&word.as_str()) {
            2
        } else {
            1
        };
        words = words.get(skipped..).unwrap_or_default();
    }
    let Some((command, args)) = words.split_first() else {
        return;
    };
    if let Some((_, value)) = aliases.iter().find(|(alias, _)| alias == command) {
        let rest = args.join(" ");
        let script = match value.strip_prefix('!') {
            Some(script) => format!("{script} {rest}"),
            None => format!("git {value} {rest}"),
        };
        walk.script(&script, &mut state.clone(), &Stream::Nothing);
    }
    let inner = Call {
        program: command.clone(),
        args: args.to_vec(),
        ..Call::default()
    };
    subcommand(walk, &inner, state);
}

fn subcommand(walk: &mut Walk<'_>, call: &Call, state: &mut ShellState) {
    if call.is_any(&["push", "send-pack"]) {
        push(walk, call, state);
    }
    if call.is_any(&["filter-branch", "filter-repo", "replace"]) {
        forbid(
            walk,
            format!("`git {}` rewrites history", call.name()),
            HISTORY,
        );
    }
    let first = call.args.first().map_or("", String::as_str);
    if call.is("reflog") && ["expire", "delete"].contains(&first) {
        forbid(walk, "this drops what git could still restore", HISTORY);
    }
    if call.is("gc")
        && call
            .args
            .iter()
            .any(|arg| arg.starts_with("--prune=") && !arg.contains("weeks"))
    {
        forbid(
            walk,
            "this drops what git could still restore",
            "run `git gc` without `--prune`",
        );
    }
    if call.is("rebase") && call.has_option("", "root") {
        forbid(walk, "`git rebase --root` rewrites history", HISTORY);
    }
    if call.is("update-ref") && call.has_option("d", "") {
        forbid(walk, "this deletes a branch or a tag", HISTORY);
    }
    if call.is("branch")
        && call.has_option("fDdMC", "force")
        && let Some(name) = call.operands().find(|name| is_default(walk, name)).cloned()
    {
        let what = format!("`{}` is the default branch", field::shown(&name));
        forbid(
            walk,
            what,
            "leave it where it is, and work on a branch of your own",
        );
    }
    if call.is("clean") && call.has_option("xX", "") && !call.has_option("n", "dry-run") {
        forbid(
            walk,
            "`git clean -x` also removes what git ignores, such as settings and data",
            "remove build results by name, or use `git clean -fd`",
        );
    }
    let forced = call.has_option("f", "force");
    if call.is("worktree") && first == "remove" && forced {
        forbid(
            walk,
            "this removes a working tree with what is not committed in it",
            "run `git worktree remove` without `--force`",
        );
    }
    if call.is("subtree") && first == "push" {
        let args = call.args[1..]
            .iter()
            .filter(|arg| !arg.starts_with("--prefix"))
            .cloned();
        let inner = Call {
            args: args.collect(),
            ..call.clone()
        };
        push(walk, &inner, state);
    }
    if call.is("config")
        && let Some(pair) = call.operands().collect::<Vec<_>>().windows(2).last()
    {
        configured(walk, pair[0], pair[1], state);
    }
    switched(call, state);
}

/// Follows which branch is checked out.
fn switched(call: &Call, state: &mut ShellState) {
    let is_switch = call.name() == "switch" || call.name() == "checkout";
    let has_paths = call.args.iter().any(|arg| arg == "--");
    let operands: Vec<&String> = call.operands().collect();
    let makes = call.has_option("bBcC", "create");
    if is_switch && !has_paths && (operands.len() == 1 || makes) {
        state.branch = operands.first().map(|name| (*name).clone());
    }
}

/// Judges a setting that changes what later commands do.
fn configured(walk: &mut Walk<'_>, name: &str, value: &str, state: &ShellState) {
    let name = name.to_ascii_lowercase();
    let replaces = name.starts_with("remote.")
        && (name.ends_with(".mirror") || (name.ends_with(".push") && value.starts_with('+')));
    if replaces || (name == "push.default" && value == "matching") {
        forbid(
            walk,
            "with this setting a push replaces branches",
            OWN_BRANCH,
        );
    }
    if name.starts_with("alias.") {
        let script = match value.strip_prefix('!') {
            Some(script) => script.to_owned(),
            None => format!("git {value}"),
        };
        walk.script(&script, &mut state.clone(), &Stream::Nothing);
    }
    let runs = [
        "core.sshcommand",
        "core.pager",
        "core.editor",
        "core.fsmonitor",
        "sequence.editor",
    ];
    if runs.contains(&name.as_str()) {
        walk.script(value, &mut state.clone(), &Stream::Nothing);
    }
}

/// Whether a word may name the default branch.
fn is_default(walk: &Walk<'_>, word: &str) -> bool {
    let name = word
        .trim_start_matches("refs/")
        .trim_start_matches("heads/");
    let names = walk.scope.default_branches.iter();
    names.into_iter().any(|branch| field::may_be(name, branch))
}

fn push(walk: &mut Walk<'_>, call: &Call, state: &ShellState) {
    const LONG: [(&str, usize); 3] = [("--force", 3), ("--mirror", 3), ("--delete", 3)];
    let mut operands: Vec<&str> = Vec::new();
    let mut args = call.args.iter();
    let mut only_operands = false;
    while let Some(arg) = args.next() {
        let name = arg.split('=').next().unwrap_or_default();
        if only_operands || !arg.starts_with('-') || arg.len() == 1 {
            operands.push(arg);
        } else if arg == "--" {
            only_operands = true;
        } else if is_option(arg, "n", "dry-run") && 4 < name.len() || is_group(arg, 'n') {
            return;
        } else if ["-o", "--push-option", "--receive-pack", "--exec"].contains(&arg.as_str()) {
            args.next();
        } else if arg == "--repo" {
            operands.insert(0, args.next().map_or("", String::as_str));
        } else if let Some(remote) = arg.strip_prefix("--repo=") {
            operands.insert(0, remote);
        } else if LONG
            .iter()
            .any(|(long, least)| *least <= name.len() && long.starts_with(name))
            || name.starts_with("--force")
            || is_group(arg, 'f')
            || is_group(arg, 'd')
            || ["--prune", "--prun", "--pru"].contains(&name)
            || field::has_unknown(name)
        {
            return refuse(
                walk,
                format!(
                    "`{}` replaces or deletes branches of others",
                    field::shown(arg)
                ),
            );
        } else if ["--all", "--al", "--branches"].contains(&name) {
            return refuse(walk, "this pushes every branch, the default branch too");
        }
    }
    let refspecs = operands.get(1..).unwrap_or_default();
    if refspecs.is_empty() {
        let on_default = state
            .branch
            .as_deref()
            .is_some_and(|branch| is_default(walk, branch));
        let has_unknown = operands
            .first()
            .is_some_and(|remote| field::is_wholly_unknown(remote));
        if on_default || has_unknown {
            refuse(
                walk,
                "this pushes the branch that is checked out, and that is the default branch",
            );
        }
        return;
    }
    for refspec in refspecs {
        if let Some(what) = forbidden_refspec(walk, refspec, state) {
            refuse(walk, format!("`{}` {what}", field::shown(refspec)));
        }
    }
}

/// Returns what is wrong with the push of a refspec.
fn forbidden_refspec(walk: &Walk<'_>, refspec: &str, state: &ShellState) -> Option<&'static str> {
    if refspec.starts_with('+') {
        return Some("replaces the branch");
    }
    let (source, target) = refspec.split_once(':').unwrap_or((refspec, refspec));
    if source.is_empty() {
        // `:` alone pushes the branches that both sides have.
        return Some(if target.is_empty() {
            "pushes every branch"
        } else {
            "deletes the branch"
        });
    }
    let current = state.branch.as_deref().unwrap_or("HEAD");
    let target = match target {
        "HEAD" | "@" => current,
        target => target,
    };
    let has_pattern = target.contains('*');
    let pattern = field::mark_value(target);
    (is_default(walk, target) || (has_pattern && is_default(walk, &pattern)))
        .then_some("is the default branch")
}

/// Whether the letter is an option among those behind one dash.
fn is_group(arg: &str, letter: char) -> bool {
    let Some(letters) = arg
        .strip_prefix('-')
        .filter(|letters| !letters.starts_with('-'))
    else {
        return false;
    };
    // What follows `o` is its value.
    letters
        .chars()
        .take_while(|c| *c != 'o')
        .any(|c| c == letter)
}

fn refuse(walk: &mut Walk<'_>, what: impl AsRef<str>) {
    walk.forbid(Block::new(Rule::Destruction, what, OWN_BRANCH));
}
