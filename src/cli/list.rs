//! `ap list`: the project's sessions, the latest first. Reads only.
use super::context::Context;
use super::format::Format;
use super::session::runner_lives;
use crate::clock;
use crate::engine::SessionSummary;
use crate::error::{Error, ExitCode, Result};
use crate::exec::holder::is_running;
use crate::model::{SessionName, SessionStatus};
use crate::store::layout::Project;
use crate::store::session::{names, summarize};
use crate::text;
use crate::ui::style::Look;
use crate::ui::table::{Cell, Fit, Table};
use crate::ui::{json, out, time};
use jiff::Timestamp;
use serde::Serialize;

#[derive(clap::Args, Debug)]
#[command(mut_arg("json", |json| json.help("Print JSON (`ap schema ap-list`); with --all by project (`ap schema ap-list-all`)")))]
pub(super) struct Args {
    /// Maximum number of sessions to show, newest first
    pub(super) count: Option<usize>,
    /// List the sessions of all projects in which one was started
    #[arg(long)]
    pub(super) all: bool,
    #[command(flatten)]
    pub(super) format: Format,
}

/// One entry of `ap list --json`.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(super) struct Row {
    pub(super) session: SessionName,
    pipeline: String,
    /// `null` if the session cannot be read.
    status: Option<SessionStatus>,
    pub(super) alive: bool,
    run_number: u32,
    runs: u32,
    stage: Option<String>,
    iteration: u32,
    iteration_completed: u32,
    max_iterations: u32,
    /// Branches of the current parallel block that have reached their goal.
    branches_done: u32,
    branches: u32,
    started_at: Option<Timestamp>,
    pub(super) updated_at: Option<Timestamp>,
    cost_usd: f64,
    /// How often others touched its files.
    touched: u32,
    /// What it asks you.
    question: Option<String>,
    /// The name of its window's tmux session, while it runs in one.
    tmux_session: Option<String>,
    /// Set instead of the rest when the session cannot be read.
    error: Option<String>,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<ExitCode> {
    show(args.count, args.format, context)
}

/// Prints the sessions, `count` at most.
pub(super) fn show(count: Option<usize>, format: Format, context: &Context) -> Result<ExitCode> {
    let mut rows = rows(&context.project)?;
    rows.truncate(count.unwrap_or(usize::MAX));
    if format == Format::Json {
        add_windows(&mut rows, context);
        json::print(&rows)?;
    } else if rows.is_empty() {
        out("No sessions here yet. Run `ap` to list what you can start.")?;
    } else {
        out(format!("{}{}", table(&rows), questions(&rows, "")))?;
    }
    Ok(ExitCode::Done)
}

/// Adds to each session that runs the name of its window's tmux session. Without tmux, or without its server, it has none.
pub(super) fn add_windows(rows: &mut [Row], context: &Context) {
    if !rows.iter().any(|row| row.alive) {
        return;
    }
    let windows = context.tmux().list().unwrap_or_default();
    for row in rows.iter_mut().filter(|row| row.alive) {
        let run_dir = context.project.session(&row.session);
        let window = windows.iter().find(|found| found.run_dir == run_dir.root());
        row.tmux_session = window.map(|found| found.name.clone());
    }
}

/// Returns all sessions of the project, the latest first.
pub(super) fn rows(project: &Project) -> Result<Vec<Row>> {
    let mut rows: Vec<Row> = names(project)?
        .into_iter()
        .filter_map(|name| row(project, name))
        .collect();
    // What waits for you comes first.
    rows.sort_by_key(|row| std::cmp::Reverse((row.asks(), row.updated_at)));
    Ok(rows)
}

fn row(project: &Project, session: SessionName) -> Option<Row> {
    match summarize(&project.session(&session)) {
        Ok(summary) => summary.map(|summary| Row::new(project, session, summary)),
        Err(error) => Some(Row::unreadable(session, &error)),
    }
}

