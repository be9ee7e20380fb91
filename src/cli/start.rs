//! `ap <loop>`, `ap loop`, `ap pipeline`: runs a session, in tmux or in this terminal.
use super::context::Context;
use super::launch::{in_this_terminal, in_tmux};
use super::said::{self, Said};
use crate::clock;
use crate::compile::{Overrides, Sources};
use crate::error::{Error, ExitCode, Result};
use crate::fixture;
use crate::model::{Change, PermissionMode, SessionName};
use crate::plan::{Origin, Plan, PlanKind};
use crate::runner::{Mode, Wanted};
use crate::store::session::{Snapshot, load_cached};
use crate::text::shell_quote;
use crate::ui::{note, report};
use camino::{Utf8Path, Utf8PathBuf};
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
    /// With --resume: go on with the definition as it is now, where that is safe
    #[arg(long)]
    pub recompile: bool,
    /// Run in this terminal instead of tmux; the exit code is the session's own
    #[arg(long, visible_alias = "no-tmux")]
    pub foreground: bool,
    /// Show the session's window once it runs
    #[arg(long, conflicts_with = "foreground")]
    pub attach: bool,
    /// Make a fixture of the session once it has ended, for `ap test`; in DIR, or where `ap test` looks for it
    #[arg(long, value_name = "DIR", num_args = 0..=1, require_equals = true, default_missing_value = "", conflicts_with = "resume")]
    pub record: Option<Utf8PathBuf>,
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

/// `ap pipeline <file|name> [session] [runs]`, `ap pipeline --single-stage <loop> [session] [max]`
#[derive(Args, Clone, Debug)]
pub struct PipelineArgs {
    /// Run one loop: the same as `ap loop`
    #[arg(long)]
    pub single_stage: bool,
    /// Name of a pipeline, or the path of its file
    pub name: String,
    /// Name of the session; the pipeline's with date and time if not given
    pub session: Option<SessionName>,
    /// How often to run it; with --single-stage the most iterations to run
    #[arg(value_name = "RUNS")]
    pub number: Option<u32>,
    #[command(flatten)]
    pub flags: Flags,
}

/// Starts a loop, or goes on with one.
pub fn run_loop(args: &LoopArgs, context: &Context) -> Result<ExitCode> {
    let max = args.flags.said.max(args.max)?;
    if args.flags.resume {
        let session = args.session.as_ref().map_or_else(
            || named(&args.name).parse().map_err(Error::usage),
            |session| Ok(session.clone()),
        )?;
        let name = &args.name;
        return resume(
            &Resume {
                kind: PlanKind::Loop,
                name,
                session: &session,
                max,
                flags: &args.flags,
            },
            context,
        );
    }
    let (sources, record) = found(PlanKind::Loop, &args.name, &args.flags, context)?;
    let session = match &args.session {
        Some(session) => session.clone(),
        None => sources.name().parse().map_err(Error::usage)?,
    };
    let typed = match max {
        Some(max) => format!("ap {} {session} {max}", shell_quote(&args.name)),
        None => format!("ap {} {session}", shell_quote(&args.name)),
    };
    start(
        &Start {
            sources: &sources,
            session,
            typed,
            max,
            record,
            flags: &args.flags,
        },
        context,
    )
}

/// Starts a pipeline.
pub fn run_pipeline(args: &PipelineArgs, context: &Context) -> Result<ExitCode> {
    if args.single_stage {
        let PipelineArgs {
            name,
            session,
            number: max,
            flags,
            ..
        } = args.clone();
        return run_loop(
            &LoopArgs {
                name,
                session,
                max,
                flags,
            },
            context,
        );
    }
    let mut args = args.clone();
    args.flags.said.runs = args.flags.said.runs(args.number)?;
    if args.flags.resume {
        let session = args.session.as_ref().ok_or_else(|| {
            Error::usage("which session shall be resumed?")
                .hint("`ap list` shows them; name it after the pipeline")
        })?;
        let name = &args.name;
        return resume(
            &Resume {
                kind: PlanKind::Pipeline,
                name,
                session,
                max: args.flags.said.max(None)?,
                flags: &args.flags,
            },
            context,
        );
    }
    let (sources, record) = found(PlanKind::Pipeline, &args.name, &args.flags, context)?;
    let session = match &args.session {
        Some(session) => session.clone(),
        None => format!(
            "{}-{}",
            sources.name(),
            jiff::Zoned::new(clock::now(), jiff::tz::TimeZone::system()).strftime("%Y%m%d-%H%M%S")
        )
        .parse()
        .map_err(Error::usage)?,
    };
    let typed = format!("ap pipeline {} {session}", shell_quote(&args.name));
    start(
        &Start {
            sources: &sources,
            session,
            typed,
            max: args.flags.said.max(None)?,
            record,
            flags: &args.flags,
        },
        context,
    )
}

struct Start<'a> {
    sources: &'a Sources,
    session: SessionName,
    /// The command line, for "how to resume".
    typed: String,
    max: Option<u32>,
    /// The folder of the fixture to be made.
    record: Option<Utf8PathBuf>,
    flags: &'a Flags,
}

/// Finds what is to run, and the folder of the fixture to be made of it.
fn found(
    kind: PlanKind,
    name: &str,
    flags: &Flags,
    context: &Context,
) -> Result<(Sources, Option<Utf8PathBuf>)> {
    let library = context.library();
    let sources = library.find(kind, name)?;
    let folder = match &flags.record {
        None => None,
        Some(folder) if folder.as_str().is_empty() => {
            Some(library.fixture_target(&library.entry_of(kind, name)?))
        }
        Some(folder) => Some(camino::absolute_utf8(folder)?),
    };
    Ok((sources, folder))
}

