//! `ap queue release`.
use super::answer::Answer;
use super::source::Source;
use super::task;
use crate::cli::format::Format;
use crate::error::{Error, Result};
use crate::model::TaskState;
use crate::queue::{Owner, Release, Released};
use crate::text::shown;
use serde::Serialize;

/// Release a task, or reopen one that was parked
#[derive(Debug, clap::Args)]
#[command(
    after_help = "A release by an agent counts as a failed attempt, and too many of those park the task. If you release a parked task yourself, it is open again. JSON: `ap schema ap-queue-release`"
)]
pub(super) struct Args {
    /// Id of the task
    id: String,
    /// Reason, for the log beside the tasks
    #[arg(long, default_value = "", allow_hyphen_values = true)]
    reason: String,
    /// Release it from this owner instead, for instance pipeline/auth/3
    #[arg(long, value_name = "OWNER")]
    from: Option<String>,
}

/// `ap queue release --json`.
#[derive(Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(in crate::cli) struct Report<'a> {
    id: &'a str,
    released: bool,
    /// Whether it has failed too often, so that it is not claimed again until you release it.
    parked: bool,
}

pub(super) fn run(args: &Args, source: &Source, format: Format) -> Result<Answer> {
    let Args { id, reason, from } = args;
    if from.is_some() && source.for_agent {
        let message = "an agent cannot release a task that another owner holds: only the user can use `--from`";
        let hint = format!(
            "`ap queue release {id}` releases what this iteration holds; report the rest to the user"
        );
        return Err(Error::usage(message).hint(hint));
    }
    let owner = from
        .as_deref()
        .map_or_else(|| source.owner.clone(), Owner::read);
    let release = Release {
        why: if reason.is_empty() {
            "no reason was given"
        } else {
            reason
        },
        failed: source.for_agent,
    };
    match source.queue.release(id, &owner, &release)? {
        Released::NotHeld => Err(not_released(source, id, &owner)?),
        released => Ok(text(id, released == Released::Parked, format).into()),
    }
}

fn text(id: &str, parked: bool, format: Format) -> String {
    match (format, parked) {
        (Format::Json, _) => task::json(&Report {
            id,
            released: true,
            parked,
        }),
        (Format::Text, true) => {
            format!(
                "released {}, and parked it: it has failed too often\n",
                shown(id)
            )
        }
        (Format::Text, false) => format!("released {}\n", shown(id)),
    }
}

fn not_released(source: &Source, id: &str, owner: &Owner) -> Result<Error> {
    let task = source.queue.show(id)?;
    let state = match (task.state, task.owner) {
        (_, Some(by)) => format!("is held by {by}, not by {owner}"),
        (TaskState::Closed, None) => "is closed already".to_owned(),
        (TaskState::Blocked, None) => task.why.unwrap_or_else(|| "is blocked".to_owned()),
        (TaskState::Ready | TaskState::Held, None) => "is not held".to_owned(),
    };
    let hint = if source.for_agent {
        "`ap queue status` shows the owner of each task; leave this one to its owner"
    } else {
        "`ap queue status` shows the owner of each task; release one from its owner with `--from OWNER`"
    };
    Ok(Error::failed(format!("task `{id}` {state}, so it was not released")).hint(hint))
}