impl Row {
    fn new(project: &Project, session: SessionName, summary: SessionSummary) -> Self {
        let alive = runner_lives(summary.runner.as_ref()) || is_running(project, &session);
        Self {
            session,
            pipeline: summary.pipeline,
            status: Some(summary.status.observed(alive || summary.parked)),
            alive,
            run_number: summary.run_number,
            runs: summary.runs,
            stage: summary.stage,
            iteration: summary.iteration,
            iteration_completed: summary.iteration_completed,
            max_iterations: summary.max_iterations,
            branches_done: summary.branches_done,
            branches: summary.branches,
            started_at: summary.started_at,
            updated_at: summary.updated_at,
            cost_usd: summary.cost_usd,
            touched: summary.touched,
            question: summary.question,
            tmux_session: None,
            error: None,
        }
    }

    /// Whether it should have a runner now.
    pub(super) fn is_active(&self) -> bool {
        self.status.is_some_and(SessionStatus::is_active)
    }

    /// Whether it waits for your answer.
    fn asks(&self) -> bool {
        self.status == Some(SessionStatus::Asking)
    }

    fn label(&self) -> String {
        let label = self.status.map_or("unreadable", SessionStatus::label);
        if self.touched == 0 {
            label.to_owned()
        } else {
            format!("{label}, touched")
        }
    }

    fn unreadable(session: SessionName, error: &Error) -> Self {
        Self {
            session,
            pipeline: String::new(),
            status: None,
            alive: false,
            run_number: 0,
            runs: 0,
            stage: None,
            iteration: 0,
            iteration_completed: 0,
            max_iterations: 0,
            branches_done: 0,
            branches: 0,
            started_at: None,
            updated_at: None,
            cost_usd: 0.0,
            touched: 0,
            question: None,
            tmux_session: None,
            error: Some(error.to_string()),
        }
    }
}

fn stage_in_words(row: &Row) -> String {
    // The stage of a loop is the loop.
    let stage = row.stage.clone().filter(|stage| *stage != row.pipeline);
    let stage = stage.unwrap_or_default();
    if 1 < row.runs {
        format!("{stage} (run {} of {})", row.run_number, row.runs)
    } else {
        stage
    }
}

/// Returns the progress: finished iterations of their maximum, or finished branches of a block.
fn progress(row: &Row) -> String {
    match (row.branches, row.max_iterations) {
        (0, 0) => row.iteration_completed.to_string(),
        (0, max) => format!("{}/{max}", row.iteration_completed),
        (branches, _) => format!("{} of {branches} branches done", row.branches_done),
    }
}

/// Returns what the sessions ask, a line each, and how to see more; `project` is a flag of that command.
pub(super) fn questions<'a>(rows: impl IntoIterator<Item = &'a Row>, project: &str) -> String {
    let asking = rows.into_iter().filter(|row| row.asks());
    let lines: String = asking
        .filter_map(|row| {
            let question = text::clean(row.question.as_deref()?);
            Some(format!("  {} asks: {question}\n", row.session))
        })
        .collect();
    match lines.as_str() {
        "" => lines,
        _ => format!("\n{lines}  `ap questions{project}` shows how to answer\n"),
    }
}

/// Returns sessions as a table.
pub(super) fn table<'a>(rows: impl IntoIterator<Item = &'a Row>) -> String {
    let now = clock::now();
    let cells = |row: &Row| -> [Cell; 7] {
        [
            Cell::new(row.session.as_str(), Look::Name),
            row.pipeline.as_str().into(),
            Cell::new(row.label(), row.status.map_or(Look::Bad, Look::of_status)),
            progress(row).into(),
            stage_in_words(row).into(),
            row.updated_at
                .map_or_else(String::new, |at| time::ago(at, now))
                .into(),
            format!("${:.2}", row.cost_usd).into(),
        ]
    };
    Table::new([
        Fit::Cut,
        Fit::Cut,
        Fit::Keep,
        Fit::Keep,
        Fit::Cut,
        Fit::Keep,
        Fit::Keep,
    ])
    .header([
        "SESSION",
        "LOOP",
        "STATUS",
        "ITERATION",
        "STAGE",
        "CHANGED",
        "COST",
    ])
    .rows(rows.into_iter().map(cells))
    .indent(2)
    .fit_terminal()
}
