//! `ap projects`: the projects that the supervisor works on.
mod add;
mod change;
mod list;
mod moved;
mod project_change;
mod remove;
mod target;
mod until;

use super::context::Context;
use super::format::Format;
use crate::error::{ExitCode, Result};

pub(super) use add::register_autopilot;
pub(super) use change::resume;
pub(super) use list::{ProjectRow, rows, table};
#[cfg(feature = "schemas")]
pub(super) use project_change::ProjectChange;
pub(super) use target::lookup;
pub(super) use until::parse as parse_until;

/// List and change the projects that the supervisor works on
#[derive(Debug, clap::Args)]
#[command(mut_arg("json", |json| json.global(true).help("Print JSON (`ap schema ap-projects`, `ap schema ap-projects-change`)")))]
pub(super) struct Args {
    #[command(subcommand)]
    action: Option<Action>,
    #[command(flatten)]
    format: Format,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// List the projects, which is what `ap projects` does
    List,
    Add(add::Args),
    Remove(remove::Args),
    Pause(change::PauseArgs),
    Resume(change::ResumeArgs),
    Move(moved::Args),
    Set(change::SetArgs),
}

pub(super) fn run(args: &Args, context: &Context) -> Result<ExitCode> {
    let change = match &args.action {
        None | Some(Action::List) => return list::run(args.format, context),
        Some(Action::Add(add)) => add::run(add, context)?,
        Some(Action::Remove(remove)) => remove::run(remove, context)?,
        Some(Action::Pause(pause)) => change::pause(pause, context)?,
        Some(Action::Resume(resume)) => change::resume(&resume.name, context)?,
        Some(Action::Move(moved)) => moved::run(moved, context)?,
        Some(Action::Set(set)) => change::set(set, context)?,
    };
    change.print(args.format)
}
