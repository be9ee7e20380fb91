//! `ap queue status`.
use super::answer::Answer;
use super::source::Source;
use super::task;
use crate::cli::format::Format;
use crate::error::Result;
use crate::model::{QueueCounts, QueueStatus};
use crate::queue::{Queue, liveness};
use crate::text::{count, shown};
use crate::ui::style::{self, Look};
use serde::Serialize;

/// Count the tasks and show what that means for a loop
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Tasks held by dead agents are listed under stale; the session's runner releases them. JSON: `ap schema ap-queue-status`"
)]
pub(super) struct Args {}

/// `ap queue status --json`.
#[derive(Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(in crate::cli) struct Report<'a> {
    /// Its file, or its program and label.
    queue: &'a str,
    /// All tasks, closed ones included.
    total: u32,
    closed: u32,
    /// Ids of those that can be claimed, the next one first.
    ready: &'a [String],
    held: Vec<OwnedTask>,
    /// Claimed by agents that are gone.
    stale: Vec<OwnedTask>,
    blocked: Vec<BlockedTask>,
    status: &'a QueueStatus,
}

#[derive(Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
struct OwnedTask {
    id: String,
    /// Empty if it is unknown.
    owner: String,
}

#[derive(Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
struct BlockedTask {
    id: String,
    why: String,
}

pub(super) fn run(source: &Source, format: Format) -> Result<Answer> {
    let counts = source.queue.counts(&liveness(&*source.queue))?;
    let status = counts.status(|| source.queue.searched());
    let text = match format {
        Format::Json => json(&source.name, &counts, &status),
        Format::Text => text(&source.title, &counts, &status),
    };
    Ok(text.into())
}

/// Returns why no task can be claimed.
pub(super) fn nothing_to_claim(queue: &dyn Queue) -> Result<String> {
    let status = queue.counts(&liveness(queue))?.status(|| queue.searched());
    Ok(format!("No task can be claimed: {}.\n", meaning(&status)))
}

fn json(name: &str, counts: &QueueCounts, status: &QueueStatus) -> String {
    let pair = |(id, text): &'_ (String, String)| (id.clone(), text.clone());
    let owned = |tasks: &[(String, String)]| -> Vec<OwnedTask> {
        let tasks = tasks.iter().map(pair);
        tasks.map(|(id, owner)| OwnedTask { id, owner }).collect()
    };
    let blocked = counts.blocked.iter().map(pair);
    task::json(&Report {
        queue: name,
        total: counts.total,
        closed: counts.closed,
        ready: &counts.ready,
        held: owned(&counts.held),
        stale: owned(&counts.stale),
        blocked: blocked.map(|(id, why)| BlockedTask { id, why }).collect(),
        status,
    })
}

fn text(name: &str, counts: &QueueCounts, status: &QueueStatus) -> String {
    let count = format!(
        "{}: {} of {} closed, {} ready",
        style::heading(&shown(name)),
        counts.closed,
        counts.total,
        counts.ready.len()
    );
    let line = |id: &str, rest: &str| format!("{}  {}", shown(id), shown(rest));
    let held = counts
        .held
        .iter()
        .map(|(id, owner)| line(id, &format!("held by {owner}")));
    let stale = counts
        .stale
        .iter()
        .map(|(id, owner)| line(id, &stale_owner(owner)));
    let blocked = counts.blocked.iter().map(|(id, why)| line(id, why));
    let lines: Vec<String> = std::iter::once(count)
        .chain(held)
        .chain(stale)
        .chain(blocked)
        .chain([look(status)
            .apply(shown(&capitalized(&meaning(status))))
            .to_string()])
        .collect();
    lines.join("\n") + "\n"
}

/// Returns the style of what a status means.
fn look(status: &QueueStatus) -> Look {
    match status {
        QueueStatus::Done { .. } => Look::Good,
        QueueStatus::Work { .. } => Look::Active,
        QueueStatus::Wait { .. } | QueueStatus::ReleaseStale { .. } | QueueStatus::Busy { .. } => {
            Look::Odd
        }
        QueueStatus::Stalled { .. } | QueueStatus::NoItems { .. } | QueueStatus::Unknown { .. } => {
            Look::Bad
        }
    }
}

fn stale_owner(owner: &str) -> String {
    if owner.is_empty() {
        "held, but has no owner".to_owned()
    } else {
        format!("held by {owner}, which is dead")
    }
}

/// Returns what a status means, in a few words.
fn meaning(status: &QueueStatus) -> String {
    match status {
        QueueStatus::Done { closed } => format!("every task is closed ({closed})"),
        QueueStatus::Work { ready, left, .. } if ready == left => {
            format!("{} can be claimed", count(*ready, "task"))
        }
        QueueStatus::Work { ready, left, .. } => {
            format!("{ready} of {} left can be claimed", count(*left, "task"))
        }
        QueueStatus::Wait { held, by } => {
            format!(
                "others work on what is left: {}",
                crate::text::held(*held, by)
            )
        }
        QueueStatus::ReleaseStale { ids } => {
            format!("what is left is held by dead agents ({})", ids.len())
        }
        QueueStatus::Stalled { left, .. } => format!("everything left is blocked ({left})"),
        QueueStatus::NoItems { looked_for, next } => {
            format!("there are no tasks; looked for {looked_for}; {next}")
        }
        QueueStatus::Busy { error } => format!("the queue is busy: {error}"),
        QueueStatus::Unknown { error } => format!("the queue did not answer: {error}"),
    }
}

fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(chars).collect()
    })
}
