//! `ap answer`: answers what a session asks, or the supervisor about a project. `ap approve` and `ap reject` use it too.
mod asked_id;
mod open;
mod project;
mod send;

use super::context::Context;
use super::format::Format;
use super::nested;
use super::session::{SessionArgs, find};
use crate::error::{Error, ExitCode, Result};
use crate::model::{NodeId, Reply, SessionName};
use crate::ui;
use asked_id::AskedId;
pub(super) use open::{OpenQuestion, open_questions};
pub(super) use project::{ProjectAsks, asked_by_supervisor};
#[cfg(feature = "schemas")]
pub(super) use send::AnswerResult;
use send::{Answering, give};

/// `ap answer`.
#[derive(clap::Args, Debug)]
#[command(mut_arg("json", |json| json.help("Print JSON (`ap schema ap-answer`)")))]
pub(super) struct Args {
    #[command(flatten)]
    of: SessionArgs,
    /// The answer: a text, or one of the choices
    #[arg(required_unless_present = "choice", conflicts_with = "choice")]
    text: Option<String>,
    /// The number of a choice
    #[arg(long, value_name = "N")]
    choice: Option<u32>,
    #[command(flatten)]
    options: Options,
}

/// `ap approve` and `ap reject`.
#[derive(clap::Args, Debug)]
#[command(mut_arg("json", |json| json.help("Print JSON (`ap schema ap-answer`)")))]
pub(super) struct DecisionArgs {
    #[command(flatten)]
    of: SessionArgs,
    /// A remark for the next agent
    text: Option<String>,
    #[command(flatten)]
    options: Options,
}

#[derive(clap::Args, Debug)]
struct Options {
    /// The id of the question, so that no other one is answered
    #[arg(long, value_name = "ID")]
    id: Option<AskedId>,
    /// The branch that asks
    #[arg(long, value_name = "BRANCH")]
    branch: Option<NodeId>,
    /// Where it was given, for the record
    #[arg(long, hide = true)]
    by: Option<String>,
    #[command(flatten)]
    format: Format,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<ExitCode> {
    let reply = match (args.choice, &args.text) {
        (Some(number), _) => Reply::Choice(number),
        (None, text) => Reply::Text(text.clone().unwrap_or_default()),
    };
    answer(
        &args.of.session,
        &args.options,
        (args.options.by.as_deref().unwrap_or("ap answer"), reply),
        context,
    )
}

/// Approves or rejects what a session asks, perhaps with a remark.
pub(super) fn decide(
    args: &DecisionArgs,
    by: &str,
    reply: fn(String) -> Reply,
    context: &Context,
) -> Result<ExitCode> {
    let reply = reply(args.text.clone().unwrap_or_default());
    answer(&args.of.session, &args.options, (by, reply), context)
}

fn answer(
    session: &SessionName,
    options: &Options,
    (by, reply): (&str, Reply),
    context: &Context,
) -> Result<ExitCode> {
    let snapshot = find(session, context);
    let asks = snapshot.as_ref().is_ok_and(open::asks);
    let asks_here = asks && !matches!(options.id, Some(AskedId::Supervisor(_)));
    if !asks_here && let Some(asks) = project::find(session, options.id, context)? {
        return project::give(&asks, (by, &reply), options.format, context);
    }
    let snapshot = snapshot?;
    nested::refuse_own_answer(&snapshot, context)?;
    let id = match options.id {
        Some(AskedId::Session(id)) => Some(id),
        Some(AskedId::Supervisor(_)) | None => None,
    };
    let asked = open::select(&snapshot, id, options.branch.as_ref())?;
    let resolved = asked.question.resolve(&reply).map_err(|error| {
        let branch = asked.branch.as_ref();
        let how = ui::question::commands(session.as_str(), branch, &asked.question);
        Error::usage(error.to_string()).hint(format!("answer with `{}`", how.join("` or `")))
    })?;
    let answering = Answering {
        snapshot: &snapshot,
        asked: &asked,
        by,
        reply,
        resolved,
        format: options.format,
    };
    give(&answering, context)
}
