//! Checks of programs: installed, version, and whether they answer.
use super::check::{Check, Verdict};
use crate::cli::context::Context;
use crate::exec::command::{BoundedCommand, CommandError, find_agent_program};
use crate::text::first_line;
use camino::{Utf8Path, Utf8PathBuf};
use std::ffi::OsStr;
use std::time::Duration;

/// How long a program may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

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

/// What a program answered.
pub(super) enum Answer {
    Said(String),
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
    let command = BoundedCommand::new(program).args(args).limit(PATIENCE);
    match command.run() {
        Ok(output) if output.is_success() => Answer::Said(text(&output.stdout)),
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
        let missing = if named.is_some() {
            "AP_PROGRAM names a program that is not there"
        } else {
            "not installed"
        };
        return match wanted.missing {
            Verdict::Optional if !context.has_beads() => Check::optional(
                name,
                format!("{missing}; only task queues of beads need it"),
            ),
            Verdict::Optional => Check {
                name,
                verdict: Verdict::Warning,
                found: format!("{missing}, and this project keeps tasks in beads"),
                advice: Some(wanted.advice.to_owned()),
            },
            verdict => Check {
                name,
                verdict,
                found: missing.to_owned(),
                advice: Some(wanted.advice.to_owned()),
            },
        };
    };
    match ask(&path, [wanted.version]) {
        Answer::Said(version) if name == "bd" && crate::queue::too_old(&version).is_some() => {
            Check {
                advice: Some("install a newer one: 0.24 is the oldest that works".to_owned()),
                ..broken(wanted, crate::queue::too_old(&version).unwrap_or_default())
            }
        }
        Answer::Said(version) if name == "claude" => claude_version(&version, &path),
        Answer::Said(version) => Check::ok(name, format!("{} ({path})", first_line(&version))),
        Answer::Failed(why) => broken(wanted, format!("{path} does not run: {}", first_line(&why))),
        Answer::Silent => broken(
            wanted,
            format!("{path} did not answer in {} s", PATIENCE.as_secs()),
        ),
    }
}

/// The oldest version of Claude Code that prints the events `ap` reads.
const OLDEST_CLAUDE: Version = Version(2, 1, 115);
/// The newest version that was tested.
const TESTED_CLAUDE: Version = Version(2, 1, 332);

/// A version of three numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Version(u32, u32, u32);

impl Version {
    /// Reads the version at the beginning of a text: `2.1.329 (Claude Code)`.
    fn read(text: &str) -> Option<Self> {
        let word = text.split_whitespace().next()?;
        let mut numbers = word.split('.').map(|number| number.parse().ok());
        Some(Self(numbers.next()??, numbers.next()??, numbers.next()??))
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

fn claude_version(printed: &str, path: &Utf8Path) -> Check {
    const NAME: &str = "claude";
    let found = format!("{} ({path})", first_line(printed));
    let advice = "update it: `claude update`, or `npm install -g @anthropic-ai/claude-code`";
    match Version::read(printed) {
        Some(version) if version < OLDEST_CLAUDE => Check::problem(
            NAME,
            format!(
                "{found} is too old: {OLDEST_CLAUDE} is the oldest that works, {TESTED_CLAUDE} the newest tested"
            ),
            advice,
        ),
        Some(version) if version <= TESTED_CLAUDE => Check::ok(NAME, found),
        Some(_) => Check::ok(
            NAME,
            format!("{found}, newer than the newest tested, {TESTED_CLAUDE}"),
        ),
        None => Check::warning(NAME, format!("{found}: no version that is known"), advice),
    }
}

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

/// Where a tmux server is.
pub(super) enum Server {
    /// Its process and socket.
    Runs(i32, String),
    None,
    /// It exists and does not answer as it should.
    Ill(String),
    NoTmux,
}

/// Asks the tmux server sessions would use.
pub(super) fn find_server(context: &Context) -> Server {
    let Some(tmux) = find("tmux", context) else {
        return Server::NoTmux;
    };
    let known = context.tmux();
    let args =
        known
            .server_args()
            .into_iter()
            .chain(["display-message", "-p", "#{pid} #{socket_path}"]);
    match ask(&tmux, args) {
        Answer::Said(text) => match text
            .split_once(' ')
            .and_then(|(pid, socket)| Some((pid.parse().ok()?, socket)))
        {
            Some((pid, socket)) => Server::Runs(pid, socket.to_owned()),
            None => Server::Ill(format!("it answers `{}`", first_line(&text))),
        },
        Answer::Failed(why)
            if why.contains("no server running") || why.contains("No such file") =>
        {
            Server::None
        }
        Answer::Failed(why) => Server::Ill(first_line(&why)),
        Answer::Silent => Server::Ill(format!("it did not answer in {} s", PATIENCE.as_secs())),
    }
}

pub(super) fn server(context: &Context) -> Check {
    const NAME: &str = "tmux server";
    match find_server(context) {
        Server::Runs(pid, socket) => {
            Check::ok(NAME, format!("answers (pid {pid}, socket {socket})"))
        }
        Server::None => Check::ok(NAME, "none runs yet; the first session starts it"),
        Server::Ill(why) => Check::problem(
            NAME,
            why,
            "set AP_TMUX_SOCKET to a name of your choice for a server of its own, or end this one with `tmux kill-server`",
        ),
        Server::NoTmux => Check::ok(NAME, "none: tmux is not installed"),
    }
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
        "use an ordinary user, or a disposable container; as root, agents get IS_SANDBOX=1, without which Claude Code refuses bypassPermissions",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_claude_is_a_problem_and_a_new_one_is_named_as_untested() {
        let verdict = |version: &str| claude_version(version, "/bin/claude".into());
        for (version, expected) in [
            ("1.0.3 (Claude Code)", Verdict::Problem),
            ("2.1.114 (Claude Code)", Verdict::Problem),
            ("2.1.115 (Claude Code)", Verdict::Ok),
            ("2.1.332 (Claude Code)", Verdict::Ok),
            ("2.2.0 (Claude Code)", Verdict::Ok),
            ("3.0.0", Verdict::Ok),
            ("Claude Code", Verdict::Warning),
        ] {
            assert_eq!(verdict(version).verdict, expected, "{version}");
        }
        assert!(verdict("1.0.3").found.contains("2.1.115 is the oldest"));
        assert!(
            verdict("2.2.0")
                .found
                .contains("newer than the newest tested")
        );
    }
}
