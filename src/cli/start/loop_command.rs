//! `ap loop`, and `ap <loop>`.
use super::resume::{Resume, definition_name};
use super::{Flags, Start, find_sources};
use crate::cli::context::Context;
use crate::error::{Error, ExitCode, Result};
use crate::model::SessionName;
use crate::plan::PlanKind;
use crate::text::shell_quote;

// `ap loop <loop> [session] [max]`. No doc comment: flattened, it would become the command's description.
#[derive(clap::Args, Clone, Debug)]
pub(in crate::cli) struct Args {
    /// Name of a loop, or the path of its folder
    pub(super) name: String,
    /// Name of the session; the loop's own if not given
    pub(super) session: Option<SessionName>,
    /// Maximum number of iterations
    pub(super) max: Option<u32>,
    #[command(flatten)]
    pub(super) flags: Flags,
}

/// Starts or resumes a session of a loop.
pub(in crate::cli) fn run(args: &Args, context: &Context) -> Result<ExitCode> {
    let max_iterations = args.flags.said.max(args.max)?;
    if args.flags.resume {
        let resume = Resume {
            kind: PlanKind::Loop,
            name: &args.name,
            session: &session(args, definition_name(&args.name))?,
            max_iterations,
            flags: &args.flags,
        };
        return resume.run(context);
    }
    let (sources, record) = find_sources(PlanKind::Loop, &args.name, &args.flags, context)?;
    let session = session(args, sources.name())?;
    let mut command = format!("ap {} {session}", shell_quote(&args.name));
    if let Some(max) = max_iterations {
        command += &format!(" {max}");
    }
    let start = Start {
        sources: &sources,
        session,
        command,
        max_iterations,
        record,
        flags: &args.flags,
    };
    start.run(context)
}

fn session(args: &Args, default: &str) -> Result<SessionName> {
    match &args.session {
        Some(session) => Ok(session.clone()),
        None => default.parse().map_err(Error::usage),
    }
}
