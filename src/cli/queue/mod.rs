//! `ap queue`: how you, and the prompts of loops, see, claim, release and close tasks.
mod answer;
mod claim;
pub(super) mod close;
mod hint;
pub(super) mod label;
mod ready;
pub(super) mod release;
mod show;
mod source;
pub(super) mod status;
mod task;

use super::candidates;
use super::context::Context;
use super::format::Format;
use crate::error::{Error, ExitCode, Result};
use answer::Answer;
use camino::Utf8PathBuf;
use source::Source;

/// Show, claim, release and close tasks
#[derive(Debug, clap::Args)]
#[command(mut_arg("json", |json| json.global(true).help("Print JSON: each command names its schema (`ap schema`)")))]
pub(super) struct Args {
    #[command(subcommand)]
    action: Action,
    /// Session whose queue to use [default: the session an agent works for]
    #[arg(long, short, global = true, value_name = "NAME", add = candidates::sessions())]
    session: Option<String>,
    /// Checklist or prd.json to use instead of the session's queue
    #[arg(long, global = true, value_name = "PATH", conflicts_with = "session")]
    file: Option<Utf8PathBuf>,
    #[command(flatten)]
    format: Format,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    Ready(ready::Args),
    Show(show::Args),
    Claim(claim::Args),
    Release(release::Args),
    Close(close::Args),
    Label(label::Args),
    Status(status::Args),
}

pub(super) fn run(args: &Args, context: &Context) -> Result<ExitCode> {
    crate::store::crash::role("queue");
    answer(args, context)?.print()
}

fn answer(args: &Args, context: &Context) -> Result<Answer> {
    if let Action::Label(label) = &args.action {
        return label_answer(label, args, context);
    }
    let source = Source::find(args.session.as_deref(), args.file.as_deref(), context)?;
    let queue_flag = hint::queue_flag(args.session.as_deref(), args.file.as_deref());
    let answer = act(&args.action, &source, args.format)
        .map_err(|error| error.map_hint(|hint| hint::complete(hint, &queue_flag)))?
        .map_note(|note| hint::complete(note, &queue_flag));
    Ok(answer.with_remarks(&source.queue.remarks()))
}

fn act(action: &Action, source: &Source, format: Format) -> Result<Answer> {
    match action {
        Action::Ready(_) => ready::run(source, format),
        Action::Show(args) => show::run(args, source, format),
        Action::Claim(args) => claim::run(args, source, format),
        Action::Release(args) => release::run(args, source, format),
        Action::Close(args) => close::run(args, source, format),
        Action::Label(args) => label::run(args, source, format),
        Action::Status(_) => status::run(source, format),
    }
}

/// `label` names its session itself.
fn label_answer(label: &label::Args, args: &Args, context: &Context) -> Result<Answer> {
    let session = label.session();
    if args.session.is_some() || args.file.is_some() {
        let message =
            "`label` takes the session as its first argument, not `--session` or `--file`";
        let hint = format!("write `ap queue label {session} ID…`; a file of tasks has no labels");
        return Err(Error::usage(message).hint(hint));
    }
    let source = Source::of_session(session, context)?;
    let answer = act(&args.action, &source, args.format)?;
    Ok(answer.with_remarks(&source.queue.remarks()))
}

#[cfg(test)]
mod tests;
