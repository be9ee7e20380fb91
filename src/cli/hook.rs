//! `ap hook`: answers hooks of Claude Code. A hook must never block the user: it is quick, brief, and never fails.
use super::context::Context;
use super::recent_sessions::{SessionSummary, load_recent};
use super::{pre_tool_use, statusline};
use crate::error::{ExitCode, Result};
use crate::exec::command::find_program;
use crate::model::SessionStatus;
use crate::ui::out;
use camino::{Utf8Path, Utf8PathBuf};
use clap::{Args as ClapArgs, Subcommand};

/// Answer a hook of Claude Code
#[derive(ClapArgs, Debug)]
pub(super) struct Args {
    #[command(subcommand)]
    hook: Hook,
}

#[derive(Clone, Copy, Debug, Subcommand)]
enum Hook {
    /// Print where ap is and which sessions run in this project: at most five lines, none for an agent of a session
    SessionStart,
    /// Print one line for the status line of Claude Code, and remember the quota in its payload on standard input
    Statusline,
    /// Judge what an agent of a session is about to do with a tool: exit code 2 and a reason if it may not
    PreToolUse {
        /// Judge agents of sessions, and do nothing anywhere else
        #[arg(long, required = true)]
        attempt: bool,
    },
}

/// More names than this do not fit on a line.
const MAX_NAMED: usize = 6;

pub(super) fn run(args: &Args, context: &Context) -> Result<ExitCode> {
    match args.hook {
        Hook::SessionStart => session_start(context),
        Hook::Statusline => statusline::run(context),
        Hook::PreToolUse { attempt } => pre_tool_use::run(attempt, context),
    }
}

fn session_start(context: &Context) -> Result<ExitCode> {
    if context
        .env
        .get("CLAUDE_PIPELINE_AGENT")
        .is_some_and(|value| value == "1")
    {
        return Ok(ExitCode::Done);
    }
    out(lines(&load_recent(&context.project), &own_command(context)).join("\n"))?;
    Ok(ExitCode::Done)
}

/// Returns the command by which Claude can run this program: `ap` if PATH has it, else its path.
fn own_command(context: &Context) -> String {
    let same = |found: Utf8PathBuf| found.canonicalize().ok() == context.exe.canonicalize().ok();
    let found = find_program("ap", context.env.get("PATH"), context.project.root());
    let found = found.is_some_and(same);
    how(found, &context.exe)
}

fn how(found: bool, exe: &Utf8Path) -> String {
    if found {
        "`ap`".to_owned()
    } else {
        format!(
            "`{}` (it is not on PATH under the name `ap`)",
            crate::text::shell_quote(exe.as_str())
        )
    }
}

/// Returns at most five lines.
fn lines(sessions: &[SessionSummary], command: &str) -> Vec<String> {
    let version = env!("CARGO_PKG_VERSION");
    let mut lines = vec![format!(
        "agent-pipelines {version}: sessions of agents that work unattended. Call the program as {command}."
    )];
    let group = |belongs: fn(SessionStatus) -> bool| -> Vec<String> {
        let fits = sessions.iter().filter(|seen| belongs(seen.status));
        fits.map(|seen| format!("{} ({}, {})", seen.name, seen.status.label(), seen.what))
            .collect()
    };
    let (running, waiting) = (
        group(SessionStatus::is_active),
        group(SessionStatus::is_resumable),
    );
    if running.is_empty() {
        lines.push("No session runs in this project.".to_owned());
    } else {
        lines.push(format!("Running in this project: {}.", some(&running)));
    }
    if !waiting.is_empty() {
        lines.push(format!(
            "Ended short of their goal, may be worth resuming: {}.",
            some(&waiting)
        ));
    }
    if !sessions.is_empty() {
        lines.push(
            "Use the skill `agent-pipelines:sessions` to start, stop or resume one, `agent-pipelines:monitor` to watch one.".to_owned(),
        );
    }
    lines
}

fn some(names: &[String]) -> String {
    let shown = names
        .iter()
        .take(MAX_NAMED)
        .cloned()
        .collect::<Vec<_>>()
        .join(", ");
    if MAX_NAMED < names.len() {
        format!("{shown} and {} more", names.len() - MAX_NAMED)
    } else {
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use insta::assert_snapshot;

    fn seen(name: &str, status: SessionStatus) -> SessionSummary {
        SessionSummary {
            name: name.parse().unwrap(),
            status,
            what: "work, iteration 3 of at most 25".to_owned(),
        }
    }

    #[test]
    fn running_sessions_come_first_and_completed_ones_are_omitted() {
        let sessions = [
            seen("auth", SessionStatus::Running),
            seen("ops", SessionStatus::Crashed),
            seen("old", SessionStatus::Complete),
            seen("held", SessionStatus::Paused),
            seen("docs", SessionStatus::Stopped),
        ];
        assert_snapshot!(lines(&sessions, "`ap`").join("\n"), @r"
        agent-pipelines 0.1.0: sessions of agents that work unattended. Call the program as `ap`.
        Running in this project: auth (active, work, iteration 3 of at most 25), held (paused, work, iteration 3 of at most 25).
        Ended short of their goal, may be worth resuming: ops (crashed, work, iteration 3 of at most 25), docs (stopped, work, iteration 3 of at most 25).
        Use the skill `agent-pipelines:sessions` to start, stop or resume one, `agent-pipelines:monitor` to watch one.
        ");
        assert_snapshot!(lines(&[], &how(false, "/opt/a b/ap".into())).join("\n"), @r"
        agent-pipelines 0.1.0: sessions of agents that work unattended. Call the program as `'/opt/a b/ap'` (it is not on PATH under the name `ap`).
        No session runs in this project.
        ");
    }

    #[test]
    fn output_is_at_most_five_lines() {
        let sessions: Vec<SessionSummary> = (0..30)
            .map(|n| {
                seen(
                    &format!("s{n}"),
                    if n % 2 == 0 {
                        SessionStatus::Running
                    } else {
                        SessionStatus::Failed
                    },
                )
            })
            .collect();
        let text = lines(&sessions, "`ap`");
        assert!(
            text.len() <= 5 && text.iter().all(|line| line.len() < 500),
            "{text:#?}"
        );
        assert!(text[1].contains("and 9 more"), "{}", text[1]);
    }
}
