//! `ap status [session]`, `ap list`: where sessions stand. They read, and change nothing.
use super::context::Context;
use crate::clock;
use crate::engine::{FinishedNode, Phase, StateView};
use crate::error::{Error, ExitCode, Result};
use crate::exec::process::{self, Liveness};
use crate::model::{SessionName, SessionStatus, Task};
use crate::plan::{Branch, Step};
use crate::store::layout::Project;
use crate::store::session::{Snapshot, is_running, load_cached, names};
use crate::text;
use crate::ui::{duration, json, out, report, table};
use clap::Args as ClapArgs;
use jiff::Timestamp;
use serde::Serialize;
use std::fmt::Write as _;

#[derive(ClapArgs, Debug)]
pub struct StatusArgs {
    /// Name of the session; all sessions if not given
    session: Option<SessionName>,
    /// Print JSON: the fields of state.json, with and before them `alive`, `run_dir` and `next`
    #[arg(long)]
    json: bool,
}

#[derive(ClapArgs, Debug)]
pub struct ListArgs {
    /// Most sessions to show, newest first
    count: Option<usize>,
    /// Print a JSON array
    #[arg(long)]
    json: bool,
}

/// `ap status --json`.
#[derive(Serialize)]
struct Status<'a> {
    /// Whether a runner works on it now.
    alive: bool,
    run_dir: String,
    /// How to continue, when it did not reach its goal.
    next: Option<String>,
    /// The task the engine handed to the agent, when it does.
    task: Option<&'a Task>,
    #[serde(flatten)]
    state: StateView<'a>,
}

pub fn status(args: &StatusArgs, context: &Context) -> Result<ExitCode> {
    let Some(session) = &args.session else {
        return list(
            &ListArgs {
                count: None,
                json: args.json,
            },
            context,
        );
    };
    let snapshot = find(session, context)?;
    let alive = is_alive(&context.project, &snapshot);
    let status = snapshot.state.status().observed(alive);
    let next = status.is_resumable().then(|| report::ways_on(&snapshot));
    if args.json {
        let run_dir = context.project.session(session).root().to_string();
        json(&Status {
            alive,
            run_dir,
            next,
            task: snapshot.state.task.as_ref(),
            state: StateView {
                status,
                ..StateView::new(&snapshot.plan, &snapshot.state)
            },
        })?;
    } else {
        out(in_words(&snapshot, status, next.as_deref(), context))?;
    }
    Ok(ExitCode::Done)
}

/// Looks at a session that must exist.
pub(super) fn find(session: &SessionName, context: &Context) -> Result<Snapshot> {
    load_cached(&context.project.session(session))?.ok_or_else(|| {
        Error::failed(format!(
            "there is no session '{session}' in {}",
            context.project.root()
        ))
        .hint("`ap list` shows the sessions there are")
    })
}

/// Whether the session's runner lives: by its lock file, or by the journal when somebody deleted that.
pub(super) fn is_alive(project: &Project, snapshot: &Snapshot) -> bool {
    let journalled = snapshot
        .state
        .runner
        .as_ref()
        .is_some_and(|runner| process::liveness(runner) != Liveness::Dead);
    (journalled && !matches!(snapshot.state.phase, Phase::Ended { .. }))
        || is_running(project, &snapshot.plan.session)
}

