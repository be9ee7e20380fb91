//! The command line: one file per command.
pub mod catalog;
pub mod cleanup;
mod compile;
pub mod context;
pub mod control;
pub mod demo;
pub mod doctor;
pub mod dry_run;
pub mod explain;
pub mod fork;
mod graph;
pub mod hook;
pub mod init;
mod launch;
pub mod lint;
pub mod logs;
pub mod manual;
pub mod new;
pub mod overview;
pub mod plugin;
mod programs;
pub mod queue;
pub mod said;
pub mod schema;
pub mod start;
pub mod status;
pub mod test;

use crate::error::{Error, ExitCode, Result};
use camino::Utf8PathBuf;
use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use context::Context;
use std::ffi::OsString;

const AFTER_HELP: &str = "\
A loop runs a fresh agent again and again until it is done:
  ap work auth 25                 run the loop `work` as session `auth`, at most 25 times, in tmux
  ap work auth 25 --resume        go on exactly where a crashed session was
  ap status auth                  where it is; `ap list` shows all sessions
  ap attach auth                  watch it (detach with Ctrl-b d)

Exit codes: 0 done, 1 failed, 2 bad usage or definition, 3 session already running,
            4 ended short of its goal (a limit, no task), 5 stopped by a person

AP_LOG=debug tells what ap does: on stderr, and of a session in tmux in ap.log in its run directory";

/// Runs coding agents again and again until the work is done, and never loses its place
#[derive(Debug, Parser)]
#[command(name = "ap", version, after_help = AFTER_HELP, disable_help_subcommand = true, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(flatten)]
    overview: overview::Args,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a loop: `ap loop work auth 25`, or shorter `ap work auth 25`
    Loop(start::LoopArgs),
    /// Run a pipeline of several stages
    Pipeline(start::PipelineArgs),
    /// Show where a session stands, or all of them
    Status(status::StatusArgs),
    /// List the project's sessions, the latest first
    #[command(visible_alias = "runs")]
    List(status::ListArgs),
    /// Show a session's window (inside tmux: switch to it)
    Attach(control::SessionArgs),
    /// Show what a session's agents said and did, or its journal
    Logs(logs::LogsArgs),
    /// Follow a session: `ap logs <session> --follow`
    Tail(logs::TailArgs),
    /// Start a new session from the state after an iteration of another one, in a worktree at that commit
    Fork(fork::Args),
    /// Wait for a session's end; the exit code is the session's own
    Wait(control::WaitArgs),
    /// Hold a session once its current iteration is over
    Pause(control::SessionArgs),
    /// Let a paused session go on, or end a wait early
    Continue(control::SessionArgs),
    /// End a session and its agent now; `--resume` continues it
    Stop(control::SessionArgs),
    /// End every process of a session at once; `--resume` continues it
    Kill(control::SessionArgs),
    /// See it work: five small tasks in a scratch repository, with nothing installed and no account
    Demo(demo::Args),
    /// Write a loop or pipeline to start from
    New(new::Args),
    /// Find every mistake in loops and pipelines, each with its place
    Lint(lint::Args),
    /// Show what a loop or pipeline would do: its plan, and the prompt and call of each first agent
    DryRun(dry_run::Args),
    /// Print the JSON Schema of loops, pipelines, settings or status.json
    Schema(schema::Args),
    /// Run loops and pipelines against what is recorded of them, without an account
    Test(test::Args),
    /// Clear away what sessions that ended badly left behind; never a living one
    Cleanup(cleanup::CleanupArgs),
    /// Check what sessions need: programs, tmux, locks, disk, and whether they would survive a logout
    Doctor(doctor::DoctorArgs),
    /// Explain a file, its fields, or a part of how ap works
    Explain(explain::Args),
    /// Give Claude Code the skills, slash commands, sub-agents and hook of Agent Pipelines
    Plugin(plugin::Args),
    /// Prepare this repository for agents
    Init(init::Args),
    /// Answer a hook of Claude Code
    #[command(hide = true)]
    Hook(hook::Args),
    /// Print a shell's completions: `source <(ap completions bash)`
    Completions(manual::CompletionsArgs),
    /// Print the manual page, or write all of them
    Man(manual::ManArgs),
    /// See, take, give back and close tasks
    Queue(queue::Args),
    /// `ap <loop> [session] [max]`
    #[command(external_subcommand)]
    Shortcut(Vec<OsString>),
}

/// Parses a command line and does what it says.
pub fn main(args: Vec<OsString>) -> ExitCode {
    match run(args) {
        Ok(code) => code,
        Err(error) => {
            crate::ui::note(format!("{error:?}"));
            error.code
        }
    }
}

