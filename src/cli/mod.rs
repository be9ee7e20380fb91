//! The command line: one file per command.
mod account;
mod agent_slots;
mod answer;
mod approve;
mod attach;
mod block;
mod candidates;
mod catalog;
mod checkpoint;
mod choices;
mod cleanup;
mod command;
mod command_names;
mod compile;
mod completions;
mod containment;
mod context;
mod continue_session;
mod control;
mod cost;
mod demo;
mod doctor;
mod dry_run;
mod early_end;
mod explain;
mod fork;
mod format;
mod gate;
mod graph;
mod health;
mod hook;
mod hook_programs;
mod init;
mod inside;
mod kill;
mod kind;
mod launch;
mod lint;
mod list;
mod list_all;
mod logs;
mod man;
mod moment;
mod named_projects;
mod nested;
mod new;
mod notify;
mod ok;
mod output_schemas;
mod overrides;
mod overview;
mod parked;
mod parse_error;
mod pause;
mod plugin;
mod pre_tool_use;
mod programs;
mod projects;
mod questions;
mod queue;
mod quota;
mod recent_sessions;
mod reject;
mod request;
mod resources;
mod resume_project;
mod run_project;
mod run_session;
mod safety;
mod say;
mod schema;
mod service;
mod session;
mod session_line;
mod session_path;
mod smoke;
mod snapshot;
mod start;
mod start_supervisor;
mod started;
mod status;
mod statusline;
mod step;
mod stop;
mod supervised;
mod supervisor;
mod tail;
mod test;
mod unknown_word;
mod wait;

pub use command::{check, definition};

use crate::error::{Error, ExitCode, Result};
use crate::ui;
use camino::{Utf8Path, Utf8PathBuf};
use command::Cli;
use context::Context;
use std::ffi::OsString;

/// Parses a command line and runs it.
pub fn main(args: &[OsString]) -> ExitCode {
    let wants_json = wants_json(args);
    match run(args) {
        Ok(code) => code,
        Err(error) => {
            tracing::debug!(kind = %error.kind(), "the command fails");
            let printed = wants_json && ui::json::print(&error.report()).is_ok();
            if !printed {
                ui::note(ui::error(&error, console::colors_enabled_stderr()));
            }
            exit_code(&error, args)
        }
    }
}

/// Returns the exit code of an error. 2 has another meaning for `ap run`, and what agents call has the code of `EX_USAGE`.
fn exit_code(error: &Error, args: &[OsString]) -> ExitCode {
    let first = args.get(1).and_then(|first| first.to_str());
    let has_misuse = matches!(first, Some("run" | "checkpoint" | "block"));
    match error.exit_code() {
        ExitCode::Usage if has_misuse => ExitCode::Misuse,
        code => code,
    }
}

/// Whether `--json` was given: an error of the command line itself is JSON then, too.
fn wants_json(args: &[OsString]) -> bool {
    args.iter()
        .take_while(|word| *word != "--")
        .any(|word| word == "--json")
}

fn run(args: &[OsString]) -> Result<ExitCode> {
    match args.get(1).and_then(|first| first.to_str()) {
        Some("__shim") => {
            return crate::exec::shim::run(&args[1..2], &args[2..])
                .map(|()| ExitCode::Done)
                .map_err(Into::into);
        }
        Some("__runner") => return run_session::in_window(&path(args.get(2))?),
        Some("__replay") => return run_session::replay(),
        Some("__supervisor") => return supervisor::daemon::in_background(&path(args.get(2))?),
        Some("__notify") => return notify::send(),
        _ => (),
    }
    if args.get(1).is_some_and(|first| first == "--") {
        let context = Context::read(None)?;
        if completions::is_request(&context) {
            return completions::complete(args, command::with_loops(), &context);
        }
    }
    let words = session_path::expand(args.to_vec())?;
    let cli = match Cli::parse_args(words) {
        Ok(cli) => cli,
        Err(error) => return print_clap(&error, args),
    };
    let words = cli.shortcut().unwrap_or_default().to_vec();
    let project = cli.project().map(Utf8Path::to_owned);
    let cli = match cli.with_shortcut() {
        Ok(cli) => cli,
        Err(error) => {
            unknown_word::check(&words, &Context::read(project.as_deref())?)?;
            return print_clap(&error, args);
        }
    };
    let context = Context::read(cli.project())?;
    context.caller(cli.project()).remember();
    unknown_word::check(&words, &context)?;
    crate::log::to_stderr(context.env.get("AP_LOG").map(String::as_str));
    cli.run(&context)
}

/// Prints help and version, which are data, to stdout; anything else is an error.
fn print_clap(error: &clap::Error, args: &[OsString]) -> Result<ExitCode> {
    if error.use_stderr()
        && error.kind() != clap::error::ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
    {
        return Err(parse_error::error(error, args));
    }
    // A terminal that went away is no reason to fail.
    let _ = error.print();
    Ok(if error.use_stderr() {
        ExitCode::Usage
    } else {
        ExitCode::Done
    })
}

fn path(argument: Option<&OsString>) -> Result<Utf8PathBuf> {
    argument
        .and_then(|argument| argument.to_str())
        .map(Utf8PathBuf::from)
        .ok_or_else(|| Error::usage("a path is missing"))
}

/// `ap __scripted [script] [--gate|--judge <number>]`: the built-in agent. Its script decides the exit code.
pub fn scripted(args: &[OsString]) -> std::process::ExitCode {
    match play_script(args) {
        Ok(code) => code,
        Err(error) => {
            ui::note(ui::error(&error, console::colors_enabled_stderr()));
            error.exit_code().into()
        }
    }
}

fn play_script(args: &[OsString]) -> Result<std::process::ExitCode> {
    let words: Vec<&str> = args
        .iter()
        .skip(3)
        .filter_map(|word| word.to_str())
        .collect();
    let script = args.get(2).map(|_| path(args.get(2))).transpose()?;
    crate::scripted::play(script.as_deref(), crate::scripted::Options::read(&words)?)
}
