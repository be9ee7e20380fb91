//! `ap run`: works on a registered project in this terminal, without the supervisor and past its waits.
use super::context::Context;
use super::projects::lookup;
use super::session_line;
use super::supervised::context_of;
use crate::clock;
use crate::error::{Error, ErrorKind, ExitCode, Result};
use crate::model::{Request, SessionStatus};
use crate::store::inbox;
use crate::store::registry::{self, RegisteredProject};
use crate::store::session::load_cached;
use crate::ui::note;

const EXITS: &str =
    "Exit codes: 0 it worked, or waits; 1 there is no such project, or its session runs already;
            2 the session ended as failed; 64 bad usage";

#[derive(clap::Args, Debug)]
#[command(after_help = EXITS)]
pub(super) struct Args {
    /// A registered project: its id, or its directory
    #[arg(value_name = "PROJECT")]
    name: String,
    /// End after one iteration
    #[arg(long)]
    once: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<ExitCode> {
    let registry = registry::read(&context.dirs)?;
    let Some(project) = lookup(&registry, &args.name, context) else {
        let message = format!("no registered project is `{}`", args.name);
        return Err(Error::new(ErrorKind::SessionNotFound, message)
            .hint("`ap projects` lists them; `ap projects add DIR` adds one"));
    };
    let context = context_of(project, context);
    let words = words(project, args.once, &context)?;
    let worked = session_line::run(&words, &context);
    code(worked, project, &context)
}

/// Returns the command line that continues the project's session here. A wait it is in is ended first.
fn words(project: &RegisteredProject, once: bool, context: &Context) -> Result<Vec<String>> {
    let dir = context.project.session(&project.session);
    let snapshot = load_cached(&dir)?;
    let mut words = Vec::new();
    match &snapshot {
        None => words.extend(project.start_words()),
        Some(snapshot) => {
            words.extend(project.resume_words());
            if snapshot.state.session.parked {
                inbox::put(&dir, &Request::Continue, clock::now())?;
            }
        }
    }
    let iterations = if once { ":1" } else { "" };
    words.extend([
        "--slice".to_owned(),
        format!("{}:0{iterations}", project.id),
        "--foreground".to_owned(),
    ]);
    Ok(words)
}

/// Returns the exit code for what became of the session.
fn code(
    worked: Result<ExitCode>,
    project: &RegisteredProject,
    context: &Context,
) -> Result<ExitCode> {
    match worked {
        // Of the exit codes of `ap run`, 2 means that the session failed.
        Ok(ExitCode::Failed) => Ok(ExitCode::Usage),
        Ok(_) => Ok(ExitCode::Done),
        Err(error) if error.kind() == ErrorKind::AlreadyRunning => {
            let message = error.to_string();
            Err(Error::new(ErrorKind::RunsElsewhere, message).hint(format!(
                "follow it with `ap logs {} -f -C {}`",
                project.session, project.root
            )))
        }
        Err(error) => {
            let dir = context.project.session(&project.session);
            let status = load_cached(&dir)
                .ok()
                .flatten()
                .map(|snapshot| snapshot.state.status());
            if status == Some(SessionStatus::Failed) {
                note(error.to_string());
                return Ok(ExitCode::Usage);
            }
            Err(error)
        }
    }
}
