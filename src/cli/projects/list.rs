//! `ap projects list`: the projects and what each is doing. Reads only.
use crate::cli::context::Context;
use crate::cli::format::Format;
use crate::clock;
use crate::error::{ExitCode, Result};
use crate::fleet::{Project, ProjectStatus, State};
use crate::store::fleet;
use crate::store::ledger::spent_by_project;
use crate::store::registry::{self, RegisteredProject};
use crate::text::clean;
use crate::ui::style::Look;
use crate::ui::table::{Cell, Fit, Table};
use crate::ui::{json, out, time};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use std::collections::BTreeMap;

/// A registered project, and what it is doing.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(in crate::cli) struct ProjectRow {
    #[serde(flatten)]
    pub(in crate::cli) registered: RegisteredProject,
    /// `due`, `running`, `waiting`, `detached`, `paused`, `blocked`, `done` or `unfit`.
    pub(in crate::cli) status: &'static str,
    /// Since when; `null` before the supervisor has seen it.
    since: Option<Timestamp>,
    /// Why, or what it waits for, in words.
    reason: String,
    /// When it is due again, if that is known.
    until: Option<Timestamp>,
    /// Iterations of its session that are over.
    iterations: u32,
    /// When the last of them was over.
    progressed_at: Option<Timestamp>,
    /// Seconds in which it ran.
    ran_s: i64,
    /// Dollars that its sessions spent today.
    spent_today_usd: f64,
    /// The number of what it asks you.
    question: Option<u32>,
}

impl ProjectRow {
    fn new(registered: RegisteredProject, project: Option<&Project>, spent_today_usd: f64) -> Self {
        let status = project.map(|project| &project.status);
        let question = match status {
            Some(ProjectStatus::Blocked { question }) => Some(question.id),
            _ => None,
        };
        Self {
            registered,
            status: status.map_or("due", ProjectStatus::as_str),
            since: project.map(|project| project.since),
            reason: status.map_or_else(String::new, ProjectStatus::reason),
            until: status.and_then(ProjectStatus::until),
            iterations: project.map_or(0, |project| project.seen.iterations),
            progressed_at: project.and_then(|project| project.progressed_at),
            ran_s: project.map_or(0, |project| project.ran_ms / 1000),
            spent_today_usd,
            question,
        }
    }

    fn look(&self) -> Look {
        match self.status {
            "running" => Look::Active,
            "done" => Look::Good,
            "blocked" | "unfit" => Look::Bad,
            _ => Look::Plain,
        }
    }

    fn spent(&self) -> String {
        if 0.0 < self.spent_today_usd {
            format!("${:.2}", self.spent_today_usd)
        } else {
            String::new()
        }
    }

    fn cells(&self) -> [Cell; 7] {
        let now = clock::now();
        let at = |at: Option<Timestamp>, shown: fn(Timestamp, Timestamp) -> String| {
            at.map_or_else(String::new, |at| shown(at, now))
        };
        [
            Cell::new(self.registered.id.as_str(), Look::Name),
            Cell::new(self.status, self.look()),
            self.iterations.to_string().into(),
            at(self.progressed_at, time::ago).into(),
            at(self.until, time::local).into(),
            self.spent().into(),
            clean(&self.reason).into(),
        ]
    }
}

/// Returns the projects in the order they were added.
pub(in crate::cli) fn rows(state: &State, context: &Context) -> Result<Vec<ProjectRow>> {
    let registry = registry::read(&context.dirs)?;
    let spent = spent_by_project(&context.dirs, start_of_day()).unwrap_or_else(|error| {
        tracing::warn!(%error, "what was spent today cannot be read");
        BTreeMap::new()
    });
    let row = |registered: RegisteredProject| {
        let project = state.projects.get(&registered.id);
        let today = spent.get(registered.root.as_str());
        ProjectRow::new(registered, project, today.copied().unwrap_or(0.0))
    };
    Ok(registry.projects.into_iter().map(row).collect())
}

/// Returns when today began where you are.
fn start_of_day() -> Timestamp {
    let now = clock::now();
    let today = now.to_zoned(TimeZone::system()).start_of_day();
    today.map_or(now, |begin| begin.timestamp())
}

/// Returns projects as a table.
pub(in crate::cli) fn table(rows: &[ProjectRow]) -> String {
    Table::new([
        Fit::Keep,
        Fit::Keep,
        Fit::Keep,
        Fit::Keep,
        Fit::Keep,
        Fit::Keep,
        Fit::Cut,
    ])
    .header([
        "PROJECT",
        "STATUS",
        "ITERATION",
        "CHANGED",
        "UNTIL",
        "TODAY",
        "REASON",
    ])
    .rows(rows.iter().map(ProjectRow::cells))
    .indent(2)
    .fit_terminal()
}

pub(super) fn run(format: Format, context: &Context) -> Result<ExitCode> {
    let rows = rows(&fleet::load(&context.dirs)?, context)?;
    match format {
        Format::Json => json::print(&rows)?,
        Format::Text if rows.is_empty() => {
            out("No projects yet. `ap projects add` adds the one you are in.")?;
        }
        Format::Text => out(table(&rows))?,
    }
    Ok(ExitCode::Done)
}
