//! `ap dry-run`: shows what a session would do, without starting anything.
mod hooks;
mod nodes;
pub(super) mod preview;
mod text;

use super::candidates;
use super::context::Context;
use super::format::Format;
use super::graph::{self, Language};
use super::kind;
use super::overrides::OverrideArgs;
use super::start::would_refuse;
use crate::error::{Error, ExitCode, Result};
use crate::model::SessionName;
use crate::ui;
use preview::Definition;

#[derive(Clone, Debug, clap::Args)]
#[command(mut_arg("json", |json| json.help("Print JSON (`ap schema ap-dry-run`)")))]
pub(super) struct Args {
    /// Kind (`loop` or `pipeline`), or directly a name or path
    #[arg(value_name = "KIND", add = candidates::definitions())]
    first: String,
    /// Name or path of the loop or pipeline
    #[arg(value_name = "NAME", add = candidates::definitions())]
    second: Option<String>,
    /// Session it would run as
    #[arg(value_name = "SESSION")]
    third: Option<String>,
    /// Print the prompt and the command line of each node's first agent too
    #[arg(long, conflicts_with = "graph")]
    prompt: bool,
    #[command(flatten)]
    overrides: OverrideArgs,
    /// Draw the nodes instead, for Mermaid or Graphviz
    #[arg(long, value_name = "LANGUAGE", conflicts_with = "json")]
    graph: Option<Language>,
    #[command(flatten)]
    format: Format,
}

/// Returns the definition to preview, from `[kind] <name> [session]`.
fn definition<'a>(args: &'a Args, context: &Context) -> Result<Definition<'a>> {
    let (second, third) = (args.second.as_deref(), args.third.as_deref());
    let (kind, name, session) = match (kind::of_word(&args.first), second, third) {
        (Some(kind), Some(name), session) => (kind, name, session),
        (Some(kind), None, _) => return Err(kind::without_name(kind)),
        (None, _, Some(_)) => return Err(kind::unknown(&args.first)),
        (None, session, None) => {
            let kind = kind::of_name(&args.first, &context.library())?;
            (kind, args.first.as_str(), session)
        }
    };
    let session: SessionName = session
        .unwrap_or("preview")
        .parse()
        .map_err(Error::bad_value)?;
    Ok(Definition {
        kind,
        name,
        session,
    })
}

pub(super) fn run(args: &Args, context: &Context) -> Result<ExitCode> {
    let definition = definition(args, context)?;
    let preview = preview::preview(definition, &args.overrides, context)?;
    for warning in &preview.warnings {
        ui::note(ui::diagnostic(warning));
    }
    if let Err(refusal) = would_refuse(&preview.plan, context) {
        let hint = refusal
            .help()
            .map_or_else(String::new, |hint| format!("; {hint}"));
        ui::note(format!(
            "warning: a start would be refused: {refusal}{hint}"
        ));
    }
    match (args.graph, args.format) {
        (Some(language), _) => ui::out(graph::draw(&preview.plan, language))?,
        (None, Format::Json) => ui::json::print(&preview)?,
        (None, Format::Text) => text::print(&preview, args.prompt, context)?,
    }
    Ok(ExitCode::Done)
}
