//! `ap <loop>`, `ap loop`, `ap pipeline`: runs a session, in tmux or in this terminal.
use super::context::Context;
use super::launch::{in_this_terminal, in_tmux};
use crate::clock;
use crate::error::{Error, ExitCode, Result};
use crate::model::{Change, SessionName};
use crate::plan::{Overrides, PermissionMode, Plan, PlanKind, Sources, model_alias};
use crate::runner::{Mode, Wanted};
use crate::shell;
use crate::store::session::read_plan;
use crate::ui::report;
use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use fs_err as fs;

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
    /// Kind of agent: claude, codex, gemini, opencode, amp, copilot, command, scripted, or one of your own
    #[arg(long, value_name = "NAME")]
    pub provider: Option<String>,
    /// Model for the agents, as the provider names it (opus, sonnet, …)
    #[arg(long)]
    pub model: Option<String>,
    /// Permission mode: bypassPermissions, acceptEdits, dontAsk, default, plan, auto
    #[arg(long, value_name = "MODE")]
    pub permissions: Option<String>,
    /// End the session when its agents have cost this much; 0 is no bound
    #[arg(long, value_name = "USD", value_parser = dollars)]
    pub max_cost: Option<f64>,
    /// End the session when it has run this long: 90m, 8h, or a number of seconds; 0 is no bound
    #[arg(long, value_name = "TIME", value_parser = seconds)]
    pub max_runtime: Option<u64>,
    /// Text for ${CONTEXT} in the prompts
    #[arg(long, value_name = "TEXT")]
    pub context: Option<String>,
    /// File the agents get as input; may be given several times
    #[arg(long, value_name = "FILE")]
    pub input: Vec<Utf8PathBuf>,
    /// Where tasks come from: beads, backlog, prd, command, or a file of tasks [default: what the loop says]
    #[arg(long, value_name = "NAME|FILE")]
    pub queue: Option<String>,
    /// Only tasks with this label, in a tracker that has labels [default: pipeline/<session>]
    #[arg(long, value_name = "LABEL")]
    pub label: Option<String>,
    /// Who takes a task for each iteration: the agent, or the engine, which hands it over
    #[arg(long, value_name = "agent|engine")]
    pub claim: Option<String>,
    /// Let agents see API keys and nested CLAUDE variables of your environment
    #[arg(long)]
    pub keep_env: bool,
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
    if args.flags.resume {
        let session =
            args.session.as_ref().map_or_else(|| named(&args.name).parse().map_err(Error::usage), |session| Ok(session.clone()))?;
        return resume(&args.name, &session, args.max, &args.flags, context);
    }
    let sources = context.library().find(PlanKind::Loop, &args.name)?;
    let session = match &args.session {
        Some(session) => session.clone(),
        None => sources.name().parse().map_err(Error::usage)?,
    };
    let typed = match args.max {
        Some(max) => format!("ap {} {session} {max}", shell::word(&args.name)),
        None => format!("ap {} {session}", shell::word(&args.name)),
    };
    start(&Start { sources: &sources, session, typed, max: args.max, flags: &args.flags }, context)
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
    start(&Start { sources: &sources, session, typed, max: None, flags: &args.flags }, context)
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
    let mut plan = super::compile::plan(start.sources, start.session.clone(), start.typed.clone(), &overrides(start, context)?, context)?;
    plan.guardrails.max_cost_usd = start.flags.max_cost.unwrap_or(plan.guardrails.max_cost_usd);
    plan.guardrails.max_runtime_seconds = start.flags.max_runtime.unwrap_or(plan.guardrails.max_runtime_seconds);
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
    let change = change(flags)?;
    if let Some(mode) = change.permissions {
        may(&plan, mode)?;
    }
    run(Wanted { plan, mode: Mode::Resume, max_iterations: max, change }, flags, context)
}

/// Refuses permissions that an agent of the plan cannot be held to.
fn may(plan: &Plan, mode: PermissionMode) -> Result<()> {
    let agents = plan.nodes.iter().flat_map(|node| node.agent.chain());
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

/// Returns what a resumed session's agents are called with from now on. The rest of its plan stays as it was.
fn change(flags: &Flags) -> Result<Change> {
    let frozen = [
        ("--provider", flags.provider.is_some()),
        ("--context", flags.context.is_some()),
        ("--input", !flags.input.is_empty()),
        ("--queue", flags.queue.is_some()),
        ("--label", flags.label.is_some()),
        ("--claim", flags.claim.is_some()),
    ];
    if let Some((flag, _)) = frozen.iter().find(|(_, said)| *said) {
        return Err(Error::usage(format!("{flag} cannot be changed in a session that has started"))
            .hint("--model, --permissions, --keep-env, --max-cost and --max-runtime can; to change the rest start over with `--force`"));
    }
    let permissions = flags.permissions.as_ref().map(|word| {
        word.parse().map_err(|()| {
            Error::usage(format!("unknown permission mode `{word}`"))
                .hint("one of bypassPermissions, acceptEdits, dontAsk, default, plan, auto")
        })
    });
    Ok(Change {
        model: flags.model.as_deref().map(|model| model_alias(model).to_owned()),
        permissions: permissions.transpose()?,
        keep_env: flags.keep_env.then_some(true),
        max_cost_usd: flags.max_cost,
        max_runtime_seconds: flags.max_runtime,
    })
}

fn dollars(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|amount: &f64| amount.is_finite() && 0.0 <= *amount).ok_or_else(|| "an amount like 12.50 is needed".to_owned())
}

fn seconds(text: &str) -> Result<u64, String> {
    let span = || text.parse::<jiff::SignedDuration>().ok().and_then(|span| u64::try_from(span.as_secs()).ok());
    text.parse().ok().or_else(span).ok_or_else(|| "a time like 90m or 8h is needed".to_owned())
}

fn run(wanted: Wanted, flags: &Flags, context: &Context) -> Result<ExitCode> {
    if flags.foreground { in_this_terminal(&wanted, context) } else { in_tmux(wanted, flags.attach, context) }
}

fn overrides(start: &Start<'_>, context: &Context) -> Result<Overrides> {
    let flags = start.flags;
    let input = |path: &Utf8PathBuf| {
        let path = fs::canonicalize(path).map_err(|error| Error::usage(format!("--input: {error}")))?;
        Utf8PathBuf::from_path_buf(path).map_err(|path| Error::usage(format!("--input: {} is not UTF-8", path.display())))
    };
    let said = Overrides {
        provider: flags.provider.clone(),
        model: flags.model.clone(),
        permissions: flags.permissions.clone(),
        max_iterations: start.max,
        context: flags.context.clone(),
        inputs: flags.input.iter().map(input).collect::<Result<_>>()?,
        keep_env: flags.keep_env.then_some(true),
        queue: flags.queue.clone(),
        label: flags.label.clone(),
        claim: flags.claim.clone(),
        ..Overrides::default()
    };
    Ok(said.or(Overrides::from_env(&|name| context.env.get(name).cloned())))
}
