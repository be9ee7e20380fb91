//! `ap status` without a session: the supervisor, all projects, then this project's sessions. Reads only.
use super::recent::{RecentEvent, recent_events};
use crate::cli::answer::asked_by_supervisor;
use crate::cli::context::Context;
use crate::cli::format::Format;
use crate::cli::list::{self, Row, add_windows};
use crate::cli::projects::{ProjectRow, rows, table};
use crate::cli::questions::{Entry, Scope, entries};
use crate::cli::quota::{AccountReport, account_line, known_accounts};
use crate::cli::supervised::supervisor;
use crate::clock;
use crate::error::{ExitCode, Result};
use crate::fleet::{Desired, DesiredState, FleetPause, State};
use crate::store::fleet;
use crate::text::count;
use crate::ui::{json, out, say, time};
use jiff::Timestamp;
use serde::Serialize;

/// `ap status --json`.
#[derive(Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(in crate::cli) struct Overview {
    /// The version of this program.
    version: &'static str,
    supervisor: Supervisor,
    /// What is known of each account's quota, as in `ap quota --json`.
    quota: Vec<AccountReport>,
    projects: Vec<ProjectRow>,
    /// The sessions of this project.
    sessions: Vec<Row>,
    /// What the supervisor recorded last, oldest first.
    events: Vec<RecentEvent>,
    /// What the sessions of this project ask you, and the supervisor about any project.
    questions: Vec<Entry>,
}

/// The supervisor, as `ap status` shows it.
#[derive(Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
struct Supervisor {
    running: bool,
    pid: Option<i32>,
    version: Option<String>,
    since: Option<Timestamp>,
    /// What you want of it: `run` or `stop`.
    desired: DesiredState,
    /// Whether no slices are given, and until when.
    paused: bool,
    paused_until: Option<Timestamp>,
}

/// Returns what is to be said of the supervisor, in one line.
pub(in crate::cli) fn supervisor_text(context: &Context) -> Result<String> {
    let state = fleet::load(&context.dirs)?;
    Ok(Supervisor::read(&state, context).text(state.pause.as_ref()))
}

impl Supervisor {
    fn read(state: &State, context: &Context) -> Self {
        let holder = supervisor(context);
        let desired = fleet::desired(&context.dirs);
        let stops = |desired: Desired| desired.state == DesiredState::Stop;
        Self {
            running: holder.is_some(),
            pid: holder.as_ref().map(|it| it.pid),
            version: holder.as_ref().map(|it| it.version.clone()),
            since: holder.map(|it| it.started_at),
            desired: if desired.is_some_and(stops) {
                DesiredState::Stop
            } else {
                DesiredState::Run
            },
            paused: state.pause.is_some(),
            paused_until: state.pause.as_ref().and_then(|pause| pause.until),
        }
    }

    fn text(&self, pause: Option<&FleetPause>) -> String {
        let now = clock::now();
        let stops = self.desired == DesiredState::Stop;
        let mut text = match (self.pid, &self.version, self.since) {
            (Some(pid), Some(version), Some(since)) => format!(
                "Supervisor: pid {pid}, version {version}, since {}",
                time::local(since, now)
            ),
            _ if stops => "Supervisor: stopped by `ap stop`; `ap start` starts it".to_owned(),
            _ => "Supervisor: not running; `ap start` starts it".to_owned(),
        };
        if self.running && stops {
            text += ", idle since `ap stop`";
        }
        if let Some(pause) = pause {
            let until = pause.until.map_or_else(
                || "until `ap continue`".to_owned(),
                |until| format!("until {}", time::local(until, now)),
            );
            text += &format!(", paused {until}");
        }
        text
    }
}

pub(in crate::cli) fn show(recent: usize, format: Format, context: &Context) -> Result<ExitCode> {
    let state = fleet::load(&context.dirs)?;
    let supervisor = Supervisor::read(&state, context);
    let projects = rows(&state, context)?;
    let events = recent_events(recent, context)?;
    if format == Format::Json {
        let mut sessions = list::rows(&context.project)?;
        add_windows(&mut sessions, context);
        json::print(&Overview {
            version: env!("CARGO_PKG_VERSION"),
            supervisor,
            quota: known_accounts(context)?,
            projects,
            sessions,
            events,
            questions: entries(Scope::Supervisor, context)?,
        })?;
        return Ok(ExitCode::Done);
    }
    if supervisor.running || !projects.is_empty() {
        out(supervisor.text(state.pause.as_ref()))?;
        for account in known_accounts(context)? {
            out(format!("Quota: {}", account_line(&account)))?;
        }
        if !projects.is_empty() {
            out(format!("\n{}", table(&projects)))?;
        }
        let asked = asked_by_supervisor(&state, context)?;
        if !asked.is_empty() {
            let questions = count(asked.len(), "question");
            say(format!(
                "The supervisor asks {questions}: `ap questions --all`."
            ))?;
        }
        if !events.is_empty() {
            let lines: Vec<String> = events.iter().map(RecentEvent::line).collect();
            out(format!("Recent:\n{}\n", lines.join("\n")))?;
        }
        out("Sessions here:")?;
    }
    list::show(None, format, context)
}
