//! `ap tail`: follows a session, or without one the log of everything.
mod args;
mod everything;
mod shown;

pub(super) use args::Args;
pub(super) use shown::shown;

use super::context::Context;
use super::logs::follow;
use super::logs::request::{LINES, LogRequest};
use crate::error::{Error, ErrorKind, ExitCode, Result};
use camino::Utf8Path;

pub(super) fn run(args: &Args, projects: Option<&Utf8Path>, context: &Context) -> Result<ExitCode> {
    let Some(session) = &args.session else {
        return everything::run(args, projects, context);
    };
    let request = LogRequest {
        session,
        branch: None,
        run: None,
        lines: args
            .lines
            .or(args.most)
            .map_or_else(|| default_lines(context), Ok)?,
        follow: !args.no_follow,
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
