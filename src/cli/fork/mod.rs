//! `ap fork`: a session that goes on from an iteration of another one.
mod worktree;

use self::worktree::Worktree;
use super::compile::new_run;
use super::context::Context;
use super::launch;
use super::session::find;
use super::step;
use crate::clock;
use crate::error::{Error, ExitCode, Result};
use crate::model::{Change, ForkedFrom, SessionName, WorkTree};
use crate::plan::{Plan, PlanKind, Step};
use crate::runner::{self, Mode, SessionRequest};
use crate::store::crash;
use crate::store::fork::{self, Cut, Fork};
use crate::store::layout::Project;
use crate::store::session::Snapshot;
use crate::text::shell_quote;
use crate::ui::{json, out};
use camino::Utf8PathBuf;
use serde::Serialize;

#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// Name of the session to go on from
    session: SessionName,
    /// The last iteration both have; of another stage than the current one `stage/iteration`
    #[arg(long, value_name = "ITERATION")]
    at: String,
    /// In this run of a pipeline that runs several times; the current one if not given
    #[arg(long, value_name = "K")]
    run: Option<u32>,
    /// Name of the new session; `<session>-at-<iteration>` if not given
    #[arg(long = "as", value_name = "NAME")]
    name: Option<SessionName>,
    /// Stay in this project's files as they are now, without a worktree at that commit
    #[arg(long)]
    no_worktree: bool,
    /// Folder of the worktree, from the project's own; beside the repository if not given
    #[arg(long, value_name = "FOLDER", conflicts_with = "no_worktree")]
    into: Option<Utf8PathBuf>,
    /// Make it and do not run it yet
    #[arg(long)]
    hold: bool,
    /// Print JSON: `session`, `from`, `project`, `branch`, `command`, `progress_as_it_was`, `uncommitted`, `started`
    #[arg(long)]
    json: bool,
}

