//! `ap cost`: what agents cost, from the ledger.
mod days;
mod groups;
mod row;
mod since;

use super::candidates;
use super::context::Context;
use super::format::Format;
use crate::agent::PRICES_AS_OF;
use crate::clock;
use crate::error::{ExitCode, Result};
use crate::model::{AccountKind, SessionName};
use crate::store::layout::Project;
use crate::store::ledger::{self, Rebuilt, Spent};
use crate::store::roots;
use crate::text::count;
use crate::ui::table::{Fit, Table};
use crate::ui::{self, json, note, out};
use days::Days;
use groups::Groups;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use row::{Day, Row};
use serde::Serialize;

#[derive(clap::Args, Debug)]
#[command(mut_arg("json", |json| json.help("Print JSON (`ap schema ap-cost`)")))]
pub(super) struct Args {
    /// Sessions to show, of this project unless --all is given [default: all]
    #[arg(value_name = "SESSION", add = candidates::sessions())]
    sessions: Vec<SessionName>,
    /// Show what was spent at this time and later: 7d, 12h, today, 2026-11-30, or a time like 2026-11-30T09:00:00Z
    #[arg(long, value_name = "WHEN", value_parser = since::parse)]
    since: Option<Timestamp>,
    /// What a row is for
    #[arg(long, value_name = "WHAT", default_value = "session")]
    by: GroupBy,
    /// Show the spending in all projects
    #[arg(long)]
    all: bool,
    /// First make the ledger again from the journals of all projects
    #[arg(long)]
    rebuild: bool,
    #[command(flatten)]
    format: Format,
}

/// What a row is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
enum GroupBy {
    Session,
    Day,
    Model,
    Node,
    Project,
}

/// `ap cost --json`.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(super) struct CostReport {
    by: GroupBy,
    rows: Vec<Row>,
    total: Row,
    /// Of the total, what subscriptions and logins are estimated to have cost.
    estimated_usd: f64,
    /// Of the total, what API keys are billed.
    billed_usd: f64,
    /// The last 14 days.
    days: Vec<Day>,
    /// Lines of the ledger that cannot be read.
    unread_lines: u64,
    /// The date of the prices by which running agents are reckoned.
    prices_as_of: &'static str,
    rebuilt: Option<Rebuilt>,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<ExitCode> {
    let rebuilt = args.rebuild.then(|| rebuild(context)).transpose()?;
    let report = report(args, context, rebuilt)?;
    if args.format == Format::Json {
        json::print(&report)?;
    } else {
        print(&report, args)?;
    }
    Ok(ExitCode::Done)
}

/// Makes the ledger again from the journals of every known project.
fn rebuild(context: &Context) -> Result<Rebuilt> {
    let mut projects = vec![context.project.clone()];
    for root in roots::read(&context.dirs)? {
        if root.exists() && root.root != context.project.root() {
            projects.push(Project::new(root.root));
        }
    }
    Ok(ledger::rebuild(&context.dirs, &projects)?)
}

fn report(args: &Args, context: &Context, rebuilt: Option<Rebuilt>) -> Result<CostReport> {
    let here = context.project.root().as_str();
    let mut groups = Groups::default();
    let mut days = Days::new(clock::now(), TimeZone::system());
    let (mut billed_usd, mut estimated_usd) = (0.0, 0.0);
    let unread_lines = ledger::for_each(&context.dirs, |spent| {
        let is_here = args.all || spent.project == here;
        let is_named = args.sessions.is_empty()
            || args
                .sessions
                .iter()
                .any(|name| name.as_str() == spent.session);
        if !is_here || !is_named {
            return;
        }
        let at = spent.at().unwrap_or(Timestamp::MIN);
        if args.since.is_some_and(|since| at < since) {
            return;
        }
        days.add(at, spent.usd);
        match spent.account {
            Some(AccountKind::ApiKey) => billed_usd += spent.usd,
            Some(AccountKind::Subscription | AccountKind::Login) => estimated_usd += spent.usd,
            None => {}
        }
        add(&mut groups, &mut days, args, spent, at);
    })?;
    let (rows, total) = groups.finish(args.by == GroupBy::Day);
    Ok(CostReport {
        by: args.by,
        rows,
        total,
        estimated_usd,
        billed_usd,
        days: days.last(),
        unread_lines,
        prices_as_of: PRICES_AS_OF,
        rebuilt,
    })
}

