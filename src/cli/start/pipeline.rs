//! `ap pipeline`.
use super::loop_command::{self, StartArgs};
use super::resume::Resume;
use super::{Flags, Start, find_sources};
use crate::cli::candidates;
use crate::cli::context::Context;
use crate::clock;
use crate::error::{Error, ExitCode, Result};
use crate::model::SessionName;
use crate::plan::PlanKind;
use crate::text::shell_quote;
use jiff::Zoned;
use jiff::tz::TimeZone;

#[derive(clap::Args, Clone, Debug)]
pub(crate) struct Args {
    /// Run one loop: the same as `ap loop`
    #[arg(long)]
    single_stage: bool,
    /// Name of a pipeline, or the path of its file
    #[arg(add = candidates::pipelines())]
    name: String,
    /// Name of the session; the pipeline's with date and time if not given
    #[arg(add = candidates::sessions())]
    session: Option<SessionName>,
    /// How often to run it; with --single-stage the maximum number of iterations
    #[arg(value_name = "RUNS")]
    number: Option<u32>,
    #[command(flatten)]
    flags: Flags,
}

/// Starts or resumes a session of a pipeline.
pub(crate) fn run(args: &Args, context: &Context) -> Result<ExitCode> {
    let Args {
        single_stage,
        name,
        session,
        number,
        mut flags,
    } = args.clone();
    if single_stage {
        let start = StartArgs {
            session,
            max: number,
            flags,
        };
        let args = loop_command::Args { name, start };
        return loop_command::run(&args, context);
    }
    flags.overrides.runs = flags.overrides.runs(number)?;
    let max_iterations = flags.overrides.max(None)?;
    if flags.resume || flags.resume_or_start {
        let Some(session) = &session else {
            return Err(Error::usage("name the session to resume")
                .hint("`ap list` shows the sessions; put the name after the pipeline's"));
        };
        let resume = Resume {
            kind: PlanKind::Pipeline,
            name: &name,
            session,
            max_iterations,
            flags: &flags,
        };
        if flags.resume {
            return resume.run(context);
        }
        if let Some(code) = resume.run_if_there(context)? {
            return Ok(code);
        }
    }
    let (sources, record) = find_sources(PlanKind::Pipeline, &name, &flags, context)?;
    let session = session.map_or_else(|| session_name(sources.name()), Ok)?;
    let command = format!("ap pipeline {} {session}", shell_quote(&name));
    let start = Start {
        sources: &sources,
        session,
        command,
        max_iterations,
        record,
        flags: &flags,
    };
    start.run(context)
}

/// Returns the pipeline's name with date and time.
fn session_name(pipeline: &str) -> Result<SessionName> {
    let now = Zoned::new(clock::now(), TimeZone::system());
    format!("{pipeline}-{}", now.strftime("%Y%m%d-%H%M%S"))
        .parse()
        .map_err(Error::bad_value)
}
