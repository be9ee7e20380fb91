//! `ap queue show`.
use super::answer::Answer;
use super::source::Source;
use super::task;
use crate::cli::format::Format;
use crate::error::Result;

/// Show one task
#[derive(Debug, clap::Args)]
#[command(after_help = "JSON: `ap schema ap-queue-show`")]
pub(super) struct Args {
    /// Id of the task
    id: String,
}

pub(super) fn run(args: &Args, source: &Source, format: Format) -> Result<Answer> {
    Ok(task::show(&source.queue.show(&args.id)?, format).into())
}
