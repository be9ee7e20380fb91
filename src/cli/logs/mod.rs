//! `ap logs`, `ap tail`: what a session's agents said and did, or its journal. They read, and change nothing.
mod activity;
mod events;
mod follow;
mod growing;
mod place;

use self::place::Sought;
pub(super) use self::place::place_of;
use super::context::Context;
use super::status::find;
use crate::error::{Error, ExitCode, Result};
use crate::model::SessionName;
use crate::plan::Block;
use crate::store::layout::RunDir;
use crate::store::session::{Snapshot, load_cached};
use crate::ui::note;
use clap::Args;

/// How much is shown unless told otherwise.
const LINES: usize = 50;

#[derive(Args, Debug)]
pub(super) struct LogsArgs {
    /// Name of the session
    session: SessionName,
    /// Go on as more is said, from iteration to iteration, until the session ends
    #[arg(short, long, conflicts_with_all = ["iteration", "stage", "run", "attempt"])]
    follow: bool,
    /// Show this iteration; the current or last one if not given
    #[arg(long, value_name = "N", conflicts_with = "events")]
    iteration: Option<u32>,
    /// Show an iteration of this stage of a pipeline; the current one if not given
    #[arg(long, value_name = "ID", conflicts_with = "events")]
    stage: Option<String>,
    /// Show an iteration of this run of a pipeline that runs several times; the current one if not given
    #[arg(long, value_name = "K", conflicts_with = "follow")]
    run: Option<u32>,
    /// Show a branch of a parallel block, named `block/branch`; all of them one after the other if not given
    #[arg(long, value_name = "BLOCK/BRANCH")]
    branch: Option<String>,
    /// Show only this attempt of the iteration; all of them if not given
    #[arg(long, value_name = "K", conflicts_with = "events")]
    attempt: Option<u32>,
    #[command(flatten)]
    shape: Shape,
    /// Most lines to show of each attempt, the last ones; 0 shows all
    #[arg(short = 'n', long, value_name = "N", default_value_t = LINES)]
    lines: usize,
}

#[derive(Args, Debug)]
pub(super) struct TailArgs {
    /// Name of the session
    session: SessionName,
    /// Lines to begin with, the last ones; 0 shows all
    ///
    /// `EVENTS_TAIL_LINES` says how many if nobody does; else they are 50.
    lines: Option<usize>,
    #[command(flatten)]
    shape: Shape,
}

/// What is shown, and how.
#[derive(Args, Clone, Copy, Debug)]
struct Shape {
    /// Show the session's journal instead of what its agents say
    #[arg(long)]
    events: bool,
    /// Print JSON lines of branch, stage, iteration, attempt and activity; with --events the journal's own lines
    #[arg(long)]
    json: bool,
}

/// What was asked for.
struct Wanted<'a> {
    session: &'a SessionName,
    branch: Option<&'a str>,
    /// Of the pipeline, from 1; the current or last one if not said.
    run: Option<u32>,
    lines: usize,
    follow: bool,
    json: bool,
}

impl Wanted<'_> {
    /// Returns the run directory that is meant: the session's, or a branch's.
    fn dir(&self, context: &Context) -> Result<RunDir> {
        let (dir, snapshot) = (
            context.project.session(self.session),
            find(self.session, context)?,
        );
        self.branch.map_or_else(
            || Ok(dir.clone()),
            |name| place::branch(&dir, &snapshot, name, self.run),
        )
    }

    /// Looks at what must exist there.
    fn look(&self, context: &Context) -> Result<Snapshot> {
        load_cached(&self.dir(context)?)?.ok_or_else(|| {
            Error::failed(format!(
                "branch `{}` has not begun yet",
                self.branch.unwrap_or_default()
            ))
        })
    }
}

