//! `ap queue close`.
use super::answer::Answer;
use super::source::Source;
use super::task;
use crate::cli::format::Format;
use crate::error::Result;
use crate::queue::Owner;
use crate::text::shown;
use serde::Serialize;

/// Close a task that is done
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Closing a closed task changes nothing and succeeds. JSON: `ap schema ap-queue-close`"
)]
pub(super) struct Args {
    /// Id of the task
    id: String,
    /// What was done, for the log beside the tasks
    #[arg(long, default_value = "", allow_hyphen_values = true)]
    reason: String,
}

/// `ap queue close --json`.
#[derive(Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(in crate::cli) struct Report<'a> {
    id: &'a str,
    closed: bool,
}

pub(super) fn run(args: &Args, source: &Source, format: Format) -> Result<Answer> {
    let Args { id, reason } = args;
    // The user may close any task; an agent only one that no other owner holds.
    let owner = matches!(source.owner, Owner::Agent { .. }).then_some(&source.owner);
    source.queue.close(id, owner, reason)?;
    Ok(match format {
        Format::Json => task::json(&Report { id, closed: true }).into(),
        Format::Text => format!("closed {}\n", shown(id)).into(),
    })
}
