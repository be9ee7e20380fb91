//! `ap checkpoint`: an agent leaves a note for the agents after it.
use super::context::Context;
use super::control;
use super::format::Format;
use super::inside::{Inside, InsideArgs, locate, text_or_input};
use crate::clock;
use crate::error::{Error, ExitCode, Result};
use crate::redact::Redactor;
use crate::store::atomic;

#[derive(clap::Args, Debug)]
#[command(mut_arg("json", |json| json.help("Print JSON (`ap schema ap-control`)")))]
pub(super) struct Args {
    /// The note; without it, standard input
    text: Option<String>,
    #[command(flatten)]
    of: InsideArgs,
    #[command(flatten)]
    format: Format,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<ExitCode> {
    let text = text_or_input(args.text.as_deref(), "the note")?;
    if text.is_empty() {
        return Err(Error::failed("the note is empty").hint("say what the next agent must know"));
    }
    let inside = locate(&args.of, context)?;
    let path = inside.dir.checkpoint_note();
    let redactor = Redactor::of_env(context.env.iter(), []);
    let note = format!("<!-- {} -->\n{}\n", head(&inside), redactor.hide(&text));
    atomic::replace_durably(&path, note.as_bytes())?;
    let session = &inside.snapshot.plan.session;
    let message = format!("Noted in {path}: the next agents of session '{session}' begin with it.");
    control::report(session, args.format, "noted", &message)?;
    Ok(ExitCode::Done)
}

/// Returns whose note it is: attempt, task and time.
fn head(inside: &Inside) -> String {
    let run = &inside.snapshot.plan.run;
    let by = match &inside.attempt {
        Some(own) => format!("attempt {run}/{}", own.cursor),
        None => format!("you, about run {run}"),
    };
    let task = inside.snapshot.state.current.task.as_ref();
    let task = task.map_or_else(String::new, |task| format!(", task {}", task.id));
    // A comment ends at the first `--`.
    format!("{by}{task}, {}", clock::now()).replace("--", "- -")
}