fn in_words(
    snapshot: &Snapshot,
    status: SessionStatus,
    next: Option<&str>,
    context: &Context,
) -> String {
    let (view, now) = (
        StateView::new(&snapshot.plan, &snapshot.state),
        clock::now(),
    );
    let mut text = String::new();
    if let Some(next) = next {
        let _ = writeln!(text, "{}\n{next}\n", report::failure(snapshot));
    }
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(text, "{name:<10} {value}");
    };
    line("Session", &format!("{}  ({})", view.session, view.pipeline));
    line("Status", status.label());
    if let Some(from) = &snapshot.state.forked_from {
        line(
            "Forked",
            &format!(
                "from session {} after iteration {} of {}",
                from.session, from.iteration, from.node
            ),
        );
    }
    if snapshot.plan.runs > 1 {
        line("Run", &format!("{} of {}", view.run_number, view.runs));
    }
    if snapshot.plan.nodes.len() > 1 {
        let (all, last) = (snapshot.plan.nodes.len(), snapshot.state.finished.last());
        let stage = match (snapshot.state.step(&snapshot.plan), last) {
            (Some(step), _) => format!("{}  ({} of {all})", step.id(), view.current_stage + 1),
            (None, Some(last)) => format!("all {all} are done, `{}` last", last.id),
            (None, None) => "none".to_owned(),
        };
        line("Stage", &stage);
    }
    for failed in gone_without(snapshot) {
        line("Without", &failed);
    }
    match snapshot.state.step(&snapshot.plan).and_then(Step::block) {
        Some(block) => block
            .branches
            .iter()
            .for_each(|branch| line("Branch", &branch_line(branch, snapshot))),
        None => {
            line(
                "Iteration",
                &format!(
                    "{} of at most {}, {} completed",
                    view.iteration, view.max_iterations, view.iteration_completed
                ),
            );
        }
    }
    if let Some(task) = &snapshot.state.task {
        line(
            "Task",
            &text::clean(&format!("{}: {}", task.id, task.title)),
        );
    }
    line("Doing", &doing(snapshot, status, now));
    for (agent, until) in view
        .limited
        .iter()
        .filter(|(agent, until)| !agent.is_empty() && now < **until)
    {
        line(
            "Limited",
            &format!(
                "{} until {until} ({} left)",
                text::clean(agent),
                duration::short(until.duration_since(now))
            ),
        );
    }
    if let Some(last) = snapshot.state.history.back() {
        line(
            "Last",
            &format!(
                "iteration {}: {}",
                last.iteration,
                text::first_line(last.status.said())
            ),
        );
    }
    if let Some(error) = snapshot
        .state
        .last_error
        .as_ref()
        .filter(|_| next.is_none())
    {
        line("Error", &text::plain(error));
    }
    line(
        "Spent",
        &format!(
            "${:.2}, {}",
            view.usage.cost_usd,
            text::count(view.usage.turns, "turn")
        ),
    );
    line(
        "Since",
        &view.started_at.map_or_else(String::new, |at| {
            format!("{at} ({} ago)", duration::short(now.duration_since(at)))
        }),
    );
    if let Some(runner) = snapshot
        .state
        .runner
        .as_ref()
        .filter(|_| status.is_active())
    {
        line("Runner", &format!("pid {}", runner.pid));
        line("Watch", &context.tmux().attach_line(&snapshot.plan.session));
    }
    line(
        "Files",
        context
            .project
            .session(&snapshot.plan.session)
            .root()
            .as_str(),
    );
    text
}

/// Names the branches that blocks of this run went on without, and why.
fn gone_without(snapshot: &Snapshot) -> Vec<String> {
    let Snapshot { plan, state } = snapshot;
    let first = plan.turn(state.cursor.node.min(plan.last_place())).0 as usize * plan.nodes.len();
    let failed = |done: &FinishedNode| {
        let failed = done
            .branches
            .iter()
            .filter_map(|(name, report)| Some((name, report.ending.as_ref()?.shortfall()?)));
        failed
            .map(|(name, why)| format!("{}/{name}: it {}", done.id, text::first_line(&why)))
            .collect::<Vec<_>>()
    };
    state.finished.iter().skip(first).flat_map(failed).collect()
}

/// Says how far a branch is, as far as its session has heard.
fn branch_line(branch: &Branch, snapshot: &Snapshot) -> String {
    let Some(report) = snapshot.state.branches.get(&branch.name) else {
        return format!("{}: about to start", branch.name);
    };
    let how = report
        .ending
        .as_ref()
        .map_or_else(|| "at work".to_owned(), report::ending);
    format!(
        "{}: {how}; {} done, ${:.2}",
        branch.name,
        text::count(report.iterations, "iteration"),
        report.usage.cost_usd
    )
}

/// Answers the question people have: what happens now, and what would end it.
fn doing(snapshot: &Snapshot, status: SessionStatus, now: Timestamp) -> String {
    let state = &snapshot.state;
    match (&state.phase, status) {
        (Phase::Ended { ending }, _) => report::ending(ending),
        (_, SessionStatus::Crashed) => "nothing: its runner is gone".to_owned(),
        (_, SessionStatus::Paused) => "paused; `ap continue` goes on".to_owned(),
        (Phase::Parallel, _) => {
            let left = snapshot
                .plan
                .block(state.cursor.node)
                .map_or(0, |block| block.branches.len());
            let ended = state
                .branches
                .values()
                .filter(|report| report.ending.is_some())
                .count();
            let then = if state.pausing { ", then paused" } else { "" };
            format!(
                "{} at work side by side{then}",
                text::count(left.saturating_sub(ended), "branch")
            )
        }
        (Phase::Running, _) => {
            let then = if state.pausing { ", then paused" } else { "" };
            let since = state.iteration_started.map_or_else(String::new, |at| {
                format!(" for {}", duration::short(now.duration_since(at)))
            });
            let chain = state
                .node(&snapshot.plan)
                .is_some_and(|node| !node.agent.fallback.is_empty());
            let who = if chain {
                text::clean(&state.agent)
            } else {
                "agent".to_owned()
            };
            format!(
                "{who} at work{since}, attempt {}{then}",
                state.cursor.attempt
            )
        }
        (Phase::Waiting { until, .. }, _) => {
            let left = duration::short(until.duration_since(now));
            let why = StateView::new(&snapshot.plan, state)
                .waiting
                .and_then(|waiting| waiting["for"].as_str().map(str::to_owned))
                .unwrap_or_default();
            let then = if state.pausing { ", then paused" } else { "" };
            format!("waiting until {until} ({left} left) for: {why}{then}")
        }
        (Phase::New | Phase::Ready | Phase::Exited { .. }, _) => "between iterations".to_owned(),
    }
}

