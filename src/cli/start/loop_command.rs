//! `ap loop`, and `ap <loop>`.
use super::resume::{Resume, definition_name};
use super::{Flags, Start, find_sources};
use crate::cli::candidates;
use crate::cli::command_names::is_command;
use crate::cli::context::Context;
use crate::cli::overrides::at_least_one;
use crate::error::{Error, ExitCode, Result};
use crate::model::SessionName;
use crate::plan::PlanKind;
use crate::text::shell_quote;

// `ap loop <loop> [session] [max]`. No doc comment: flattened, it would become the command's description.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct Args {
    /// Name of a loop, or the path of its folder
    #[arg(add = candidates::loops())]
    pub(super) name: String,
    #[command(flatten)]
    pub(super) start: StartArgs,
}

// `[session] [max]`, after the loop's name.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct StartArgs {
    /// Name of the session; the loop's own if not given
    #[arg(add = candidates::sessions())]
    pub(super) session: Option<SessionName>,
    /// Maximum number of iterations
    #[arg(value_parser = at_least_one)]
    pub(super) max: Option<u32>,
    #[command(flatten)]
    pub(super) flags: Flags,
}

/// Starts or resumes a session of a loop.
pub(crate) fn run(args: &Args, context: &Context) -> Result<ExitCode> {
    let StartArgs { max, flags, .. } = &args.start;
    let max_iterations = flags.overrides.max(*max)?;
    if flags.resume || flags.resume_or_start {
        let session = session(args, definition_name(&args.name))?;
        let resume = Resume {
            kind: PlanKind::Loop,
            name: &args.name,
            session: &session,
            max_iterations,
            flags,
        };
        if flags.resume {
            return resume.run(context);
        }
        if let Some(code) = resume.run_if_there(context)? {
            return Ok(code);
        }
    }
    let (sources, record) = find_sources(PlanKind::Loop, &args.name, flags, context)?;
    let session = session(args, sources.name())?;
    let prefix = if is_command(&args.name) {
        "ap loop"
    } else {
        "ap"
    };
    let mut command = format!("{prefix} {} {session}", shell_quote(&args.name));
    if let Some(max) = max_iterations {
        command += &format!(" {max}");
    }
    let start = Start {
        sources: &sources,
        session,
        command,
        max_iterations,
        record,
        flags,
    };
    start.run(context)
}

fn session(args: &Args, default: &str) -> Result<SessionName> {
    match &args.start.session {
        Some(session) => Ok(session.clone()),
        None => default.parse().map_err(Error::bad_value),
    }
}
