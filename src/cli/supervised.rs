//! What commands do with the sessions of registered projects.
use super::context::Context;
use super::request;
use crate::clock;
use crate::error::{Error, ErrorKind, Result};
use crate::exec::command::BoundedCommand;
use crate::exec::process::{self, Liveness};
use crate::model::{Request, Stop, StopSource};
use crate::plan::PlanKind;
use crate::store::fleet::{self, SupervisorHolder};
use crate::store::layout::Project;
use crate::store::lock::FileLock;
use crate::store::registry::RegisteredProject;
use serde::Deserialize;
use std::sync::OnceLock;
use std::time::Duration;

/// How long a session may take to end its agent.
const STOP_TIMEOUT: Duration = Duration::from_secs(30);

/// A loop or pipeline, as it was named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Definition {
    pub(super) kind: PlanKind,
    pub(super) name: String,
}

impl Definition {
    pub(super) fn of_loop(name: &str) -> Self {
        Self {
            kind: PlanKind::Loop,
            name: name.to_owned(),
        }
    }

    pub(super) fn pipeline(name: &str) -> Self {
        Self {
            kind: PlanKind::Pipeline,
            name: name.to_owned(),
        }
    }
}

/// Returns the context of a command in a registered project.
pub(super) fn context_of(project: &RegisteredProject, context: &Context) -> Context {
    Context {
        project: Project::new(project.root.clone()).with_state(&context.dirs.state),
        // A supervisor runs for months: each project is started with the settings of now.
        settings: OnceLock::new(),
        ..context.clone()
    }
}

/// Compiles and checks what a project runs, in a process of its own: the project may be on a file system that hangs.
pub(super) fn check(project: &RegisteredProject, context: &Context) -> Result<()> {
    /// The error that a command prints with `--json`.
    #[derive(Deserialize)]
    struct Report {
        error: Body,
    }
    #[derive(Deserialize)]
    struct Body {
        message: String,
        help: Option<String>,
    }
    let mut words = vec!["-C", project.root.as_str(), "dry-run"];
    let start = project.start_words();
    words.extend(start.iter().map(String::as_str));
    words.push("--json");
    let output = BoundedCommand::new(&context.exe)
        .args(words)
        .max_output(16 * 1024 * 1024)
        .run()
        .map_err(|error| Error::new(ErrorKind::Program, error.to_string()))?;
    if output.code == Some(0) {
        return Ok(());
    }
    let report = serde_json::from_slice::<Report>(&output.stdout);
    let error = match report {
        Ok(Report { error }) => {
            let refused = Error::new(ErrorKind::InvalidDefinition, error.message);
            match error.help {
                Some(help) => refused.hint(help),
                None => refused,
            }
        }
        Err(_) => Error::new(
            ErrorKind::InvalidDefinition,
            output.stderr_text().trim().to_owned(),
        ),
    };
    Err(error)
}

/// Ends the session of a project, if it runs. Returns whether it did.
pub(super) fn stop_session(
    project: &RegisteredProject,
    how: &str,
    context: &Context,
) -> Result<bool> {
    let context = context_of(project, context);
    let stop = Stop::new(StopSource::Supervisor, how);
    match request::send(&project.session, &Request::Stop(stop), &context) {
        Err(error) => match error.kind() {
            ErrorKind::NotRunning | ErrorKind::SessionNotFound => Ok(false),
            _ => Err(error),
        },
        Ok(_) => {
            let journal = context.project.session(&project.session).journal();
            let ended = clock::wait_until(STOP_TIMEOUT, || {
                !FileLock::is_held(&journal).unwrap_or(true)
            });
            if ended {
                return Ok(true);
            }
            let message = format!("session '{}' is still ending its agent", project.session);
            Err(Error::new(ErrorKind::NoAnswer, message))
        }
    }
}

/// Returns the supervisor, if it lives.
pub(super) fn supervisor(context: &Context) -> Option<SupervisorHolder> {
    let holder = fleet::holder(&context.dirs)?;
    (process::liveness(&holder.process) != Liveness::Dead).then_some(holder)
}

/// Whether a supervisor lives.
pub(super) fn supervisor_lives(context: &Context) -> bool {
    supervisor(context).is_some()
}
