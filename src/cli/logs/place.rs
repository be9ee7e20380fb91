//! Which iteration is meant, and where its attempts lie.
use crate::error::{Error, Result};
use crate::model::{Cursor, Event};
use crate::plan::{AgentSpec, Block, Node, Plan, Step};
use crate::store::journal::{Position, read_from};
use crate::store::layout::{IterationDir, RunDir};
use crate::store::session::Snapshot;
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

impl Sought<'_> {
    /// Returns the place of the step that is meant.
    pub(super) fn place(self, snapshot: &Snapshot) -> Result<u32> {
        place_of(
            self.stage
                .map(|id| index_of(&snapshot.plan, id))
                .transpose()?,
            self.run,
            snapshot,
        )
    }
}

/// Finds the iteration asked for: the current or last one of the current or last stage where nothing is said.
pub(super) fn find<'a>(sought: Sought<'_>, snapshot: &'a Snapshot) -> Result<Place<'a>> {
    let plan = &snapshot.plan;
    let place = sought.place(snapshot)?;
    let node = match plan.step(place) {
        Some(Step::Node(node)) => node,
        Some(Step::Block(block)) => return Err(of_a_branch(block)),
        None => return Err(Error::failed("the plan has no stage")),
    };
    let (last, iteration, index) = (begun(snapshot, place), sought.iteration, place);
    match iteration.unwrap_or(last) {
        0 => Err(Error::failed(format!(
            "no iteration of stage `{}` has begun yet",
            node.id
        ))),
        wanted if last < wanted => Err(Error::failed(format!(
            "stage `{}` has had {}; there is no {wanted} yet",
            node.id,
            count(last, "iteration")
        ))),
        iteration => Ok(Place {
            node,
            cursor: Cursor {
                node: index,
                iteration,
                attempt: 0,
            },
        }),
    }
}

/// Returns the place of a step, by its index, in a run; the current or last one where nothing is said.
pub(in crate::cli) fn place_of(
    index: Option<usize>,
    run: Option<u32>,
    snapshot: &Snapshot,
) -> Result<u32> {
    let Snapshot { plan, state } = snapshot;
    // Between two stages, and after the last one, the one before is what there is to see.
    let current = if state.cursor.iteration == 0 {
        state.cursor.node.saturating_sub(1)
    } else {
        state.cursor.node
    };
    Ok(match (run, index) {
        (Some(run), _) if run == 0 || plan.runs < run => {
            return Err(Error::usage(format!(
                "there is no run {run}: session '{}' has {}",
                plan.session,
                count(plan.runs, "run")
            )));
        }
        (Some(run), Some(index)) => plan.place_in(run - 1, index),
        (Some(run), None) => current.clamp(
            plan.place_in(run - 1, 0),
            plan.place_in(run - 1, plan.nodes.len().saturating_sub(1)),
        ),
        (None, Some(index)) => plan.place_before(current + 1, index),
        (None, None) => current,
    })
}

/// Returns how many iterations have begun at a place.
fn begun(snapshot: &Snapshot, place: u32) -> u32 {
    let state = &snapshot.state;
    match state.finished.get(place as usize) {
        Some(done) => done.iterations,
        None if place == state.cursor.node => state.cursor.iteration,
        None => 0,
    }
}

fn index_of(plan: &Plan, id: &str) -> Result<usize> {
    plan.position(id).ok_or_else(|| {
        let ids: Vec<&str> = plan.nodes.iter().map(|step| step.id().as_str()).collect();
        Error::usage(format!("there is no stage `{id}`"))
            .hint(format!("the stages are: {}", ids.join(", ")))
    })
}

fn of_a_branch(block: &Block) -> Error {
    let branches: Vec<String> = block
        .branches
        .iter()
        .map(|branch| format!("{}/{}", block.id, branch.name))
        .collect();
    Error::usage(format!(
        "stage `{}` is a parallel block: its agents are found by branch",
        block.id
    ))
    .hint(format!(
        "say one of: {}",
        branches
            .iter()
            .map(|name| format!("--branch {name}"))
            .collect::<Vec<_>>()
            .join(", ")
    ))
}

/// Returns the directory of a branch, named `<block>/<branch>`, in a run; in the current or last one if none is said.
pub(super) fn branch(
    dir: &RunDir,
    snapshot: &Snapshot,
    name: &str,
    run: Option<u32>,
) -> Result<RunDir> {
    let blocks = || {
        snapshot
            .plan
            .nodes
            .iter()
            .enumerate()
            .filter_map(|(index, step)| Some((index, step.block()?)))
    };
    let all = || {
        blocks().flat_map(|(index, block)| {
            block
                .branches
                .iter()
                .map(move |branch| (index, block, branch))
        })
    };
    let found = all().find(|(_, block, branch)| {
        name.split_once('/') == Some((block.id.as_str(), branch.name.as_str()))
    });
    if let Some((index, block, branch)) = found {
        return Ok(dir.branch(
            place_of(Some(index), run, snapshot)?,
            &block.id,
            &branch.name,
        ));
    }
    let known: Vec<String> = all()
        .map(|(_, block, branch)| format!("{}/{}", block.id, branch.name))
        .collect();
    let hint = if known.is_empty() {
        "the plan has no parallel block".to_owned()
    } else {
        format!("the branches are: {}", known.join(", "))
    };
    Err(Error::usage(format!("there is no branch `{name}`")).hint(hint))
}

/// Returns the attempts of an iteration that have output, the first one first.
pub(super) fn attempts(dir: &RunDir, place: &Place<'_>) -> Vec<Attempt> {
    let folder = dir.iteration(place.cursor, &place.node.id);
    let at = |attempt| Cursor {
        attempt,
        ..place.cursor
    };
    let mut all: Vec<Attempt> = kept(&folder)
        .map(|attempt| Attempt {
            cursor: at(attempt),
            folder: folder.attempt(attempt),
        })
        .collect();
    all.sort_by_key(|attempt| attempt.cursor);
    // Attempts are kept without gaps, and the current one lies in front of them.
    let current = all.last().map_or(1, |attempt| attempt.cursor.attempt + 1);
    all.push(Attempt {
        cursor: at(current),
        folder: folder.root().to_owned(),
    });
    all.retain(|attempt| stdout(&attempt.folder).exists());
    all
}

fn kept(folder: &IterationDir) -> impl Iterator<Item = u32> {
    let entries = fs::read_dir(folder.root().join("attempts"))
        .into_iter()
        .flatten()
        .flatten();
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

/// Returns the agent that made an attempt, for what it printed is read accordingly. Only a node with others to fall back
/// to has to look into the journal for that.
pub(super) fn agent_of<'n>(dir: &RunDir, node: &'n Node, cursor: Cursor) -> &'n AgentSpec {
    let mut place = 0;
    if !node.agent.fallback.is_empty() {
        let whole = read_from(&dir.journal(), Position::default(), |line| {
            match &line.event {
                Event::IterationStarted {
                    cursor: started,
                    fallback,
                    ..
                } if *started == cursor => place = *fallback as usize,
                _ => (),
            }
        });
        // What cannot be read to its end is told by whoever folds it.
        drop(whole);
    }
    node.agent.chain().nth(place).unwrap_or(&node.agent)
}

pub(super) fn stdout(folder: &Utf8Path) -> Utf8PathBuf {
    folder.join("stdout.log")
}
