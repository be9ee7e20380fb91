//! `ap status` without a session: the supervisor, all projects, then this project's sessions. Reads only.
use crate::cli::context::Context;
use crate::cli::format::Format;
use crate::cli::list::{self, Row, add_windows};
use crate::cli::projects::{ProjectRow, rows, table};
use crate::cli::supervised::supervisor;
use crate::clock;
use crate::error::{ExitCode, Result};
use crate::fleet::{Desired, DesiredState, FleetPause, State};
use crate::store::fleet;
use crate::ui::{json, out, time};
use jiff::Timestamp;
use serde::Serialize;

/// `ap status --json`.
#[derive(Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(in crate::cli) struct Overview {
    /// The version of this program.
    version: &'static str,
    supervisor: Supervisor,
    projects: Vec<ProjectRow>,
    /// The sessions of this project.
    sessions: Vec<Row>,
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

pub(in crate::cli) fn show(format: Format, context: &Context) -> Result<ExitCode> {
    let state = fleet::load(&context.dirs)?;
    let supervisor = Supervisor::read(&state, context);
    let projects = rows(&state, context)?;
    if format == Format::Json {
        let mut sessions = list::rows(&context.project)?;
        add_windows(&mut sessions, context);
        json::print(&Overview {
            version: env!("CARGO_PKG_VERSION"),
            supervisor,
            projects,
            sessions,
        })?;
        return Ok(ExitCode::Done);
    }
    if supervisor.running || !projects.is_empty() {
        out(supervisor.text(state.pause.as_ref()))?;
        if !projects.is_empty() {
            out(format!("\n{}", table(&projects)))?;
        }
        out("Sessions here:")?;
    }
    list::show(None, format, context)
}
