//! `ap` alone: what there is to run, and what is running.
use super::catalog::{self, Line};
use super::context::Context;
use crate::error::{ExitCode, Result};
use crate::plan::PlanKind;
use crate::store::library::Library;
use crate::ui::{self, style, table};
use serde::Serialize;

/// Shows the loops and pipelines there are, and the sessions that run.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Args {
    /// Print as JSON.
    #[arg(long)]
    pub json: bool,
}

/// The shape of `ap --json`.
#[derive(Debug, Serialize)]
struct Overview {
    loops: Vec<Line>,
    pipelines: Vec<Line>,
    sessions: Vec<serde_json::Value>,
}

/// Prints the overview.
pub fn run(args: &Args, context: &Context) -> Result<ExitCode> {
    let library = Library::new(context.project.root(), &context.user_config);
    let (loops, pipelines) = catalog::lines(&library, &context.project).into_iter().partition(|line| line.kind == PlanKind::Loop);
    let overview = Overview { loops, pipelines, sessions: sessions(context) };
    if args.json {
        ui::json(&overview)?;
        return Ok(ExitCode::Done);
    }
    section("Loops", "ap <loop> [session] [max]", &overview.loops)?;
    section("Pipelines", "ap pipeline <name> [session]", &overview.pipelines)?;
    ui::out(format!(
        "{}: `ap <loop> <session> 25` starts a session, `ap list` shows them, `ap --help` everything else.",
        style::heading("Next")
    ))?;
    Ok(ExitCode::Done)
}

/// What is running now.
fn sessions(_context: &Context) -> Vec<serde_json::Value> {
    Vec::new()
}

fn section(title: &str, usage: &str, lines: &[Line]) -> Result<()> {
    ui::out(format!("{}  {}", style::heading(title), style::faint(usage)))?;
    let row = |line: &Line| {
        let description = line.error.as_ref().map_or_else(|| line.description.clone(), |error| format!("broken: {error}"));
        [format!("  {}", line.name), description, line.ends.clone(), catalog::origin(line.origin).to_owned()]
    };
    ui::out(table::table(["  NAME", "WHAT IT DOES", "ENDS", "FROM"], lines.iter().map(row)))?;
    ui::out("")
}
