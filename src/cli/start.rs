//! `ap <loop>`, `ap loop`, `ap pipeline`: runs a session, in tmux or in this terminal.
use super::context::Context;
use crate::clock;
use crate::error::{Error, ExitCode, Result};
use crate::model::SessionName;
use crate::mux::Tmux;
use crate::plan::{Overrides, Plan, PlanKind, Sources};
use crate::runner::launch::{self, Door, Launch, Report};
use crate::runner::{self, Mode, Surroundings, Taken, Wanted, take};
use crate::shell;
use crate::store::crash;
use crate::store::layout::Project;
use crate::store::lock::FileLock;
use crate::store::session::is_running;
use crate::ui::{out, report};
use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use fs_err as fs;
use std::time::Duration;

/// How long a runner that has let go of its session may take to end.
const ABOUT_TO_END: Duration = Duration::from_secs(5);

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
    /// Agent program: claude, command or scripted
    #[arg(long, value_name = "NAME")]
    pub provider: Option<String>,
    /// Model for the agents, as the provider names it (opus, sonnet, …)
    #[arg(long)]
    pub model: Option<String>,
    /// Claude Code permission mode: bypassPermissions, acceptEdits, dontAsk, default, plan, auto
    #[arg(long, value_name = "MODE")]
    pub permissions: Option<String>,
    /// Text for ${CONTEXT} in the prompts
    #[arg(long, value_name = "TEXT")]
    pub context: Option<String>,
    /// File the agents get as input; may be given several times
    #[arg(long, value_name = "FILE")]
    pub input: Vec<Utf8PathBuf>,
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

/// Starts a loop.
pub fn run_loop(args: &LoopArgs, context: &Context) -> Result<ExitCode> {
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
    let plan = super::compile::plan(start.sources, start.session.clone(), start.typed.clone(), &overrides(start, context)?, context)?;
    let mode = match start.flags {
        Flags { force: true, .. } => Mode::Force,
        Flags { resume: true, .. } => Mode::Resume,
        _ => Mode::New,
    };
    let wanted = Wanted { plan, mode, max_iterations: start.max };
    if start.flags.foreground { in_this_terminal(&wanted, context) } else { in_tmux(wanted, start.flags.attach, context) }
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
        ..Overrides::default()
    };
    Ok(said.or(Overrides::from_env(&|name| context.env.get(name).cloned())))
}

pub(super) fn in_this_terminal(wanted: &Wanted, context: &Context) -> Result<ExitCode> {
    crash::role("runner");
    let around = Surroundings::new(context.project.clone(), context.exe.clone(), context.env.clone());
    check_programs(&wanted.plan, &around)?;
    match take(&context.project, wanted)? {
        Taken::Ours(session) => drive(*session, around),
        Taken::Complete(there) => {
            out(format!("Session '{}' is already complete; start over with --force", there.plan.session))?;
            Ok(ExitCode::Done)
        }
    }
}

/// Runs a session that is ours to its end.
fn drive(session: crate::store::session::Session, around: Surroundings) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let ending = runtime.block_on(runner::run(session, around))?;
    Ok(report::exit_code(&ending))
}

/// `ap __runner <door>`: the program in a session's tmux window.
pub fn in_window(door: &Utf8Path) -> Result<ExitCode> {
    crash::role("runner");
    let (launch, line) = launch::fetch(door)?;
    let around = Surroundings::new(Project::new(launch.project), launch.exe, launch.env);
    match take(&around.project, &launch.wanted) {
        Ok(Taken::Ours(session)) => {
            // Whoever launched us may be gone by now; the session is not.
            let _ = launch::send(&line, &Report::Started);
            drop(line);
            drive(*session, around)
        }
        Ok(Taken::Complete(_)) => {
            launch::send(&line, &Report::Complete)?;
            Ok(ExitCode::Done)
        }
        Err(error) => {
            launch::send(&line, &Report::failed(&error))?;
            Ok(error.code)
        }
    }
}

fn in_tmux(wanted: Wanted, attach: bool, context: &Context) -> Result<ExitCode> {
    let around = Surroundings::new(context.project.clone(), context.exe.clone(), context.env.clone());
    check_programs(&wanted.plan, &around)?;
    let (session, name) = (wanted.plan.session.clone(), wanted.plan.name.clone());
    if !in_background(wanted, context)? {
        out(format!("Session '{session}' is already complete; start over with --force"))?;
        return Ok(ExitCode::Done);
    }
    out(started(&session, &name, context))?;
    if attach { context.tmux().attach(&session).map(|()| ExitCode::Done) } else { Ok(ExitCode::Done) }
}