fn start(start: &Start<'_>, context: &Context) -> Result<ExitCode> {
    let overrides = start
        .flags
        .said
        .flags(start.max)?
        .or(said::environment(context)?);
    let mut plan = super::compile::plan(
        start.sources,
        start.session.clone(),
        start.typed.clone(),
        &overrides,
        context,
    )?;
    plan.record.clone_from(&start.record);
    fixture::check(&plan)?;
    let mode = if start.flags.force {
        Mode::Force
    } else {
        Mode::New
    };
    run(
        Wanted {
            plan,
            mode,
            max_iterations: start.max,
            change: Change::default(),
            replace: false,
        },
        start.flags,
        context,
    )
}

/// A session to go on with.
struct Resume<'a> {
    kind: PlanKind,
    /// As typed.
    name: &'a str,
    session: &'a SessionName,
    max: Option<u32>,
    flags: &'a Flags,
}

/// Goes on with the plan the session has, whatever has become of its definition since; or, if asked to, with a new one.
fn resume(resume: &Resume<'_>, context: &Context) -> Result<ExitCode> {
    let Resume {
        name,
        session,
        max,
        flags,
        ..
    } = *resume;
    let dir = context.project.session(session);
    let Some(Snapshot { plan, .. }) = load_cached(&dir)? else {
        return Err(report::nothing_to_resume(session));
    };
    if plan.name != named(name) {
        return Err(report::runs_another(&plan, named(name)));
    }
    let sources = context
        .library()
        .find(resume.kind, &written(&plan, name, context));
    if flags.recompile {
        let plan = recompiled(&plan, &sources?, resume, context)?;
        note(format!(
            "note: the plan is made anew from {}",
            plan.source.path
        ));
        return run(
            Wanted {
                plan,
                mode: Mode::Resume,
                max_iterations: max,
                change: flags.said.callable()?,
                replace: true,
            },
            flags,
            context,
        );
    }
    let change = flags.said.change()?;
    if let Some(mode) = change.permissions {
        may(&plan, mode)?;
    }
    if let Some(news) = news(&plan, sources.as_ref().ok()) {
        note(news);
    }
    run(
        Wanted {
            plan,
            mode: Mode::Resume,
            max_iterations: max,
            change,
            replace: false,
        },
        flags,
        context,
    )
}

/// Returns what to look a session's definition up by: the file it was started with, if it was one.
fn written(plan: &Plan, name: &str, context: &Context) -> String {
    if plan.source.origin == Origin::File {
        context.project.root().join(&plan.source.path).into_string()
    } else {
        name.to_owned()
    }
}

/// Says that the definition is not what the plan was made of, if it is not.
fn news(plan: &Plan, sources: Option<&Sources>) -> Option<String> {
    let session = &plan.session;
    let what = match sources {
        Some(sources) if sources.fingerprint() == plan.source.hash => return None,
        Some(sources) if sources.definition().file == plan.source.path => {
            format!("{} or what it uses has changed", plan.source.path)
        }
        Some(sources) => format!(
            "`{}` is now {}, and was {}",
            plan.name,
            sources.definition().file,
            plan.source.path
        ),
        None => {
            return Some(format!(
                "note: {} is no longer there; session '{session}' goes on with the plan it has",
                plan.source.path
            ));
        }
    };
    Some(format!(
        "note: {what} since session '{session}' started; it goes on with the plan it has (`--recompile` takes the new one)"
    ))
}

/// Makes the plan anew, with everything a person said at the start and has not said otherwise now.
fn recompiled(
    plan: &Plan,
    sources: &Sources,
    resume: &Resume<'_>,
    context: &Context,
) -> Result<Plan> {
    let (flags, environment) = Overrides::of_plan(plan);
    let now = resume.flags.said.flags(resume.max)?;
    let overrides = now
        .or(flags)
        .or(said::environment(context)?)
        .or(environment);
    let new = super::compile::plan(
        sources,
        plan.session.clone(),
        plan.command.clone(),
        &overrides,
        context,
    )?;
    // It is the same run: its agents and tasks carry the run's mark.
    Ok(Plan {
        run: plan.run.clone(),
        record: plan.record.clone(),
        ..new
    })
}

/// Refuses permissions that an agent of the plan cannot be held to.
fn may(plan: &Plan, mode: PermissionMode) -> Result<()> {
    let agents = plan.all_nodes().flat_map(|node| node.agent.chain());
    match agents
        .filter_map(|agent| Some((agent, agent.refuses(mode)?)))
        .next()
    {
        None => Ok(()),
        Some((agent, reason)) => Err(Error::usage(format!(
            "provider `{}` cannot do `{}`: {reason}",
            agent.provider_name(),
            mode.name()
        ))),
    }
}

/// Returns a loop's or pipeline's name, of which a person may have typed the path.
fn named(name: &str) -> &str {
    let file = Utf8Path::new(name).file_name().unwrap_or(name);
    file.strip_suffix(".yaml")
        .or_else(|| file.strip_suffix(".yml"))
        .unwrap_or(file)
}

fn run(wanted: Wanted, flags: &Flags, context: &Context) -> Result<ExitCode> {
    if flags.foreground {
        in_this_terminal(&wanted, context)
    } else {
        in_tmux(wanted, flags.attach, context)
    }
}
