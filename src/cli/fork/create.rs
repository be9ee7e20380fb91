//! Creates the new session of a fork, with a worktree if the commit to continue from is known.
use super::args::Args;
use super::created::Created;
use super::worktree::Worktree;
use crate::cli::compile::new_run;
use crate::cli::context::Context;
use crate::clock;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{ForkedFrom, SessionName, WorkTree};
use crate::plan::{Plan, PlanKind};
use crate::runner;
use crate::store::fork::{self, Cut, Fork};
use crate::store::layout::Project;
use crate::store::session::Snapshot;
use crate::ui::next_command::NextCommand;

pub(super) fn create(
    args: &Args,
    snapshot: &Snapshot,
    cut: Cut,
    context: &Context,
) -> Result<Created> {
    let name = session_name(args, snapshot, &cut)?;
    check_free(&name, &context.project)?;
    let commit = cut.tree.as_ref().and_then(|tree| tree.commit.clone());
    let worktree = worktree(args, &name, commit.as_deref(), context)?;
    let _lock = runner::reserve(&context.project, &name)?;
    let project = worktree
        .as_ref()
        .map_or(&context.project, |worktree| &worktree.project);
    check_free(&name, project)?;
    if let Some(worktree) = &worktree {
        worktree.create(&name, context)?;
    }
    let _lock_there = worktree
        .is_some()
        .then(|| runner::reserve(project, &name))
        .transpose()?;
    let draft = fork::begin(&project.session(&name))?;
    if let Some(worktree) = &worktree {
        worktree.unlock(context)?;
    }
    let uncommitted = match &worktree {
        Some(_) => cut.tree.as_ref().and_then(WorkTree::is_dirty),
        None => Some(false),
    };
    let from = forked_from(args, snapshot, &cut, commit)?;
    let plan = forked_plan(snapshot, &name)?;
    let command = NextCommand::resume_as_started(&plan);
    let old = context.project.session(&args.session);
    let fork = Fork {
        old: (&context.project, &old),
        new: project,
        plan,
        cut,
        from: from.clone(),
    };
    Ok(Created {
        progress_as_it_was: fork::make(&fork, &draft, clock::now())
            .map_err(|error| Error::caused_by(ErrorKind::Failed, error))?,
        session: name,
        from,
        project: project.root().to_owned(),
        branch: worktree.as_ref().map(|worktree| worktree.branch.clone()),
        command: command.to_string(),
        resume_command: command.words(),
        uncommitted,
        started: !args.hold,
    })
}

/// Returns the worktree to create, if the commit is known and a worktree is wanted.
fn worktree(
    args: &Args,
    name: &SessionName,
    commit: Option<&str>,
    context: &Context,
) -> Result<Option<Worktree>> {
    commit
        .filter(|_| !args.no_worktree)
        .map(|commit| Worktree::new(name, commit, args.into.as_deref(), context))
        .transpose()
}

/// Returns the plan of a session as that of a new session with another name.
fn forked_plan(snapshot: &Snapshot, name: &SessionName) -> Result<Plan> {
    Ok(Plan {
        session: name.clone(),
        run: new_run()?,
        command: NextCommand::start(&snapshot.plan, name).to_string(),
        ..snapshot.plan.clone()
    })
}

fn check_free(name: &SessionName, project: &Project) -> Result<()> {
    if !project.session(name).root().exists() {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::SessionExists,
        format!("{} already has a session '{name}'", project.root()),
    )
    .hint("choose another name with `--as`"))
}

fn forked_from(
    args: &Args,
    snapshot: &Snapshot,
    cut: &Cut,
    commit: Option<String>,
) -> Result<ForkedFrom> {
    let step = snapshot.plan.step(cut.cursor.node);
    Ok(ForkedFrom {
        lines: 0,
        session: args.session.clone(),
        run: snapshot.plan.run.clone(),
        node: step
            .map(|step| step.id().clone())
            .ok_or_else(|| Error::failed("the plan has no stage"))?,
        iteration: cut.cursor.iteration,
        commit,
    })
}

fn session_name(args: &Args, snapshot: &Snapshot, cut: &Cut) -> Result<SessionName> {
    if let Some(name) = &args.name {
        return Ok(name.clone());
    }
    let stage = match snapshot.plan.step(cut.cursor.node) {
        Some(step) if snapshot.plan.kind == PlanKind::Pipeline => format!("{}-", step.id()),
        _ => String::new(),
    };
    format!("{}-at-{stage}{}", args.session, cut.cursor.iteration)
        .parse()
        .map_err(|error| Error::bad_value(error).hint("name the new session with `--as`"))
}
