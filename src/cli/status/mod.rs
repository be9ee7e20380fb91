//! `ap status [session]`: shows the state of a session. Reads only.
mod current;
mod lines;
mod task;
mod working;

pub(super) use task::current as current_task;

use super::candidates;
use super::context::Context;
use super::format::Format;
use super::launch::window;
use super::session::{find, is_alive};
use super::supervisor;
use crate::clock;
use crate::engine::{BoundUse, StateView, bounds, continues_until};
use crate::error::{ExitCode, Result};
use crate::model::{LastChange, SessionName, Task};
use crate::store::session::Snapshot;
use crate::ui::caller::as_called;
use crate::ui::next_command::NextCommand;
use crate::ui::{json, out, report, width, wrapped};
use jiff::Timestamp;
use serde::Serialize;
use working::Working;

#[derive(clap::Args, Debug)]
#[command(mut_arg("json", |json| json.help("Print JSON (`ap schema ap-status`); without a session the supervisor, all projects and the sessions here (`ap schema ap-status-all`)")))]
pub(super) struct Args {
    /// Name of the session; the supervisor, all projects and the sessions here if not given
    #[arg(add = candidates::sessions())]
    session: Option<SessionName>,
    /// Without a session: how many of the supervisor's last events are shown
    #[arg(
        long,
        value_name = "N",
        default_value_t = 5,
        conflicts_with = "session"
    )]
    recent: u16,
    #[command(flatten)]
    format: Format,
}

/// `ap status --json`.
#[derive(Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(super) struct Status<'a> {
    /// Whether a runner lives.
    alive: bool,
    run_dir: String,
    /// The next steps, when the session did not reach its goal.
    next: Option<String>,
    /// The command in `next` that continues it, as words.
    resume_command: Option<Vec<String>>,
    /// The name of its window's tmux session, while it runs in one.
    tmux_session: Option<String>,
    /// The task the agent works on: handed to it, or claimed from a queue in a file.
    task: Option<Task>,
    /// What the agent that works now did last.
    last_action: Option<String>,
    /// When it last wrote something.
    last_sign_at: Option<Timestamp>,
    /// What it does now, in words.
    doing: String,
    /// The last commit, changed file, closed task or passed gate, and when.
    last_change: Option<LastChange>,
    /// Why it continues: how the current node ends, and how far that is.
    continues: Option<String>,
    /// What would stop it, and how far away each bound is.
    bounds: Vec<BoundUse>,
    #[serde(flatten)]
    state: StateView<'a>,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<ExitCode> {
    match &args.session {
        Some(session) => show(session, args.format, context),
        None => supervisor::overview::show(usize::from(args.recent), args.format, context),
    }
}

fn show(session: &SessionName, format: Format, context: &Context) -> Result<ExitCode> {
    let snapshot = find(session, context)?;
    let alive = is_alive(&context.project, &snapshot);
    let has_runner = alive || snapshot.state.session.parked;
    let status = snapshot.state.status().observed(has_runner);
    let resumable = status.is_resumable();
    let next = resumable.then(|| as_called(&report::next_steps(&snapshot)).into_owned());
    let dir = context.project.session(session);
    let working = Working::read(&snapshot, context);
    let now = clock::now();
    if format == Format::Json {
        json::print(&Status {
            alive,
            run_dir: dir.root().to_string(),
            next,
            resume_command: resumable.then(|| resume_words(&snapshot)),
            tmux_session: window(session, context).filter(|_| alive),
            task: working.task,
            last_action: working.latest.action,
            last_sign_at: working.latest.sign_at,
            doing: current::activity(&snapshot, status, now),
            last_change: snapshot.state.session.last_change.clone(),
            continues: continues_until(&snapshot.plan, &snapshot.state),
            // The time without a runner does not count.
            bounds: bounds(
                &snapshot.plan,
                &snapshot.state,
                snapshot
                    .state
                    .session
                    .updated_at
                    .filter(|_| !alive)
                    .unwrap_or(now),
            ),
            state: StateView {
                status,
                ..StateView::new(&snapshot.plan, &snapshot.state)
            },
        })?;
    } else {
        let text = lines::text(&snapshot, status, &working, context);
        out(text)?;
        if let Some(next) = next {
            out(wrapped(&format!("\n{next}"), width()))?;
        }
    }
    Ok(ExitCode::Done)
}

fn resume_words(snapshot: &Snapshot) -> Vec<String> {
    NextCommand::resume(&snapshot.plan, &snapshot.state).words()
}
