//! `ap logs`: what a session's agents printed and did, or its journal. Reads only.
pub(super) mod attempt;
mod ending;
mod events;
pub(super) mod follow;
pub(super) mod latest;
pub(super) mod request;
mod target;

use self::request::{JSON_HELP, LINES, LogRequest};
use self::target::Selection;
use super::candidates;
use super::context::Context;
use super::format::Format;
use super::step;
use crate::error::{Error, ErrorKind, ExitCode, Result};
use crate::model::SessionName;
use crate::plan::Block;
use crate::store::layout::RunDir;
use crate::store::session::{Snapshot, load_cached};
use crate::text::count;
use crate::ui::note;

#[derive(clap::Args, Debug)]
#[command(mut_arg("json", |json| json.help(JSON_HELP)))]
pub(super) struct Args {
    /// Name of the session
    #[arg(add = candidates::sessions())]
    session: SessionName,
    /// Follow the output, from iteration to iteration, until the session ends
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
    /// Show the session's journal instead of what its agents print
    #[arg(long)]
    events: bool,
    #[command(flatten)]
    format: Format,
    /// Maximum number of lines to show of each attempt, the last ones; 0 shows all
    #[arg(short = 'n', long, value_name = "N", default_value_t = LINES)]
    lines: usize,
}

impl Args {
    /// Whether a certain iteration or attempt is asked for, rather than the latest.
    fn selects(&self) -> bool {
        self.iteration.is_some()
            || self.attempt.is_some()
            || self.stage.is_some()
            || self.run.is_some()
    }
}

pub(super) fn run(args: &Args, context: &Context) -> Result<ExitCode> {
    let request = LogRequest {
        session: &args.session,
        branch: args.branch.as_deref(),
        run: args.run,
        lines: args.lines,
        follow: args.follow,
        format: args.format,
    };
    if args.events {
        return follow::print_journal(&request, context);
    }
    if args.follow {
        return follow::print_attempts(&request, context);
    }
    print_iterations(args, &request, context)
}

fn print_iterations(args: &Args, request: &LogRequest<'_>, context: &Context) -> Result<ExitCode> {
    let (snapshot, dir) = (request.load(context)?, request.dir(context)?);
    let selection = Selection {
        stage: args.stage.as_deref(),
        // A branch runs once in each run.
        run: args.run.filter(|_| args.branch.is_none()),
        iteration: args.iteration,
    };
    let index = step::find(selection.stage, selection.run, &snapshot)?;
    match snapshot.plan.block(index) {
        Some(block) => print_branches(args, (&dir, index), block)?,
        None => match print_iteration(args, selection, &dir, &snapshot) {
            // Right after a start there is nothing to print, and that is no failure.
            Err(error) if error.kind() == ErrorKind::NotYet && !args.selects() => {
                note(format!(
                    "Nothing yet: {error}. `ap tail {}` waits for it.",
                    args.session
                ));
            }
            printed => drop(printed?),
        },
    }
    Ok(ExitCode::Done)
}

/// Prints the current or last iteration of each branch of a block, one after the other.
fn print_branches(args: &Args, (dir, index): (&RunDir, u32), block: &Block) -> Result<()> {
    for branch in &block.branches {
        let own = dir.branch(index, &block.id, &branch.name);
        let selection = Selection {
            iteration: args.iteration,
            ..Selection::default()
        };
        let printed = match load_cached(&own)? {
            Some(snapshot) => print_iteration(args, selection, &own, &snapshot),
            None => Err(Error::new(ErrorKind::NotYet, "it has not started yet")),
        };
        match printed {
            Ok(true) => (),
            Ok(false) => return Ok(()),
            // Continue: the other branches may have something to show.
            Err(error) => note(format!("● {}/{}\n  {error}", block.id, branch.name)),
        }
    }
    Ok(())
}

/// Prints the attempts of one iteration. Returns whether stdout is still read.
fn print_iteration(
    args: &Args,
    selection: Selection<'_>,
    dir: &RunDir,
    snapshot: &Snapshot,
) -> Result<bool> {
    let target = target::find(selection, snapshot)?;
    let mut attempts = target::attempts(dir, &target);
    if let Some(number) = args.attempt {
        attempts.retain(|attempt| attempt.cursor.attempt == number);
    }
    if attempts.is_empty() {
        let attempt = args
            .attempt
            .map_or_else(String::new, |number| format!(" attempt {number} of"));
        let message = format!(
            "there is no output of{attempt} iteration {} of stage `{}`",
            target.cursor.iteration, target.node.id
        );
        let folder = dir.stage(target.cursor.node, &target.node.id);
        return Err(Error::new(ErrorKind::NotYet, message).hint(format!(
            "it is stored in {folder} once its agent has started"
        )));
    }
    for attempt in &attempts {
        if !attempt::print(attempt, dir, snapshot, (args.lines, args.format))? {
            return Ok(false);
        }
    }
    let others = snapshot.state.session.iterations;
    if args.format == Format::Text && args.iteration.is_none() && 1 < others {
        note(format!(
            "This is one of {}: `--iteration N` shows another one, `ap tail {}` follows the output.",
            count(others, "iteration"),
            args.session
        ));
    }
    Ok(true)
}