/// Starts a session in tmux and returns when it runs. Tells whether there was anything left to run.
pub(super) fn in_background(wanted: Wanted, context: &Context) -> Result<bool> {
    match launch_runner(wanted, context)? {
        Report::Started => Ok(true),
        Report::Complete => Ok(false),
        Report::Failed { code, message, hint } => {
            let code =
                [ExitCode::Usage, ExitCode::AlreadyRunning].into_iter().find(|known| *known as u8 == code).unwrap_or(ExitCode::Failed);
            let error = Error::new(code, message);
            Err(match hint {
                Some(hint) => error.hint(hint),
                None => error,
            })
        }
    }
}

fn launch_runner(wanted: Wanted, context: &Context) -> Result<Report> {
    let (project, session, tmux) = (&context.project, wanted.plan.session.clone(), context.tmux());
    // One launch at a time in a project, so that of many the first starts and the others see it run.
    fs::create_dir_all(project.locks())?;
    let _turn = FileLock::exclusive(&fs::File::open(project.locks())?)?;
    if wanted.mode != Mode::Force && is_running(project, &session) {
        return Err(report::already_running(project, &session));
    }
    let run_dir = project.session(&session).root().to_owned();
    let mode = wanted.mode;
    if let Some(found) = tmux.find(&session)? {
        if found.run_dir != run_dir {
            let other =
                if found.run_dir.is_empty() { "it was not started by ap".to_owned() } else { format!("it belongs to {}", found.run_dir) };
            return Err(Error::failed(format!("tmux session `{}` exists already; {other}", found.name))
                .hint("choose another session name, or set AP_TMUX_SOCKET for a tmux server of its own"));
        }
        match (found.dead, mode) {
            (true, _) => tmux.close(&found)?,
            (false, Mode::Force) => {
                runner::stop_living(project, &session)?;
                tmux.close(&found)?;
            }
            (false, Mode::New | Mode::Resume) => close_when_dead(&tmux, &session, project)?,
        }
    }
    let door = Door::open()?;
    let keep = match context.env.get("AP_KEEP_WINDOW") {
        Some(keep) => keep != "0",
        None => context.settings()?.keep_window.unwrap_or(true),
    };
    let path = door.path()?;
    tmux.open(&session, project.root(), &run_dir, &[context.exe.as_str(), "__runner", path.as_str()], keep)?;
    let launch = Launch { project: project.root().to_owned(), exe: context.exe.clone(), wanted, env: context.env.clone() };
    let report = door.hand_over(&launch, || tmux.find(&session).is_ok_and(|found| found.is_some_and(|found| !found.dead)));
    if !matches!(report, Ok(Report::Started)) {
        // Leave nothing behind: the window has nothing to show that the report does not say.
        if let Ok(Some(found)) = tmux.find(&session) {
            tmux.close(&found)?;
        }
    }
    report
}

/// Closes the window of a runner that has let go of its session and is about to end. One that does not end lives on
/// without its lock file.
fn close_when_dead(tmux: &Tmux, session: &SessionName, project: &Project) -> Result<()> {
    let mut found = None;
    let gone = clock::wait_until(ABOUT_TO_END, || {
        found = tmux.find(session).ok().flatten();
        found.as_ref().is_none_or(|found| found.dead)
    });
    match found {
        Some(found) if gone => tmux.close(&found),
        Some(_) => Err(report::already_running(project, session)),
        None => Ok(()),
    }
}

/// Refuses to start a session whose agents cannot be started.
fn check_programs(plan: &Plan, around: &Surroundings) -> Result<()> {
    for node in &plan.nodes {
        let needed = node.agent.provider != crate::plan::Provider::Scripted;
        if needed && around.find(&node.agent.program).is_none() {
            return Err(Error::usage(format!("there is no program `{}` on PATH, which node `{}` needs", node.agent.program, node.id))
                .hint("install it, or name another with `program:` in the loop or AP_PROGRAM; `--provider scripted` needs none"));
        }
    }
    Ok(())
}

fn started(session: &SessionName, name: &str, context: &Context) -> String {
    let watch = context.tmux().attach_line(session);
    format!(
        "Session '{session}' runs {name} in tmux.\n  watch   ap attach {session}   ({watch})\n  follow  ap logs {session} -f\n  status  ap status {session}\n  stop    ap stop {session}\n"
    )
}