/// `ap fork --json`.
#[derive(Serialize)]
struct Made {
    session: SessionName,
    from: ForkedFrom,
    /// The folder in which it runs.
    project: Utf8PathBuf,
    /// The branch of its worktree, if it has one.
    branch: Option<String>,
    /// How it goes on, in that folder.
    command: String,
    /// Whether its progress file is as it was then; else it is as it is now.
    progress_as_it_was: bool,
    /// Whether files had been changed then and not committed: they are not in the worktree. Nothing if nobody looked.
    uncommitted: Option<bool>,
    started: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<ExitCode> {
    crash::role("fork");
    let snapshot = find(&args.session, context)?;
    let (index, iteration) = fork_point(args, &snapshot)?;
    let cut = cut(&snapshot, index, iteration, context)?;
    let made = make(args, &snapshot, cut, context)?;
    let home = Context {
        project: Project::new(made.project.clone()),
        ..context.clone()
    };
    if args.json {
        if made.started {
            launch::in_background(request(&made, &home)?, &home)?;
        }
        json(&made)?;
        return Ok(ExitCode::Done);
    }
    out(in_words(&made, context))?;
    if made.started {
        launch::in_tmux(request(&made, &home)?, false, &home)
    } else {
        Ok(ExitCode::Done)
    }
}

/// Returns the index of the step and the iteration that `--at` names.
fn fork_point(args: &Args, snapshot: &Snapshot) -> Result<(u32, u32)> {
    let (stage, number) = match args.at.rsplit_once('/') {
        Some((stage, number)) => (Some(stage), number),
        None => (None, args.at.as_str()),
    };
    let iteration: u32 = number.parse().map_err(|_| {
        Error::usage(format!("`--at {}` names no iteration", args.at))
            .hint("give its number, or `stage/number` for one of another stage")
    })?;
    // Of `block/branch` the block is the stage.
    let stage = stage.and_then(|stage| stage.split('/').next());
    let index = step::find(stage, args.run, snapshot)?;
    match snapshot.plan.step(index) {
        Some(Step::Block(block)) => Err(Error::usage(format!(
            "`{}` is a parallel block: there is no moment that all its branches share",
            block.id
        ))
        .hint("name an iteration before the block, or after it: `--at stage/iteration`")),
        Some(Step::Node(_)) | None => Ok((index, iteration)),
    }
}

/// Returns the end of the iteration, in the session's journal.
fn cut(snapshot: &Snapshot, place: u32, iteration: u32, context: &Context) -> Result<Cut> {
    let session = &snapshot.plan.session;
    let found = fork::find(
        &context.project.session(session).journal(),
        place,
        iteration,
    )
    .map_err(Error::failed)?;
    found.map_err(|last| {
        let stage = snapshot
            .plan
            .step(place)
            .map_or("?", |step| step.id().as_str());
        let error = Error::failed(format!(
            "iteration {iteration} of `{stage}` has not ended in session '{session}'"
        ));
        error.hint(match last {
            0 => "none of its iterations has; one of another stage is named `stage/iteration`"
                .to_owned(),
            last => format!("the last one that has is {last}"),
        })
    })
}

/// Makes the session, with a worktree if there is a commit to go on from.
fn make(args: &Args, snapshot: &Snapshot, cut: Cut, context: &Context) -> Result<Made> {
    let name = name(args, snapshot, &cut)?;
    let taken = |project: &Project| match project.session(&name).root().exists() {
        true => Err(Error::failed(format!(
            "there is a session '{name}' already in {}",
            project.root()
        ))
        .hint("name this one with `--as`")),
        false => Ok(()),
    };
    taken(&context.project)?;
    let commit = cut.tree.as_ref().and_then(|tree| tree.commit.clone());
    let wanted = commit.as_deref().filter(|_| !args.no_worktree);
    let worktree = wanted
        .map(|commit| Worktree::new(&name, commit, args.into.as_deref(), context))
        .transpose()?;
    let _lock = runner::reserve(&context.project, &name)?;
    let project = worktree
        .as_ref()
        .map_or(&context.project, |worktree| &worktree.project);
    taken(project)?;
    if let Some(worktree) = &worktree {
        worktree.make(&name, context)?;
    }
    let _there = worktree
        .is_some()
        .then(|| runner::reserve(project, &name))
        .transpose()?;
    let draft = fork::begin(&project.session(&name))?;
    if let Some(worktree) = &worktree {
        worktree.unlock(context)?;
    }
    let old = context.project.session(&args.session);
    let from = ForkedFrom {
        session: args.session.clone(),
        run: snapshot.plan.run.clone(),
        node: snapshot
            .plan
            .step(cut.cursor.node)
            .map(|step| step.id().clone())
            .ok_or_else(|| Error::failed("the plan has no stage"))?,
        iteration: cut.cursor.iteration,
        commit,
    };
    let plan = Plan {
        session: name.clone(),
        run: new_run()?,
        command: command(&snapshot.plan, &name),
        ..snapshot.plan.clone()
    };
    let command = format!("{} --resume", plan.command);
    let uncommitted = if worktree.is_some() {
        cut.tree.as_ref().and_then(WorkTree::is_dirty)
    } else {
        Some(false)
    };
    let fork = Fork {
        old: (&context.project, &old),
        new: project,
        plan,
        cut,
        from: from.clone(),
    };
    let progress_as_it_was = fork::make(&fork, &draft, clock::now()).map_err(Error::failed)?;
    let branch = worktree.as_ref().map(|worktree| worktree.branch.clone());
    Ok(Made {
        session: name,
        from,
        project: project.root().to_owned(),
        branch,
        command,
        progress_as_it_was,
        uncommitted,
        started: !args.hold,
    })
}

fn name(args: &Args, snapshot: &Snapshot, cut: &Cut) -> Result<SessionName> {
    if let Some(name) = &args.name {
        return Ok(name.clone());
    }
    let stage = match snapshot.plan.step(cut.cursor.node) {
        Some(step) if snapshot.plan.kind == PlanKind::Pipeline => format!("{}-", step.id()),
        _ => String::new(),
    };
    let name = format!("{}-at-{stage}{}", args.session, cut.cursor.iteration);
    name.parse()
        .map_err(|error| Error::usage(error).hint("name the new session with `--as`"))
}

/// Returns the command line that starts a session, for one of another name.
fn command(plan: &Plan, name: &SessionName) -> String {
    let words: Vec<&str> = plan.command.split(' ').collect();
    let last = words
        .iter()
        .rposition(|word| *word == plan.session.as_str());
    let before = last.map_or_else(|| plan.command.clone(), |at| words[..at].join(" "));
    format!("{before} {name}")
}

fn request(made: &Made, home: &Context) -> Result<SessionRequest> {
    let plan = find(&made.session, home)?.plan;
    Ok(SessionRequest {
        plan,
        mode: Mode::Resume,
        max_iterations: None,
        change: Change::default(),
        replace: false,
    })
}

fn in_words(made: &Made, context: &Context) -> String {
    let Made {
        session,
        from,
        project,
        ..
    } = made;
    let mut text = format!(
        "Session '{session}' goes on from iteration {} of '{}'",
        from.iteration, from.session
    );
    let elsewhere = project != context.project.root();
    match (&made.branch, &from.commit) {
        (Some(branch), Some(commit)) => {
            text += &format!(
                " in {project}, on branch `{branch}` at commit {}.\n",
                commit.get(..12).unwrap_or(commit)
            );
        }
        (None, Some(_)) => text += ", in the project's files as they are now.\n",
        (_, None) => {
            text += ", in the project's files as they are now: there is no commit of that moment.\n"
        }
    }
    if made.uncommitted != Some(false) {
        text += "  Files that were changed then and not committed are not part of it.\n";
    }
    if !made.progress_as_it_was {
        text += "  Its progress file is as it is now: what it was then was not kept.\n";
    }
    if elsewhere {
        text += &format!("  there   cd {}\n", shell_quote(project.as_str()));
    }
    if !made.started {
        text += &format!("  go on   {}\n", made.command);
    }
    text
}