pub(super) fn logs(args: &LogsArgs, context: &Context) -> Result<ExitCode> {
    let (branch, run, json) = (args.branch.as_deref(), args.run, args.shape.json);
    let wanted = Wanted {
        session: &args.session,
        branch,
        run,
        lines: args.lines,
        follow: args.follow,
        json,
    };
    if args.shape.events {
        return journal(&wanted, context);
    }
    if args.follow {
        return follow::activity(&wanted, context);
    }
    let (snapshot, dir) = (wanted.look(context)?, wanted.dir(context)?);
    // A branch runs once in each run.
    let run = args.run.filter(|_| args.branch.is_none());
    let sought = Sought {
        stage: args.stage.as_deref(),
        run,
        iteration: args.iteration,
    };
    let place = sought.place(&snapshot)?;
    match snapshot.plan.block(place) {
        Some(block) => side_by_side(args, (&dir, place), block)?,
        None => drop(iteration(args, sought, &dir, &snapshot)?),
    }
    Ok(ExitCode::Done)
}

/// Shows the current or last iteration of each branch of a block, one after the other.
fn side_by_side(args: &LogsArgs, (dir, place): (&RunDir, u32), block: &Block) -> Result<()> {
    for branch in &block.branches {
        let own = dir.branch(place, &block.id, &branch.name);
        let sought = Sought {
            iteration: args.iteration,
            ..Sought::default()
        };
        let shown = match load_cached(&own)? {
            Some(snapshot) => iteration(args, sought, &own, &snapshot),
            None => Err(Error::failed("it has not begun yet")),
        };
        match shown {
            Ok(true) => (),
            Ok(false) => return Ok(()),
            // The others may have something to show.
            Err(error) => note(format!("● {}/{}\n  {error}", block.id, branch.name)),
        }
    }
    Ok(())
}

/// Shows the attempts of one iteration. Tells whether somebody still reads it.
fn iteration(
    args: &LogsArgs,
    sought: Sought<'_>,
    dir: &RunDir,
    snapshot: &Snapshot,
) -> Result<bool> {
    let place = place::find(sought, snapshot)?;
    let mut attempts = place::attempts(dir, &place);
    if let Some(wanted) = args.attempt {
        attempts.retain(|attempt| attempt.cursor.attempt == wanted);
    }
    if attempts.is_empty() {
        let which = args
            .attempt
            .map_or_else(String::new, |attempt| format!(" attempt {attempt} of"));
        return Err(Error::failed(format!(
            "there is no output of{which} iteration {} of stage `{}`",
            place.cursor.iteration, place.node.id
        ))
        .hint(format!(
            "it lies under {} once its agent has started",
            dir.stage(place.cursor.node, &place.node.id)
        )));
    }
    for attempt in &attempts {
        if !activity::show(attempt, dir, snapshot, args.lines, args.shape.json)? {
            return Ok(false);
        }
    }
    Ok(true)
}

pub(super) fn tail(args: &TailArgs, context: &Context) -> Result<ExitCode> {
    let lines = args.lines.map_or_else(|| usual_lines(context), Ok)?;
    let wanted = Wanted {
        session: &args.session,
        branch: None,
        run: None,
        lines,
        follow: true,
        json: args.shape.json,
    };
    if args.shape.events {
        return journal(&wanted, context);
    }
    follow::activity(&wanted, context)
}

/// Returns how much is shown where nobody says.
fn usual_lines(context: &Context) -> Result<usize> {
    let said = context
        .env
        .get("EVENTS_TAIL_LINES")
        .filter(|text| !text.is_empty());
    let lines = said.map(|text| {
        text.trim().parse().map_err(|_| {
            Error::usage(format!(
                "EVENTS_TAIL_LINES is `{text}`, and must be a number"
            ))
        })
    });
    lines.unwrap_or(Ok(LINES))
}

fn journal(wanted: &Wanted<'_>, context: &Context) -> Result<ExitCode> {
    let path = wanted.dir(context)?.journal();
    let mut journal = events::Shown::last(&path, wanted.lines, wanted.json)?;
    let read = journal.show()?;
    if wanted.follow && read {
        follow::events(&mut journal, wanted, context)
    } else {
        Ok(ExitCode::Done)
    }
}
