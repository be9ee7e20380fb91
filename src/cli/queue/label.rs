//! `ap queue label`.
use super::answer::Answer;
use super::source::Source;
use super::task;
use crate::cli::candidates;
use crate::cli::format::Format;
use crate::error::{Error, ErrorKind, Result};
use crate::model::SessionName;
use crate::plan::session_label;
use crate::queue::LabelTarget;
use crate::text::shown;
use serde::Serialize;

/// Assign tasks to a session: put its label on them
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The label is `pipeline/<session>` unless another is named. For trackers that have labels, such as beads. JSON: `ap schema ap-queue-label`"
)]
pub(super) struct Args {
    /// Session the tasks are for; it need not have started
    #[arg(value_name = "SESSION", add = candidates::sessions())]
    name: SessionName,
    /// Ids of the tasks
    #[arg(required_unless_present = "all_ready", conflicts_with = "all_ready")]
    ids: Vec<String>,
    /// Label every task that is ready and has no session's label
    #[arg(long)]
    all_ready: bool,
    /// Use another label
    #[arg(long, value_name = "LABEL")]
    label: Option<String>,
}

/// `ap queue label --json`.
#[derive(Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(in crate::cli) struct Report<'a> {
    label: &'a str,
    /// Ids of the tasks.
    labelled: &'a [String],
}

impl Args {
    pub(super) fn session(&self) -> &SessionName {
        &self.name
    }
}

pub(super) fn run(args: &Args, source: &Source, format: Format) -> Result<Answer> {
    let label = args
        .label
        .clone()
        .unwrap_or_else(|| session_label(&args.name));
    if !args.all_ready {
        let labelled = label_each(source, &args.ids, &label)?;
        return Ok(text(&labelled, &label, format).into());
    }
    let labelled = source.queue.label(LabelTarget::AllReady, &label)?;
    let note = if labelled.is_empty() {
        "Every task that is ready has a session's label already.\n"
    } else {
        ""
    };
    Ok(Answer::with_note(
        text(&labelled, &label, format),
        note.to_owned(),
    ))
}

/// Labels the tasks one by one, so that an error says which of them have the label already.
fn label_each(source: &Source, ids: &[String], label: &str) -> Result<Vec<String>> {
    // A mistyped id must not leave half of them labelled.
    for id in ids {
        source.queue.show(id)?;
    }
    let mut labelled: Vec<String> = Vec::new();
    for id in ids {
        match source
            .queue
            .label(LabelTarget::These(std::slice::from_ref(id)), label)
        {
            Ok(done) => labelled.extend(done),
            Err(error) if labelled.is_empty() => return Err(error.into()),
            Err(error) => {
                let message = format!(
                    "{}; labelled before that: {}",
                    error.what,
                    labelled.join(", ")
                );
                return Err(Error::new(ErrorKind::Queue, message).hint(error.next));
            }
        }
    }
    Ok(labelled)
}

fn text(ids: &[String], label: &str, format: Format) -> String {
    match format {
        Format::Json => task::json(&Report {
            label,
            labelled: ids,
        }),
        Format::Text => ids
            .iter()
            .map(|id| format!("{}  {}\n", shown(id), shown(label)))
            .collect(),
    }
}
