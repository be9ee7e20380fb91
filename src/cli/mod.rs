//! The command line: one file per command.
mod account;
mod acquire_error;
mod agent_slots;
mod attach;
mod candidates;
mod catalog;
mod cleanup;
mod command;
mod command_names;
mod compile;
mod completions;
mod context;
mod continue_session;
mod demo;
mod doctor;
mod dry_run;
mod early_end;
mod explain;
mod fork;
mod format;
mod graph;
mod hook;
mod init;
mod kill;
mod kind;
mod launch;
mod lint;
mod list;
mod list_all;
mod logs;
mod man;
mod new;
mod overrides;
mod overview;
mod pause;
mod plugin;
mod programs;
mod queue;
mod request;
mod run_session;
mod schema;
mod session;
mod session_path;
mod start;
mod status;
mod step;
mod stop;
mod tail;
mod test;
mod wait;

pub use command::{check, definition};

use crate::error::{Error, ExitCode, Result};
use camino::Utf8PathBuf;
use command::Cli;
use context::Context;
use std::ffi::OsString;

/// Parses a command line and runs it.
pub fn main(args: Vec<OsString>) -> ExitCode {
    match run(args) {
        Ok(code) => code,
        Err(error) => {
            crate::ui::note(crate::ui::error(&error, console::colors_enabled_stderr()));
            error.exit_code()
        }
    }
}

fn run(args: Vec<OsString>) -> Result<ExitCode> {
    match args.get(1).and_then(|first| first.to_str()) {
        Some("__shim") => {
            return crate::exec::shim::run(&args[1..2], &args[2..])
                .map(|()| ExitCode::Done)
                .map_err(Into::into);
        }
        Some("__runner") => return run_session::in_window(&path(args.get(2))?),
        Some("__replay") => return run_session::replay(),
        _ => (),
    }
    if args.get(1).is_some_and(|first| first == "--") {
        let context = Context::read(None)?;
        if completions::is_request(&context) {
            return completions::complete(&args, command::with_loops(), &context);
        }
    }
    let cli = match Cli::parse_args(session_path::expand(args)?) {
        Ok(cli) => cli,
        Err(error) => return print_clap(&error),
    };
    let context = Context::read(cli.project())?;
    context.caller(cli.project()).remember();
    crate::log::to_stderr(context.env.get("AP_LOG").map(String::as_str));
    cli.run(&context)
}

/// Prints help and version, which are data, to stdout, and anything else to stderr.
fn print_clap(error: &clap::Error) -> Result<ExitCode> {
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
            crate::ui::note(crate::ui::error(&error, console::colors_enabled_stderr()));
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
    crate::scripted::play(script.as_deref(), crate::scripted::Asked::read(&words)?)
}
