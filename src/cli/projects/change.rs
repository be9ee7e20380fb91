//! `ap projects pause`, `resume` and `set`.
use super::add::DefinitionArgs;
use super::project_change::ProjectChange;
use super::target::{find, not_registered};
use super::until::parse;
use crate::cli::context::Context;
use crate::cli::parked::lift_pause;
use crate::cli::supervised::{check, context_of, supervisor_lives};
use crate::clock;
use crate::error::{Error, ErrorKind, Result};
use crate::fleet::FleetRequest;
use crate::model::SessionStatus;
use crate::store::fleet;
use crate::store::registry::{self, RegisteredProject};
use crate::store::session::load_cached;
use crate::ui::next_command::NextCommand;
use crate::ui::time;
use jiff::Timestamp;

/// Give a project no slices until you resume it
#[derive(Debug, clap::Args)]
pub(super) struct PauseArgs {
    /// The project: its id, or its directory
    #[arg(value_name = "PROJECT")]
    name: String,
    /// Until when: 2h, 3d, 18:00, 2026-12-24
    #[arg(long, value_name = "WHEN", value_parser = parse)]
    until: Option<Timestamp>,
    /// End its current iteration, which is made again later
    #[arg(long)]
    now: bool,
}

/// Give a project a slice soon, whatever it waits for
#[derive(Debug, clap::Args)]
pub(super) struct ResumeArgs {
    /// The project: its id, or its directory
    #[arg(value_name = "PROJECT")]
    pub(super) name: String,
}

/// Change what a project runs, or its share of the slices
#[derive(Debug, clap::Args)]
pub(super) struct SetArgs {
    /// The project: its id, or its directory
    #[arg(value_name = "PROJECT")]
    name: String,
    #[command(flatten)]
    definition: DefinitionArgs,
    /// Its share of the slices, compared with other projects
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100))]
    weight: Option<u32>,
    /// Flags for the start of its session, instead of those it has
    #[arg(last = true, value_name = "START FLAGS")]
    flags: Vec<String>,
}

pub(super) fn pause(args: &PauseArgs, context: &Context) -> Result<ProjectChange> {
    let registry = registry::read(&context.dirs)?;
    let project = find(&registry, &args.name, context)?.id.clone();
    let request = FleetRequest::Pause {
        project: project.clone(),
        until: args.until,
        now: args.now,
        by: "ap projects pause".to_owned(),
    };
    let now = clock::now();
    fleet::request(&context.dirs, &request, now)?;
    let until = args.until.map_or_else(
        || format!("until `ap projects resume {project}`"),
        |at| format!("until {}", time::local(at, now)),
    );
    let message = format!(
        "Project '{project}' gets no slices {until}.{}",
        later(context)
    );
    Ok(ProjectChange::new(&project, "pausing", message))
}

/// Asks the supervisor to give a project a slice.
pub(in crate::cli) fn resume(project: &str, context: &Context) -> Result<ProjectChange> {
    let registry = registry::read(&context.dirs)?;
    let registered = find(&registry, project, context)?;
    let project = registered.id.clone();
    let its_context = context_of(registered, context);
    // One that cannot be read is resumed all the same: the supervisor says what is wrong with it.
    if let Ok(Some(session)) = load_cached(&its_context.project.session(&registered.session)) {
        lift_pause(&session, &its_context)?;
    }
    let state = fleet::load(&context.dirs)?;
    let known = state.projects.get(&project);
    let cleared = known.map_or_else(String::new, |known| {
        let recoveries = known.recoveries.len();
        let status = known.status.as_str();
        format!(" It was {status}; recoveries counted: {recoveries}, now 0.")
    });
    let request = FleetRequest::Resume {
        project: project.clone(),
        by: "ap resume".to_owned(),
    };
    fleet::request(&context.dirs, &request, clock::now())?;
    let message = format!(
        "Project '{project}' gets the next free slice.{cleared}{}",
        later(context)
    );
    Ok(ProjectChange::new(&project, "resumed", message))
}

/// Returns what to add if the supervisor does not run.
fn later(context: &Context) -> &'static str {
    if supervisor_lives(context) {
        ""
    } else {
        "\nNo supervisor runs: `ap start` starts it."
    }
}

pub(super) fn set(args: &SetArgs, context: &Context) -> Result<ProjectChange> {
    let registry = registry::read(&context.dirs)?;
    let before = find(&registry, &args.name, context)?.clone();
    let mut after = before.clone();
    apply(args, &mut after);
    let id = before.id.clone();
    if after == before {
        let message = format!("Project '{id}' is as it was.");
        return Ok(ProjectChange::new(&id, "unchanged", message));
    }
    keeps_what_it_runs(&before, &after, context)?;
    check(&after, context)?;
    // It may have been moved or removed meanwhile.
    let after = registry::update(&context.dirs, |registry| {
        let project = registry.projects.iter_mut().find(|it| it.id == id);
        let project = project.ok_or_else(|| not_registered(id.as_str()))?;
        apply(args, project);
        Ok(project.clone())
    })?;
    fleet::wake(&context.dirs, "projects")?;
    let message = format!(
        "Project '{id}' runs {} with weight {}.",
        after.name, after.weight
    );
    Ok(ProjectChange::new(&id, "set", message))
}

/// A session that is not complete keeps what it was started with, whatever is set for its project.
fn keeps_what_it_runs(
    before: &RegisteredProject,
    after: &RegisteredProject,
    context: &Context,
) -> Result<()> {
    let runs = |it: &RegisteredProject| (it.kind, it.name.clone(), it.flags.clone());
    if runs(before) == runs(after) {
        return Ok(());
    }
    let its_context = context_of(before, context);
    let session = load_cached(&its_context.project.session(&before.session))?;
    let Some(session) = session.filter(|it| it.state.status() != SessionStatus::Complete) else {
        return Ok(());
    };
    let message = format!(
        "session '{}' of project '{}' keeps what it was started with",
        before.session, before.id
    );
    let resume = NextCommand::resume_as_started(&session.plan);
    Err(Error::new(ErrorKind::SessionExists, message).hint(format!(
        "`{resume} --recompile` reads its changed definition; `ap projects remove {}` and an `add` with another `--session` start again from its definition",
        before.id
    )))
}

fn apply(args: &SetArgs, project: &mut RegisteredProject) {
    if let Some(definition) = args.definition.named() {
        (project.kind, project.name) = (definition.kind, definition.name);
    }
    project.weight = args.weight.unwrap_or(project.weight);
    if !args.flags.is_empty() {
        project.flags.clone_from(&args.flags);
    }
}
