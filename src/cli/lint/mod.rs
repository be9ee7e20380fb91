//! `ap lint`: checks loops and pipelines exactly as a run would, and reports every mistake.
mod check;
pub(super) mod report;

use super::candidates;
use super::context::Context;
use super::format::Format;
use super::hook_programs;
use super::kind;
use super::notify::note_refused_secrets;
use super::programs;
use super::supervisor::settings::note_contradiction;
use crate::compile::project_loop;
use crate::error::{ExitCode, Result};
use crate::plan::PlanKind;
use crate::store::library::{Entry, Library};
use crate::ui;
use crate::ui::progress::Progress;
use check::check;
use report::Report;

#[derive(Clone, Debug, Default, clap::Args)]
#[command(
    after_help = "Without a name, all loops and pipelines. Exit code 2 if any of them cannot run. What the codes mean: `ap explain lint`",
    mut_arg("json", |json| json.help("Print JSON (`ap schema ap-lint`)"))
)]
pub(super) struct Args {
    /// Kind (`loop` or `pipeline`), or directly a name or path; `project` is the loop of the project, with its settings
    #[arg(add = candidates::definitions())]
    kind: Option<String>,
    /// Name or path of the one to check
    #[arg(add = candidates::definitions())]
    name: Option<String>,
    /// List the built-in ones that have no problem, too
    #[arg(long)]
    all: bool,
    /// Fail on warnings too
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    format: Format,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<ExitCode> {
    // config.yaml may declare providers, so it must be valid, and no session starts with a mistake of the project's.
    let settings = context.settings()?;
    note_contradiction(&settings);
    note_refused_secrets(context)?;
    context.check_project_settings()?;
    for problem in hook_programs::of_settings(&settings.session_hooks, &programs::env(context)) {
        ui::note(format!("warning: your config.yaml: {problem}"));
    }
    let entries = match args.kind.as_deref() {
        Some(PROJECT) if args.name.is_none() => of_project(context)?,
        Some(_) | None => select(args, &context.library())?,
    };
    let progress = Progress::of(entries.len());
    let check_next = |entry: &Entry| {
        progress.doing(format!("{} {}", entry.kind.as_str(), entry.name));
        progress.step();
        check(entry, args.strict, context)
    };
    let checked = entries.iter().map(check_next).collect::<Result<Vec<_>>>()?;
    drop(progress);
    let report = Report {
        ok: checked.iter().all(|one| one.ok),
        checked,
    };
    match args.format {
        Format::Json => ui::json::print(&report)?,
        Format::Text => report.print(args.all || args.kind.is_some())?,
    }
    Ok(if report.ok {
        ExitCode::Done
    } else {
        ExitCode::Usage
    })
}

/// The word for the project's settings, unless a loop or pipeline has this name.
const PROJECT: &str = "project";

/// Returns the loop that builds the project, which is checked with the project's settings.
fn of_project(context: &Context) -> Result<Vec<Entry>> {
    let library = context.library();
    if let Ok(entries) = library.entries_of(PROJECT) {
        return Ok(entries);
    }
    let name = project_loop(&Context::project_files(context.project.root()));
    Ok(vec![library.entry_of(PlanKind::Loop, &name)?])
}

/// Returns the definitions to check.
fn select(args: &Args, library: &Library) -> Result<Vec<Entry>> {
    let word = args.kind.as_deref();
    let kind = word.and_then(kind::of_word);
    match (word, kind, &args.name) {
        (Some(name), None, None) => return library.entries_of(name),
        (Some(word), None, Some(_)) => {
            return Err(kind::unknown(word).hint("try `ap lint loop <name>`"));
        }
        _ => {}
    }
    if let (Some(kind), Some(name)) = (kind, &args.name) {
        return Ok(vec![library.entry_of(kind, name)?]);
    }
    let mut entries = library.list();
    entries.retain(|entry| kind.is_none_or(|kind| entry.kind == kind));
    Ok(entries)
}

#[cfg(test)]
mod tests;