/// One entry of `ap list --json`.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    session: SessionName,
    pipeline: String,
    /// `null` if the session cannot be read.
    status: Option<SessionStatus>,
    alive: bool,
    run_number: u32,
    runs: u32,
    stage: Option<String>,
    iteration: u32,
    iteration_completed: u32,
    max_iterations: u32,
    /// Of the parallel block it is in: how many have reached their goal, of how many.
    branches_done: u32,
    branches: u32,
    started_at: Option<Timestamp>,
    updated_at: Option<Timestamp>,
    cost_usd: f64,
    /// Set instead of the rest when the session cannot be read.
    error: Option<String>,
}

pub fn list(args: &ListArgs, context: &Context) -> Result<ExitCode> {
    let mut rows = rows(&context.project)?;
    rows.truncate(args.count.unwrap_or(usize::MAX));
    if args.json {
        json(&rows)?;
    } else if rows.is_empty() {
        out("No sessions here yet. `ap` shows what can be run.")?;
    } else {
        out(table(&rows))?;
    }
    Ok(ExitCode::Done)
}

/// Returns all sessions of the project, the latest first.
pub(super) fn rows(project: &Project) -> Result<Vec<Row>> {
    let mut rows: Vec<Row> = names(project)?
        .into_iter()
        .filter_map(|name| row(project, name))
        .collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.updated_at));
    Ok(rows)
}

fn row(project: &Project, session: SessionName) -> Option<Row> {
    match load_cached(&project.session(&session)) {
        Ok(None) => None,
        Ok(Some(snapshot)) => {
            let view = StateView::new(&snapshot.plan, &snapshot.state);
            let alive = is_alive(project, &snapshot);
            let done = view
                .branches
                .iter()
                .filter(|branch| branch["status"] == "complete")
                .count();
            Some(Row {
                session,
                pipeline: snapshot.plan.name.clone(),
                status: Some(snapshot.state.status().observed(alive)),
                alive,
                run_number: view.run_number,
                runs: view.runs,
                stage: snapshot
                    .state
                    .step(&snapshot.plan)
                    .or(snapshot.plan.nodes.last())
                    .map(|step| step.id().to_string()),
                iteration: view.iteration,
                iteration_completed: view.iteration_completed,
                max_iterations: view.max_iterations,
                branches_done: u32::try_from(done).unwrap_or(u32::MAX),
                branches: u32::try_from(view.branches.len()).unwrap_or(u32::MAX),
                started_at: view.started_at,
                updated_at: view.updated_at,
                cost_usd: view.usage.cost_usd,
                error: None,
            })
        }
        Err(error) => Some(Row {
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
            error: Some(error.to_string()),
        }),
    }
}

fn stage_in_words(row: &Row) -> String {
    let stage = row.stage.clone().unwrap_or_default();
    if 1 < row.runs {
        format!("{stage} (run {} of {})", row.run_number, row.runs)
    } else {
        stage
    }
}

/// Says how many iterations of how many are over, or how many branches of a block.
fn how_far(row: &Row) -> String {
    match (row.branches, row.max_iterations) {
        (0, 0) => row.iteration_completed.to_string(),
        (0, max) => format!("{}/{max}", row.iteration_completed),
        (branches, _) => format!("{} of {branches} branches done", row.branches_done),
    }
}

/// Returns sessions as a table.
pub(super) fn table(rows: &[Row]) -> String {
    let now = clock::now();
    let cells = |row: &Row| {
        [
            format!("  {}", row.session),
            row.pipeline.clone(),
            row.status
                .map_or("unreadable", SessionStatus::label)
                .to_owned(),
            how_far(row),
            stage_in_words(row),
            row.updated_at.map_or_else(String::new, |at| {
                format!("{} ago", duration::short(now.duration_since(at)))
            }),
            format!("${:.2}", row.cost_usd),
        ]
    };
    table::table(
        [
            "  SESSION",
            "RUNS",
            "STATUS",
            "ITERATION",
            "STAGE",
            "CHANGED",
            "COST",
        ],
        rows.iter().map(cells),
    )
}
