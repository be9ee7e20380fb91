//! `ap queue ready`.
use super::answer::Answer;
use super::source::Source;
use super::{status, task};
use crate::cli::format::Format;
use crate::error::Result;

/// List the tasks that can be claimed, the next one first
#[derive(Debug, clap::Args)]
#[command(after_help = "JSON: `ap schema ap-queue-ready`")]
pub(super) struct Args {}

pub(super) fn run(source: &Source, format: Format) -> Result<Answer> {
    let tasks = source.queue.next()?;
    let data = match format {
        Format::Json => task::json(&tasks),
        Format::Text => tasks.iter().map(|task| task::line(task) + "\n").collect(),
    };
    if tasks.is_empty() {
        return Ok(Answer::with_note(
            data,
            status::nothing_to_claim(&*source.queue)?,
        ));
    }
    Ok(data.into())
}
