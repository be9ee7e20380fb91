//! Checks of programs: installed, version, and whether they answer.
use super::check::{Check, Verdict};
use super::claude_version;
use crate::cli::context::Context;
use crate::exec::command::{BoundedCommand, CommandError, find_agent_program};
use crate::text::first_line;
use camino::Utf8PathBuf;
use std::ffi::OsStr;
use std::time::Duration;

/// Time limit for the answer of a program.
pub(super) const TIME_LIMIT: Duration = Duration::from_secs(5);

/// A program sessions use.
#[derive(Clone, Copy)]
pub(super) struct Wanted {
    name: &'static str,
    /// The argument that prints its version.
    version: &'static str,
    missing: Verdict,
    advice: &'static str,
}

pub(super) const WANTED: [Wanted; 4] = [
    Wanted {
        name: "tmux",
        version: "-V",
        missing: Verdict::Problem,
        advice: "install it (`apt install tmux`, `dnf install tmux`, `brew install tmux`); `--foreground` works without it",
    },
    Wanted {
        name: "git",
        version: "--version",
        missing: Verdict::Warning,
        advice: "install it: agents keep their work with it",
    },
    Wanted {
        name: "claude",
        version: "--version",
        missing: Verdict::Warning,
        advice: "install Claude Code (`npm install -g @anthropic-ai/claude-code`), or use another agent: `--provider codex`, or `--provider scripted`, which needs none",
    },
    Wanted {
        name: "bd",
        version: "version",
        missing: Verdict::Optional,
        advice: "install beads, or name another queue with `--queue`",
    },
];

/// The answer of a program.
pub(super) enum Answer {
    /// It succeeded and printed this.
    Output(String),
    /// It failed, or could not be run.
    Failed(String),
    /// It did not answer in time, and was ended.
    Silent,
}

/// Runs a program for its output, for a bounded time.
pub(super) fn ask<S: AsRef<OsStr>>(
    program: impl AsRef<OsStr>,
    args: impl IntoIterator<Item = S>,
) -> Answer {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    let command = BoundedCommand::new(program).args(args).limit(TIME_LIMIT);
    match command.run() {
        Ok(output) if output.is_success() => Answer::Output(text(&output.stdout)),
        Ok(output) => Answer::Failed(text(&output.stderr)),
        Err(CommandError::TimedOut(_)) => Answer::Silent,
        Err(CommandError::Start(error) | CommandError::Wait(error)) => {
            Answer::Failed(error.to_string())
        }
    }
}

pub(super) fn check(wanted: &Wanted, context: &Context) -> Check {
    let name = wanted.name;
    // The environment may name another program: `AP_PROGRAM=/opt/claude`.
    let named = context
        .env
        .get("AP_PROGRAM")
        .filter(|program| name == "claude" && !program.is_empty());
    // Or config.yaml names it: `programs: {bd: /opt/bd}`. Other commands report a config.yaml that cannot be read.
    let placed = context
        .settings()
        .ok()
        .and_then(|settings| settings.programs.get(name).cloned());
    let Some(path) = find(
        named.or(placed.as_ref()).map_or(name, String::as_str),
        context,
    ) else {
        return missing(wanted, named.is_some(), context);
    };
    match ask(&path, [wanted.version]) {
        Answer::Output(version) if name == "bd" && crate::queue::too_old(&version).is_some() => {
            Check {
                advice: Some("install a newer one: 0.24 is the oldest that works".to_owned()),
                ..broken(wanted, crate::queue::too_old(&version).unwrap_or_default())
            }
        }
        Answer::Output(version) if name == "claude" => claude_version::check(&version, &path),
        Answer::Output(version) => Check::ok(name, format!("{} ({path})", first_line(&version))),
        Answer::Failed(why) => broken(wanted, format!("{path} does not run: {}", first_line(&why))),
        Answer::Silent => broken(
            wanted,
            format!("{path} did not answer in {} s", TIME_LIMIT.as_secs()),
        ),
    }
}

/// Returns the result for a program that is not installed.
fn missing(wanted: &Wanted, is_named: bool, context: &Context) -> Check {
    let missing = if is_named {
        "AP_PROGRAM names a program that is not there"
    } else {
        "not installed"
    };
    match wanted.missing {
        Verdict::Optional if !context.has_beads() => Check::optional(
            wanted.name,
            format!("{missing}; only task queues of beads need it"),
        ),
        Verdict::Optional => Check {
            name: wanted.name,
            verdict: Verdict::Warning,
            found: format!("{missing}, and this project keeps tasks in beads"),
            advice: Some(wanted.advice.to_owned()),
        },
        verdict => Check {
            name: wanted.name,
            verdict,
            found: missing.to_owned(),
            advice: Some(wanted.advice.to_owned()),
        },
    }
}

/// Returns the result for a program that is installed but does not work.
fn broken(wanted: &Wanted, found: String) -> Check {
    Check {
        name: wanted.name,
        verdict: wanted.missing.max(Verdict::Warning),
        found,
        advice: Some("reinstall it".to_owned()),
    }
}

/// Finds a program as sessions do.
pub(super) fn find(program: &str, context: &Context) -> Option<Utf8PathBuf> {
    find_agent_program(program, &context.env, context.project.root())
}

/// Whether `ap` on PATH is this program.
pub(super) fn on_path(context: &Context) -> Check {
    const NAME: &str = "ap";
    let version = env!("CARGO_PKG_VERSION");
    let real = |path: &Utf8PathBuf| fs_err::canonicalize(path).ok();
    match find("ap", context) {
        Some(path) if real(&path) == real(&context.exe) => {
            Check::ok(NAME, format!("{version} ({path})"))
        }
        Some(path) => Check::warning(
            NAME,
            format!("{version} ({}), but `ap` on PATH is {path}", context.exe),
            "put the folder of the one you want first on PATH; agents always get the one that started their session",
        ),
        None => Check::warning(
            NAME,
            format!("{version} ({}), not on PATH", context.exe),
            "add its folder to PATH, or use `./run.sh` from the checkout; agents find it either way",
        ),
    }
}

pub(super) fn user(context: &Context) -> Check {
    const NAME: &str = "user";
    if !nix::unistd::geteuid().is_root() {
        return Check::ok(NAME, "not root");
    }
    if context
        .env
        .get("IS_SANDBOX")
        .is_some_and(|value| value == "1")
    {
        return Check::ok(NAME, "root, in a sandbox (IS_SANDBOX=1 is set)");
    }
    Check::warning(
        NAME,
        "root: agents may do anything to this machine",
        "use an ordinary user, or a disposable container (agents get IS_SANDBOX=1: without it Claude Code refuses root)",
    )
}