fn run(args: Vec<OsString>) -> Result<ExitCode> {
    match args.get(1).and_then(|first| first.to_str()) {
        Some("__shim") => {
            return crate::exec::shim::main()
                .map(|()| ExitCode::Done)
                .map_err(Into::into);
        }
        Some("__runner") => return launch::in_window(&path(args.get(2))?),
        Some("__replay") => return launch::replay(),
        _ => (),
    }
    let cli = match Cli::command()
        .try_get_matches_from(args)
        .and_then(|matches| Cli::from_arg_matches(&matches))
    {
        Ok(cli) => cli,
        Err(error) => return shown(&error),
    };
    let context = Context::read()?;
    crate::log::to_stderr(context.env.get("AP_LOG").map(String::as_str));
    match cli.command {
        None => overview::run(&cli.overview, &context),
        Some(Command::Loop(args)) => start::run_loop(&args, &context),
        Some(Command::Pipeline(args)) => start::run_pipeline(&args, &context),
        Some(Command::Status(args)) => status::status(&args, &context),
        Some(Command::List(args)) => status::list(&args, &context),
        Some(Command::Attach(args)) => control::attach(&args, &context),
        Some(Command::Logs(args)) => logs::logs(&args, &context),
        Some(Command::Tail(args)) => logs::tail(&args, &context),
        Some(Command::Fork(args)) => fork::run(&args, &context),
        Some(Command::Wait(args)) => control::wait(&args, &context),
        Some(Command::Pause(args)) => control::pause(&args, &context),
        Some(Command::Continue(args)) => control::go_on(&args, &context),
        Some(Command::Stop(args)) => control::stop(&args, &context),
        Some(Command::Kill(args)) => control::kill(&args, &context),
        Some(Command::Demo(args)) => demo::run(&args, &context),
        Some(Command::New(args)) => new::run(&args, &context),
        Some(Command::Lint(args)) => lint::run(&args, &context),
        Some(Command::DryRun(args)) => dry_run::run(&args, &context),
        Some(Command::Schema(args)) => schema::run(&args),
        Some(Command::Test(args)) => test::run(&args, &context),
        Some(Command::Cleanup(args)) => cleanup::run(&args, &context),
        Some(Command::Doctor(args)) => doctor::run(&args, &context),
        Some(Command::Explain(args)) => explain::run(&args),
        Some(Command::Plugin(args)) => plugin::run(&args, &context),
        Some(Command::Init(args)) => init::run(&args, &context),
        Some(Command::Hook(args)) => hook::run(&args, &context),
        Some(Command::Completions(args)) => manual::completions(&args, Cli::command()),
        Some(Command::Man(args)) => manual::man(&args, Cli::command()),
        Some(Command::Queue(args)) => queue::run(&args, &context),
        Some(Command::Shortcut(words)) => shortcut(words, &context),
    }
}

/// `ap <loop> …`: a loop's name in the place of a command.
#[derive(Debug, Parser)]
#[command(name = "ap", disable_help_subcommand = true)]
struct Shortcut {
    #[command(flatten)]
    args: start::LoopArgs,
}

impl Shortcut {
    fn parse_words(words: Vec<OsString>) -> Result<Self, clap::Error> {
        Self::try_parse_from(std::iter::once(OsString::from("ap")).chain(words))
    }
}

fn shortcut(words: Vec<OsString>, context: &Context) -> Result<ExitCode> {
    match Shortcut::parse_words(words) {
        Ok(Shortcut { args }) => start::run_loop(&args, context),
        Err(error) => shown(&error),
    }
}

/// Returns every command with its arguments and help.
pub fn definition() -> clap::Command {
    Cli::command()
}

/// Whether `ap <name>` is a command, so that a loop of that name is not what it starts.
pub(crate) fn is_command(name: &str) -> bool {
    Cli::command().get_subcommands().any(|command| {
        command.get_name() == name || command.get_all_aliases().any(|alias| alias == name)
    })
}

/// Tells whether a command line can be understood, and does nothing.
pub fn check(args: &[&str]) -> Result<(), clap::Error> {
    match Cli::try_parse_from(args)?.command {
        Some(Command::Shortcut(words)) => Shortcut::parse_words(words).map(drop),
        Some(_) | None => Ok(()),
    }
}

/// Help and version are data, on standard output; anything else is the caller's mistake.
fn shown(error: &clap::Error) -> Result<ExitCode> {
    // A terminal that went away is no reason to fail.
    let _ = error.print();
    Ok(if error.use_stderr() {
        ExitCode::Usage
    } else {
        ExitCode::Done
    })
}

fn path(word: Option<&OsString>) -> Result<Utf8PathBuf> {
    let word = word
        .and_then(|word| word.to_str())
        .ok_or_else(|| Error::usage("a path is missing"))?;
    Ok(Utf8PathBuf::from(word))
}

/// `ap __scripted [script] [--gate|--judge <number>]`: the built-in agent. Its exit code is whatever its script says.
pub fn scripted(args: &[OsString]) -> std::process::ExitCode {
    let words: Vec<&str> = args
        .iter()
        .skip(3)
        .filter_map(|word| word.to_str())
        .collect();
    let play = || {
        let script = args.get(2).map(|_| path(args.get(2))).transpose()?;
        crate::scripted::play(script.as_deref(), crate::scripted::Asked::read(&words)?)
    };
    match play() {
        Ok(code) => code,
        Err(error) => {
            crate::ui::note(format!("{error:?}"));
            error.code.into()
        }
    }
}
