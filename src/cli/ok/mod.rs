//! `ap ok`: whether all is well, as six answers and one exit code. Reads only.
mod answers;

use super::context::Context;
use super::format::Format;
use super::named_projects;
use crate::error::{ExitCode, Result};
use crate::ui::style::Look;
use crate::ui::{json, out};
use answers::answers;
use camino::Utf8Path;
use serde::Serialize;

#[derive(clap::Args, Debug)]
#[command(
    mut_arg("json", |json| json.help("Print JSON (`ap schema ap-ok`)")),
    after_help = "Exits with 0 if all six answers are yes, else with 1, for cron and monitoring.\n`--project app,site` asks about these projects only."
)]
pub(super) struct Args {
    #[command(flatten)]
    format: Format,
}

/// `ap ok --json`.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(super) struct OkReport {
    /// Whether all answers are yes.
    ok: bool,
    answers: Vec<OkAnswer>,
}

/// The answer to one of the six questions.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(super) struct OkAnswer {
    /// From 1 to 6.
    number: u8,
    question: &'static str,
    ok: bool,
    /// What was found.
    found: String,
    /// The command that shows or changes what is wrong.
    command: Option<String>,
}

pub(super) fn run(args: &Args, projects: Option<&Utf8Path>, context: &Context) -> Result<ExitCode> {
    let projects = named_projects::read(projects, context)?;
    let answers = answers(&projects, context)?;
    let report = OkReport {
        ok: answers.iter().all(|answer| answer.ok),
        answers,
    };
    match args.format {
        Format::Json => json::print(&report)?,
        Format::Text => {
            let lines: Vec<String> = report.answers.iter().map(OkAnswer::line).collect();
            out(lines.join("\n"))?;
        }
    }
    Ok(if report.ok {
        ExitCode::Done
    } else {
        ExitCode::Failed
    })
}

impl OkAnswer {
    fn line(&self) -> String {
        let Self {
            number,
            question,
            found,
            ..
        } = self;
        let word = if self.ok {
            Look::Good.apply("yes")
        } else {
            Look::Bad.apply("no ")
        };
        let mut line = format!("{number} {word}  {question}: {found}");
        if let Some(command) = &self.command {
            line += &format!("\n       → {}", Look::Name.apply(command));
        }
        line
    }
}
