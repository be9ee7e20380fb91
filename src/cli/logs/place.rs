//! Which iteration is meant, and where its attempts lie.
use crate::error::{Error, Result};
use crate::model::Cursor;
use crate::plan::{Node, Plan};
use crate::store::layout::{IterationDir, RunDir};
use crate::store::session::Glance;
use crate::text::count;
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;

/// An iteration of a node; the cursor's attempt means nothing.
#[derive(Debug)]
pub(super) struct Place<'a> {
    pub(super) node: &'a Node,
    pub(super) cursor: Cursor,
}

/// An attempt that left something.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Attempt {
    pub(super) cursor: Cursor,
    /// Where its files lie.
    pub(super) folder: Utf8PathBuf,
}

/// What a person wants to see.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sought<'a> {
    /// A stage's id.
    pub(super) stage: Option<&'a str>,
    /// From 1.
    pub(super) run: Option<u32>,
    pub(super) iteration: Option<u32>,
}

/// Finds the iteration asked for: the current or last one of the current or last stage where nothing is said.
pub(super) fn find<'a>(sought: Sought<'_>, there: &'a Glance) -> Result<Place<'a>> {
    let plan = &there.plan;
    let index = place_of(sought, there)?;
    let node = plan.node_at(index).ok_or_else(|| Error::failed("the plan has no stage"))?;
    let last = begun(there, index);
    let iteration = sought.iteration;
    match iteration.unwrap_or(last) {
        0 => Err(Error::failed(format!("no iteration of stage `{}` has begun yet", node.id))),
        wanted if last < wanted => {
            Err(Error::failed(format!("stage `{}` has had {}; there is no {wanted} yet", node.id, count(last, "iteration"))))
        }
        iteration => Ok(Place { node, cursor: Cursor { node: index, iteration, attempt: 0 } }),
    }
}

fn place_of(sought: Sought<'_>, there: &Glance) -> Result<u32> {
    let Glance { plan, state } = there;
    // Between two stages, and after the last one, the one before is what there is to see.
    let current = if state.cursor.iteration == 0 { state.cursor.node.saturating_sub(1) } else { state.cursor.node };
    let index = sought.stage.map(|id| index_of(plan, id)).transpose()?;
    let of_run = |run: u32, index| plan.place_in(run - 1, index);
    Ok(match (sought.run, index) {
        (Some(run), _) if run == 0 || plan.runs < run => {
            return Err(Error::usage(format!("there is no run {run}: session '{}' has {}", plan.session, count(plan.runs, "run"))));
        }
        (Some(run), Some(index)) => of_run(run, index),
        (Some(run), None) => current.clamp(of_run(run, 0), of_run(run, plan.nodes.len().saturating_sub(1))),
        (None, None) => current,
        (None, Some(index)) => match plan.place_beside(current, index) {
            // This run has not come to it yet, the one before has.
            place if current < place && 0 < plan.turn(place).0 => plan.place_in(plan.turn(place).0 - 1, index),
            place => place,
        },
    })
}

/// Returns how many iterations have begun at a place.
fn begun(there: &Glance, place: u32) -> u32 {
    let state = &there.state;
    match state.finished.get(place as usize) {
        Some(done) => done.iterations,
        None if place == state.cursor.node => state.cursor.iteration,
        None => 0,
    }
}

fn index_of(plan: &Plan, id: &str) -> Result<usize> {
    let index = plan.nodes.iter().position(|node| node.id.as_str() == id);
    index.ok_or_else(|| {
        let ids: Vec<&str> = plan.nodes.iter().map(|node| node.id.as_str()).collect();
        Error::usage(format!("there is no stage `{id}`")).hint(format!("the stages are: {}", ids.join(", ")))
    })
}

/// Returns the attempts of an iteration that have output, the first one first.
pub(super) fn attempts(dir: &RunDir, place: &Place<'_>) -> Vec<Attempt> {
    let folder = dir.iteration(place.cursor, &place.node.id);
    let at = |attempt| Cursor { attempt, ..place.cursor };
    let mut all: Vec<Attempt> = kept(&folder).map(|attempt| Attempt { cursor: at(attempt), folder: folder.attempt(attempt) }).collect();
    all.sort_by_key(|attempt| attempt.cursor);
    // Attempts are kept without gaps, and the current one lies in front of them.
    let current = all.last().map_or(1, |attempt| attempt.cursor.attempt + 1);
    all.push(Attempt { cursor: at(current), folder: folder.root().to_owned() });
    all.retain(|attempt| stdout(&attempt.folder).exists());
    all
}

fn kept(folder: &IterationDir) -> impl Iterator<Item = u32> {
    let entries = fs::read_dir(folder.root().join("attempts")).into_iter().flatten().flatten();
    // A name that is no number is a draft.
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// Returns where an attempt's files lie by now, if it has begun: they move when the next one begins.
pub(super) fn folder_of(dir: &RunDir, node: &Node, cursor: Cursor) -> Option<Utf8PathBuf> {
    let folder = dir.iteration(cursor, &node.id);
    if folder.attempt(cursor.attempt).exists() {
        return Some(folder.attempt(cursor.attempt));
    }
    // Until the files of the attempt before have moved away, what lies there is not ours.
    let ours = cursor.attempt <= 1 || folder.attempt(cursor.attempt - 1).exists();
    ours.then(|| folder.root().to_owned())
}

pub(super) fn stdout(folder: &Utf8Path) -> Utf8PathBuf {
    folder.join("stdout.log")
}