/// Adds a line to its group; by model to several.
fn add(groups: &mut Groups, days: &mut Days, args: &Args, spent: &Spent<'_>, at: Timestamp) {
    let usage = spent.usage();
    match args.by {
        GroupBy::Session if args.all => {
            groups.add(&format!("{} {}", spent.session, spent.project), &usage);
        }
        GroupBy::Session => groups.add(&spent.session, &usage),
        GroupBy::Node => groups.add(&spent.node, &usage),
        GroupBy::Project => groups.add(&spent.project, &usage),
        GroupBy::Day => groups.add(days.name(at), &usage),
        GroupBy::Model => {
            let models = spent.models();
            if models.is_empty() {
                groups.add("unknown", &usage);
            }
            for (model, usage) in &models {
                groups.add(model, usage);
            }
        }
    }
}

fn print(report: &CostReport, args: &Args) -> Result<()> {
    if let Some(rebuilt) = &report.rebuilt {
        note(rebuilt_text(rebuilt));
    }
    if 0 < report.unread_lines {
        note(format!(
            "{} of the ledger cannot be read; `ap cost --rebuild` makes it again from the journals",
            count(report.unread_lines, "line")
        ));
    }
    if report.rows.is_empty() {
        let elsewhere = if args.all {
            ""
        } else {
            " in this project; `--all` shows all projects"
        };
        out(format!("Nothing was spent{elsewhere}."))?;
        return Ok(());
    }
    out(table(report, args.by))?;
    if 0.0 < report.estimated_usd {
        let usd = report.estimated_usd;
        out(format!("${usd:.2} of it on a subscription: an estimate"))?;
    }
    if 0.0 < report.billed_usd {
        out(format!(
            "${:.2} of it by API key: a bill",
            report.billed_usd
        ))?;
    }
    if let Some(width) = ui::width() {
        out(days::bars(&report.days, width))?;
    }
    Ok(())
}

fn rebuilt_text(rebuilt: &Rebuilt) -> String {
    let mut text = format!(
        "the ledger was made again: {} from journals, {} of runs whose journals are gone",
        count(rebuilt.from_journals, "line"),
        rebuilt.kept
    );
    if 0 < rebuilt.unread_journals {
        let journals = count(rebuilt.unread_journals, "journal");
        text += &format!("; {journals} could not be read, see `ap doctor`");
    }
    text
}

fn table(report: &CostReport, by: GroupBy) -> String {
    let title = match by {
        GroupBy::Session => "SESSION",
        GroupBy::Day => "DAY",
        GroupBy::Model => "MODEL",
        GroupBy::Node => "NODE",
        GroupBy::Project => "PROJECT",
    };
    let cells = |row: &Row| {
        let usage = &row.usage;
        [
            row.name.clone(),
            row.attempts.to_string(),
            tokens(usage.input_tokens + usage.cache_write_tokens),
            tokens(usage.cache_read_tokens),
            tokens(usage.output_tokens),
            format!("${:.2}", usage.cost_usd),
        ]
    };
    Table::new([
        Fit::Cut,
        Fit::Keep,
        Fit::Keep,
        Fit::Keep,
        Fit::Keep,
        Fit::Keep,
    ])
    .header([title, "ATTEMPTS", "INPUT", "CACHED", "OUTPUT", "COST"])
    .rows(report.rows.iter().map(cells))
    .rows(std::iter::once(cells(&report.total)))
    .fit_terminal()
}

/// Returns a number of tokens in few characters: `950`, `12.3k`, `4.5M`.
fn tokens(number: u64) -> String {
    let number = number as f64;
    match number {
        small if small < 1e3 => format!("{small:.0}"),
        thousands if thousands < 1e6 => format!("{:.1}k", thousands / 1e3),
        millions => format!("{:.1}M", millions / 1e6),
    }
}
