//! Runs the command line of a session: `loop work auth --resume`.
use super::context::Context;
use super::start::{loop_command, pipeline};
use crate::error::{Error, ExitCode, Result};
use clap::Parser;

#[derive(Debug, Parser)]
#[command(name = "ap")]
enum Line {
    Loop(loop_command::Args),
    Pipeline(pipeline::Args),
}

/// Runs the words behind `ap` that start or continue a session.
pub(super) fn run(words: &[String], context: &Context) -> Result<ExitCode> {
    let words = std::iter::once("ap").chain(words.iter().map(String::as_str));
    match Line::try_parse_from(words).map_err(|error| Error::usage(error.to_string()))? {
        Line::Loop(args) => loop_command::run(&args, context),
        Line::Pipeline(args) => pipeline::run(&args, context),
    }
}
