//! `ap test`: replays the fixtures of loops and pipelines with the scripted agent.
mod case;
mod parallel;
mod selection;

pub(super) use case::record;

use super::candidates;
use super::context::Context;
use super::format::Format;
use crate::error::{ExitCode, Result};
use crate::text::count;
use crate::ui::progress::Progress;
use crate::ui::{self, style};
use case::{Outcome, Tested};
use serde::Serialize;

#[derive(Clone, Debug, Default, clap::Args)]
#[command(
    after_help = "Without a name, everything that has a fixture. None of your files is touched: each test runs in a repository and a home of its own.\nExit codes: 0 all passed, 1 some differ, 2 bad usage, definition or fixture",
    mut_arg("json", |json| json.help("Print JSON (`ap schema ap-test`)"))
)]
pub(super) struct Args {
    /// Names or paths; put `loop` or `pipeline` before them to choose one kind
    #[arg(value_name = "NAME", add = candidates::definitions())]
    names: Vec<String>,
    /// Record what the engine does now as expected, and show what that changes
    #[arg(long)]
    update: bool,
    #[command(flatten)]
    format: Format,
}

/// The shape of `ap test --json`.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(super) struct Report {
    ok: bool,
    tested: Vec<Tested>,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<ExitCode> {
    // config.yaml may declare providers, so it must be valid.
    context.settings()?;
    let library = context.library();
    let selected = selection::select(&args.names, &library)?;
    let mut tested = Vec::new();
    let progress = Progress::of(selected.len());
    parallel::for_each(
        &selected,
        |(entry, files)| {
            progress.doing(format!("{} {}", entry.kind.as_str(), entry.name));
            case::test(entry, files, args.update, (&library, context))
        },
        |result| {
            progress.step();
            if args.format == Format::Text {
                progress.suspend(|| print(&result))?;
            }
            tested.push(result);
            Ok(())
        },
    )?;
    drop(progress);
    finish(tested, args.format)
}

/// Prints the report or its last line, and returns the worst exit code.
fn finish(tested: Vec<Tested>, format: Format) -> Result<ExitCode> {
    let has = |code: &ExitCode| tested.iter().any(|one| one.code == *code);
    let code = [ExitCode::Usage, ExitCode::Failed]
        .into_iter()
        .find(has)
        .unwrap_or(ExitCode::Done);
    if format == Format::Json {
        ui::json::print(&Report {
            ok: code == ExitCode::Done,
            tested,
        })?;
        return Ok(code);
    }
    let failed = tested
        .iter()
        .filter(|one| one.code != ExitCode::Done)
        .count();
    ui::out(format!(
        "{}: {} passed, {failed} failed",
        count(tested.len(), "test"),
        tested.len() - failed
    ))?;
    Ok(code)
}

fn print(tested: &Tested) -> Result<()> {
    let mark = match tested.result {
        Outcome::AsRecorded => style::good("PASS"),
        Outcome::Updated => style::odd("NEW "),
        Outcome::Unrecorded => style::odd("NONE"),
        Outcome::Differs | Outcome::Error => style::bad("FAIL"),
    };
    let iterations = tested
        .expected
        .as_ref()
        .map_or_else(String::new, |expected| {
            format!("  {}", count(expected.iterations(), "iteration"))
        });
    ui::out(format!(
        "{mark}  {} {}{iterations}  {}",
        tested.kind.as_str(),
        style::name(&tested.name),
        style::faint(&tested.fixture)
    ))?;
    for text in [&tested.diff, &tested.error].into_iter().flatten() {
        ui::out(
            text.lines()
                .map(|line| format!("      {line}\n"))
                .collect::<String>(),
        )?;
    }
    match &tested.hint {
        Some(hint) if matches!(tested.result, Outcome::Differs | Outcome::Unrecorded) => {
            ui::out(format!("      {}", style::faint(hint)))
        }
        Some(_) | None => Ok(()),
    }
}
