//! `ap dry-run`: shows what a session would do, without starting anything.
mod nodes;
mod preview;
mod text;

use super::candidates;
use super::context::Context;
use super::format::Format;
use super::graph::{self, Language};
use super::kind::Kind;
use super::overrides::OverrideArgs;
use super::start::would_refuse;
use crate::error::{Error, ExitCode, Result};
use crate::model::SessionName;
use crate::ui;
use preview::Definition;

#[derive(Clone, Debug, clap::Args)]
#[command(mut_arg("json", |json| json.help("Print JSON: `{plan, max_agents, max_starts, prompts: [{node, file, text, argv}], warnings}`")))]
pub(super) struct Args {
    /// Kind of the definition
    kind: Kind,
    /// Name or path of the loop or pipeline
    #[arg(add = candidates::definitions())]
    name: String,
    /// Session it would run as
    #[arg(default_value = "preview")]
    session: String,
    #[command(flatten)]
    overrides: OverrideArgs,
    /// Draw the nodes instead, for Mermaid or Graphviz
    #[arg(long, value_name = "LANGUAGE", conflicts_with = "json")]
    graph: Option<Language>,
    #[command(flatten)]
    format: Format,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<ExitCode> {
    let session: SessionName = args.session.parse().map_err(Error::bad_value)?;
    let definition = Definition {
        kind: args.kind.into(),
        name: &args.name,
        session,
    };
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
        (None, Format::Text) => text::print(&preview, context)?,
    }
    Ok(ExitCode::Done)
}
