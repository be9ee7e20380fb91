//! Programs that run another command, whose words are judged in their place.
mod files;
mod prefix;

use super::call::Call;
use super::field::{self, UNKNOWN_WORDS};
use super::shell_state::ShellState;
use super::stream::Stream;
use super::walk::Walk;
use files::{find, xargs};
pub(super) use files::{find_roots, is_unfiltered};
use prefix::{PREFIXES, prefixed};

pub(super) const SHELLS: [&str; 8] = ["sh", "bash", "dash", "zsh", "ksh", "ash", "fish", "mksh"];

/// Judges the command that a command runs, if it is one that runs another, and returns what that prints.
pub(super) fn run(walk: &mut Walk<'_>, call: &Call, state: &mut ShellState) -> Option<Stream> {
    if field::is_wholly_unknown(&call.program) {
        // It may be a shell: what it would run is judged too.
        shell(walk, call, &mut state.clone());
        return None;
    }
    if call.is_any(&SHELLS) {
        return shell(walk, call, state);
    }
    if let Some(prefix) = PREFIXES.iter().find(|prefix| call.is(prefix.name)) {
        return prefixed(walk, call, state, prefix);
    }
    match call.name() {
        "eval" => {
            let text = call.args.join(" ");
            Some(walk.script(&text, state, &call.input))
        }
        "source" | "." => {
            let is_pipe = call
                .args
                .first()
                .is_some_and(|arg| arg.starts_with("/dev/"));
            if is_pipe {
                walk.forbid_unknown("a script that another command prints");
            }
            None
        }
        "trap" => call
            .args
            .first()
            .map(|script| walk.script(script, &mut state.clone(), &Stream::Nothing)),
        "xargs" | "gxargs" => Some(xargs(walk, call, state)),
        "parallel" => Some(xargs(walk, call, state)),
        "find" | "gfind" | "fd" | "fdfind" => {
            find(walk, call, state);
            None
        }
        "watch" | "entr" | "hyperfine" | "nodemon" | "concurrently" => {
            for arg in call.args.clone() {
                walk.script(&arg, &mut state.clone(), &Stream::Nothing);
            }
            let words = call.operands().cloned().collect::<Vec<_>>().join(" ");
            Some(walk.script(&words, &mut state.clone(), &Stream::Nothing))
        }
        "su" | "script" | "flock" | "runuser" => {
            after_option(walk, call, state, "-c");
            let from = call.args.iter().position(|arg| !arg.starts_with('-'))?;
            let inner = call.of(call.args.get(from + 1..).unwrap_or_default());
            if call.name() == "flock" && !inner.program.is_empty() && inner.program != "-c" {
                walk.call(&inner, state);
            }
            None
        }
        "tmux" | "screen" | "ssh" => {
            for arg in call.args.clone() {
                if arg.contains(' ') {
                    walk.script(&arg, &mut state.clone(), &Stream::Nothing);
                }
            }
            for start in 1..call.args.len() {
                walk.call(&call.of(&call.args[start..]), &mut state.clone());
            }
            None
        }
        "npx" | "bunx" | "pnpx" | "uvx" | "pipx" => {
            let from = call
                .args
                .iter()
                .position(|arg| !arg.starts_with('-') && arg != "run")?;
            Some(walk.call(&call.of(&call.args[from..]), state))
        }
        _ => None,
    }
}

fn after_option(walk: &mut Walk<'_>, call: &Call, state: &ShellState, option: &str) {
    let scripts = call.args.windows(2).filter(|pair| pair[0] == option);
    for pair in scripts {
        walk.script(&pair[1], &mut state.clone(), &Stream::Nothing);
    }
}

/// Judges the script of a shell: that of `-c`, or its input.
fn shell(walk: &mut Walk<'_>, call: &Call, state: &mut ShellState) -> Option<Stream> {
    let takes_command = |arg: &String| {
        arg == "--command"
            || (arg.starts_with('-') && !arg.starts_with("--") && arg.contains('c'))
            || (field::is_wholly_unknown(arg) && arg.contains(UNKNOWN_WORDS))
    };
    if let Some(at) = call.args.iter().position(takes_command) {
        let mut rest = call.args[at + 1..]
            .iter()
            .skip_while(|arg| arg.starts_with(['-', '+']));
        let script = rest.next().cloned().unwrap_or_default();
        let mut inner = state.child();
        // The name, then the arguments.
        if let Some(name) = rest.next() {
            inner.assign("0", vec![name.clone()]);
        }
        inner.positional = Some(rest.cloned().collect());
        if field::is_wholly_unknown(&script) && !field::is_wholly_unknown(&call.program) {
            walk.forbid_unknown("a script that is not written here");
        }
        return Some(walk.script(&script, &mut inner, &call.input));
    }
    let has_script = call.operands().next().is_some_and(|arg| arg != "-");
    if has_script {
        if call
            .operands()
            .next()
            .is_some_and(|arg| arg.starts_with("/dev/fd/"))
        {
            walk.forbid_unknown("a script that another command prints");
        }
        return None;
    }
    match &call.input {
        Stream::Text(script) => {
            Some(walk.script(&script.clone(), &mut state.child(), &Stream::Nothing))
        }
        Stream::Decoded => {
            walk.forbid_unknown("a script that is decoded first");
            None
        }
        _ => None,
    }
}
