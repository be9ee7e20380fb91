//! `ap health`: what became of the iterations of a time, by project. Reads only.
use super::context::Context;
use super::format::Format;
use super::named_projects;
use crate::clock;
use crate::error::{ExitCode, Result};
use crate::model::ProjectId;
use crate::overview::log::{HealthRecord, cycles_since};
use crate::ui::table::{Fit, Table};
use crate::ui::{json, out};
use camino::Utf8Path;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

#[derive(clap::Args, Debug)]
#[command(
    mut_arg("json", |json| json.help("Print JSON (`ap schema ap-health`)")),
    after_help = "`--project app,site` shows these projects only."
)]
pub(super) struct Args {
    /// How far back to look
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = window, conflicts_with = "day")]
    window: SignedDuration,
    /// Look 24 hours back
    #[arg(long = "24h")]
    day: bool,
    #[command(flatten)]
    format: Format,
}

fn window(text: &str) -> Result<SignedDuration, String> {
    let span: Option<SignedDuration> = text.parse().ok();
    span.filter(|it| SignedDuration::ZERO < *it)
        .ok_or_else(|| "a time like 1h, 30m or 48h is needed".to_owned())
}

/// `ap health --json`.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(super) struct HealthReport {
    since: Timestamp,
    projects: Vec<ProjectHealth>,
    /// The iterations that ended since then, oldest first.
    records: Vec<HealthRecord>,
}

/// The iterations of a project.
#[derive(Debug, Default, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
struct ProjectHealth {
    project: String,
    cycles: u32,
    failed: u32,
    /// The statuses that the project had when they ended.
    phases: BTreeSet<String>,
    cost_usd: f64,
    /// Seconds that one took on average.
    average_s: Option<i64>,
    recoveries_today: u32,
    /// What was used of the quota at the last one, from 0 to 1.
    five_hour: Option<f64>,
    seven_day: Option<f64>,
    disk_free_gb: Option<f64>,
}

impl ProjectHealth {
    fn of(project: &ProjectId, records: &[&HealthRecord]) -> Self {
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let times: Vec<i64> = records.iter().filter_map(|it| it.duration_s).collect();
        let last = |value: fn(&HealthRecord) -> Option<f64>| {
            records.iter().rev().find_map(|record| value(record))
        };
        Self {
            project: project.to_string(),
            cycles: number(records.len()),
            failed: number(records.iter().filter(|it| !it.succeeded).count()),
            phases: records.iter().map(|it| it.phase.clone()).collect(),
            cost_usd: records.iter().map(|it| it.cost_usd).sum(),
            average_s: i64::try_from(times.len())
                .ok()
                .filter(|count| 0 < *count)
                .map(|count| times.iter().sum::<i64>() / count),
            recoveries_today: records.last().map_or(0, |it| it.recoveries_today),
            five_hour: last(|it| it.five_hour),
            seven_day: last(|it| it.seven_day),
            disk_free_gb: last(|it| it.disk_free_gb),
        }
    }

    fn cells(&self) -> [String; 9] {
        let share = |share: Option<f64>| {
            share.map_or_else(|| "?".to_owned(), |it| format!("{:.0} %", it * 100.0))
        };
        let phases: Vec<&str> = self.phases.iter().map(String::as_str).collect();
        let disk = self.disk_free_gb.map(|it| format!("{it:.1} GB"));
        [
            self.project.clone(),
            self.cycles.to_string(),
            self.failed.to_string(),
            self.average_s
                .map_or_else(String::new, |it| format!("{it} s")),
            format!("${:.2}", self.cost_usd),
            share(self.five_hour),
            share(self.seven_day),
            disk.unwrap_or_else(|| "?".to_owned()),
            phases.join(", "),
        ]
    }
}

/// Returns the iterations of some projects since a moment; of all, if none is named.
pub(super) fn report(
    since: Timestamp,
    only: &[ProjectId],
    context: &Context,
) -> Result<HealthReport> {
    let mut records = cycles_since(&context.dirs, since)?;
    records.retain(|it| only.is_empty() || only.contains(&it.project));
    let mut of_projects: BTreeMap<&ProjectId, Vec<&HealthRecord>> = BTreeMap::new();
    for record in &records {
        of_projects.entry(&record.project).or_default().push(record);
    }
    let projects = of_projects
        .iter()
        .map(|(project, records)| ProjectHealth::of(project, records))
        .collect();
    Ok(HealthReport {
        since,
        projects,
        records,
    })
}

/// Returns a report as lines.
pub(super) fn text(report: &HealthReport) -> String {
    if report.projects.is_empty() {
        return "No iteration ended in that time.".to_owned();
    }
    Table::new([Fit::Keep; 9])
        .header([
            "PROJECT", "CYCLES", "FAILED", "AVERAGE", "COST", "5 H", "7 D", "DISK", "PHASES",
        ])
        .rows(report.projects.iter().map(ProjectHealth::cells))
        .fit_terminal()
}

pub(super) fn run(args: &Args, projects: Option<&Utf8Path>, context: &Context) -> Result<ExitCode> {
    let only = named_projects::read(projects, context)?;
    let window = if args.day {
        SignedDuration::from_hours(24)
    } else {
        args.window
    };
    let since = clock::now().saturating_sub(window);
    let report = report(since.unwrap_or(Timestamp::MIN), &only, context)?;
    match args.format {
        Format::Json => json::print(&report)?,
        Format::Text => out(text(&report))?,
    }
    Ok(ExitCode::Done)
}
