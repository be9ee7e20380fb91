//! `ap queue claim`.
use super::answer::Answer;
use super::source::Source;
use super::{status, task};
use crate::cli::format::Format;
use crate::error::{Error, ErrorKind, ExitCode, Result};
use crate::queue::Claim;

/// Claim a task for yourself
#[derive(Debug, clap::Args)]
#[command(
    after_help = "An agent that already holds a task gets that task again. Exit code 4 when there is none, 1 when another owner holds it. JSON: `ap schema ap-queue-claim`"
)]
pub(super) struct Args {
    /// Id of the task; the next one if not given
    id: Option<String>,
}

pub(super) fn run(args: &Args, source: &Source, format: Format) -> Result<Answer> {
    match source.queue.claim(args.id.as_deref(), &source.owner)? {
        Claim::Won(task) => Ok(task::show(&task, format).into()),
        Claim::Lost { by } => {
            let id = args.id.as_deref().unwrap_or("the task");
            Err(
                Error::new(ErrorKind::TaskHeld, format!("task `{id}` is held by {by}"))
                    .hint("claim another: `ap queue ready` lists them"),
            )
        }
        Claim::None => {
            let data = if format == Format::Json { "null\n" } else { "" };
            let note = status::nothing_to_claim(&*source.queue)?;
            Ok(Answer {
                code: ExitCode::Short,
                ..Answer::with_note(data.to_owned(), note)
            })
        }
    }
}
