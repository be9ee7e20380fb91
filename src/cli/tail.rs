//! `ap tail`: follows a session.
use super::candidates;
use super::context::Context;
use super::format::Format;
use super::logs::follow;
use super::logs::request::{JSON_HELP, LINES, LogRequest};
use crate::error::{Error, ErrorKind, ExitCode, Result};
use crate::model::SessionName;

#[derive(clap::Args, Debug)]
#[command(mut_arg("json", |json| json.help(JSON_HELP)))]
pub(super) struct Args {
    /// Name of the session
    #[arg(add = candidates::sessions())]
    session: SessionName,
    /// Lines to begin with, the last ones; 0 shows all [default: `EVENTS_TAIL_LINES`, or 50]
    lines: Option<usize>,
    /// Show the session's journal instead of what its agents print
    #[arg(long)]
    events: bool,
    #[command(flatten)]
    format: Format,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<ExitCode> {
    let request = LogRequest {
        session: &args.session,
        branch: None,
        run: None,
        lines: args.lines.map_or_else(|| default_lines(context), Ok)?,
        follow: true,
        format: args.format,
    };
    if args.events {
        follow::print_journal(&request, context)
    } else {
        follow::print_attempts(&request, context)
    }
}

fn default_lines(context: &Context) -> Result<usize> {
    match context.env.get("EVENTS_TAIL_LINES") {
        Some(text) if !text.is_empty() => text.trim().parse().map_err(|_| {
            Error::new(
                ErrorKind::BadValue,
                format!("EVENTS_TAIL_LINES is `{text}`, and must be a number"),
            )
        }),
        _ => Ok(LINES),
    }
}
