//! `ap <loop>`, `ap loop`, `ap pipeline`: runs a session, in tmux or in this terminal.
use super::context::Context;
use super::launch::{in_this_terminal, in_tmux};
use super::said::{self, Said};
use crate::clock;
use crate::error::{Error, ExitCode, Result};
use crate::model::{Change, SessionName};
use crate::plan::{PermissionMode, Plan, PlanKind, Sources};
use crate::runner::{Mode, Wanted};
use crate::shell;
use crate::store::session::read_plan;
use crate::ui::report;
use camino::Utf8Path;
use clap::Args;

/// What can be said about any start.
#[derive(Args, Clone, Debug, Default)]
pub struct Flags {
    /// Start over: stop a living session of that name first and keep its old run under .archive
    #[arg(long, conflicts_with = "resume")]
    pub force: bool,
    /// Go on exactly where a crashed, failed or stopped session was
    #[arg(long)]
    pub resume: bool,
    /// Run in this terminal instead of tmux; the exit code is the session's own
    #[arg(long, visible_alias = "no-tmux")]
    pub foreground: bool,
    /// Show the session's window once it runs
    #[arg(long, conflicts_with = "foreground")]
    pub attach: bool,
    #[command(flatten)]
    pub said: Said,
}

/// `ap loop <loop> [session] [max]`
#[derive(Args, Clone, Debug)]
pub struct LoopArgs {
    /// Name of a loop, or the path of its folder
    pub name: String,
    /// Name of the session; the loop's own if not given
    pub session: Option<SessionName>,
    /// Most iterations to run
    pub max: Option<u32>,
    #[command(flatten)]
    pub flags: Flags,
}

/// `ap pipeline <file|name> [session]`, `ap pipeline --single-stage <loop> [session] [max]`
#[derive(Args, Clone, Debug)]
pub struct PipelineArgs {
    /// Run one loop: the same as `ap loop`
    #[arg(long)]
    pub single_stage: bool,
    /// Name of a pipeline, or the path of its file
    pub name: String,
    /// Name of the session; the pipeline's with date and time if not given
    pub session: Option<SessionName>,
    /// Most iterations to run, with --single-stage
    #[arg(requires = "single_stage")]
    pub max: Option<u32>,
    #[command(flatten)]
    pub flags: Flags,
}

/// Starts a loop, or goes on with one.
pub fn run_loop(args: &LoopArgs, context: &Context) -> Result<ExitCode> {
    let max = args.flags.said.max(args.max)?;
    if args.flags.resume {
        let session =
            args.session.as_ref().map_or_else(|| named(&args.name).parse().map_err(Error::usage), |session| Ok(session.clone()))?;
        return resume(&args.name, &session, max, &args.flags, context);
    }
    let sources = context.library().find(PlanKind::Loop, &args.name)?;
    let session = match &args.session {
        Some(session) => session.clone(),
        None => sources.name().parse().map_err(Error::usage)?,
    };
    let typed = match max {
        Some(max) => format!("ap {} {session} {max}", shell::word(&args.name)),
        None => format!("ap {} {session}", shell::word(&args.name)),
    };
    start(&Start { sources: &sources, session, typed, max, flags: &args.flags }, context)
}

/// Starts a pipeline.
pub fn run_pipeline(args: &PipelineArgs, context: &Context) -> Result<ExitCode> {
    if args.single_stage {
        let PipelineArgs { name, session, max, flags, .. } = args.clone();
        return run_loop(&LoopArgs { name, session, max, flags }, context);
    }
    if args.flags.resume {
        let session = args
            .session
            .as_ref()
            .ok_or_else(|| Error::usage("which session shall be resumed?").hint("`ap list` shows them; name it after the pipeline"))?;
        return resume(&args.name, session, None, &args.flags, context);
    }
    let sources = context.library().find(PlanKind::Pipeline, &args.name)?;
    let session = match &args.session {
        Some(session) => session.clone(),
        None => format!("{}-{}", sources.name(), jiff::Zoned::new(clock::now(), jiff::tz::TimeZone::system()).strftime("%Y%m%d-%H%M%S"))
            .parse()
            .map_err(Error::usage)?,
    };
    let typed = format!("ap pipeline {} {session}", shell::word(&args.name));
    start(&Start { sources: &sources, session, typed, max: args.flags.said.max(None)?, flags: &args.flags }, context)
}

struct Start<'a> {
    sources: &'a Sources,
    session: SessionName,
    /// The command line, for "how to resume".
    typed: String,
    max: Option<u32>,
    flags: &'a Flags,
}

fn start(start: &Start<'_>, context: &Context) -> Result<ExitCode> {
    let overrides = start.flags.said.flags(start.max)?.or(said::environment(context)?);
    let plan = super::compile::plan(start.sources, start.session.clone(), start.typed.clone(), &overrides, context)?;
    let mode = if start.flags.force { Mode::Force } else { Mode::New };
    run(Wanted { plan, mode, max_iterations: start.max, change: Change::default() }, start.flags, context)
}

/// Goes on with the plan the session started with, whatever has become of its definition since.
fn resume(name: &str, session: &SessionName, max: Option<u32>, flags: &Flags, context: &Context) -> Result<ExitCode> {
    let dir = context.project.session(session);
    if !dir.journal().exists() {
        return Err(report::nothing_to_resume(session));
    }
    let plan = read_plan(&dir)?;
    if plan.name != named(name) {
        return Err(report::runs_another(&plan, named(name)));
    }
    let change = flags.said.change()?;
    if let Some(mode) = change.permissions {
        may(&plan, mode)?;
    }
    run(Wanted { plan, mode: Mode::Resume, max_iterations: max, change }, flags, context)
}

/// Refuses permissions that an agent of the plan cannot be held to.
fn may(plan: &Plan, mode: PermissionMode) -> Result<()> {
    let agents = plan.all_nodes().flat_map(|node| node.agent.chain());
    match agents.filter_map(|agent| Some((agent, agent.refuses(mode)?))).next() {
        None => Ok(()),
        Some((agent, reason)) => Err(Error::usage(format!("provider `{}` cannot do `{}`: {reason}", agent.provider_name(), mode.name()))),
    }
}

/// Returns a loop's or pipeline's name, of which a person may have typed the path.
fn named(name: &str) -> &str {
    let file = Utf8Path::new(name).file_name().unwrap_or(name);
    file.strip_suffix(".yaml").or_else(|| file.strip_suffix(".yml")).unwrap_or(file)
}

fn run(wanted: Wanted, flags: &Flags, context: &Context) -> Result<ExitCode> {
    if flags.foreground { in_this_terminal(&wanted, context) } else { in_tmux(wanted, flags.attach, context) }
}
