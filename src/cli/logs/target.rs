//! Which iteration's logs are shown, and where its attempts are stored.
use crate::agent::AgentSpec;
use crate::cli::step;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Cursor, Event};
use crate::plan::{Block, Branch, Node, Plan, Step};
use crate::store::journal::{Position, read_from};
use crate::store::layout::{IterationDir, RunDir};
use crate::store::session::Snapshot;
use crate::text::count;
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;

/// The flags that select an iteration.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Selection<'a> {
    /// A stage's id.
    pub(super) stage: Option<&'a str>,
    /// From 1.
    pub(super) run: Option<u32>,
    pub(super) iteration: Option<u32>,
}

/// An iteration of a node; the cursor's attempt means nothing.
#[derive(Debug)]
pub(super) struct LogTarget<'a> {
    pub(super) node: &'a Node,
    pub(super) cursor: Cursor,
}

/// An attempt that has output.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Attempt {
    pub(super) cursor: Cursor,
    /// The folder with its files.
    pub(super) folder: Utf8PathBuf,
}

/// Finds the selected iteration: by default the current or last one of the current or last stage.
pub(super) fn find<'a>(selection: Selection<'_>, snapshot: &'a Snapshot) -> Result<LogTarget<'a>> {
    let index = step::find(selection.stage, selection.run, snapshot)?;
    let node = match snapshot.plan.step(index) {
        Some(Step::Node(node)) => node,
        Some(Step::Block(block)) => return Err(needs_branch(block)),
        None => return Err(Error::failed("the plan has no stage")),
    };
    let last = started(snapshot, index);
    let iteration = selection.iteration.unwrap_or(last);
    if iteration == 0 {
        return Err(Error::new(
            ErrorKind::NotYet,
            format!("no iteration of stage `{}` has started yet", node.id),
        ));
    }
    if last < iteration {
        return Err(Error::new(
            ErrorKind::NotYet,
            format!(
                "stage `{}` has had {}; there is no {iteration} yet",
                node.id,
                count(last, "iteration")
            ),
        ));
    }
    let cursor = Cursor {
        node: index,
        iteration,
        attempt: 0,
    };
    Ok(LogTarget { node, cursor })
}

/// Returns how many iterations of a step have started.
fn started(snapshot: &Snapshot, index: u32) -> u32 {
    let state = &snapshot.state;
    match state.session.finished.get(index as usize) {
        Some(done) => done.iterations,
        None if index == state.current.cursor.node => state.current.cursor.iteration,
        None => 0,
    }
}

fn needs_branch(block: &Block) -> Error {
    let flags: Vec<String> = block
        .branches
        .iter()
        .map(|branch| format!("--branch {}/{}", block.id, branch.name))
        .collect();
    Error::usage(format!(
        "stage `{}` is a parallel block: name one of its branches",
        block.id
    ))
    .hint(format!("one of: {}", flags.join(", ")))
}

/// Returns the directory of a branch, named `<block>/<branch>`, in a run: by default the current or last one.
pub(super) fn branch(
    dir: &RunDir,
    snapshot: &Snapshot,
    name: &str,
    run: Option<u32>,
) -> Result<RunDir> {
    let branches = branches(&snapshot.plan);
    let full_name = |block: &Block, branch: &Branch| format!("{}/{}", block.id, branch.name);
    if let Some((position, block, branch)) = branches
        .iter()
        .find(|(_, block, branch)| full_name(block, branch) == name)
    {
        let index = step::index(Some(*position), run, snapshot)?;
        return Ok(dir.branch(index, &block.id, &branch.name));
    }
    let known: Vec<String> = branches
        .iter()
        .map(|(_, block, branch)| full_name(block, branch))
        .collect();
    let hint = if known.is_empty() {
        "the plan has no parallel block".to_owned()
    } else {
        format!("the branches are: {}", known.join(", "))
    };
    Err(Error::new(ErrorKind::NotFound, format!("there is no branch `{name}`")).hint(hint))
}

/// Returns every branch with the position of its block in the plan.
fn branches(plan: &Plan) -> Vec<(usize, &Block, &Branch)> {
    let blocks = plan
        .steps
        .iter()
        .enumerate()
        .filter_map(|(position, step)| Some((position, step.block()?)));
    blocks
        .flat_map(|(position, block)| {
            block
                .branches
                .iter()
                .map(move |branch| (position, block, branch))
        })
        .collect()
}

/// Returns the attempts of an iteration that have output, the first one first.
pub(super) fn attempts(dir: &RunDir, target: &LogTarget<'_>) -> Vec<Attempt> {
    let folder = dir.iteration(target.cursor, &target.node.id);
    let cursor = |attempt| Cursor {
        attempt,
        ..target.cursor
    };
    let mut all: Vec<Attempt> = archived(&folder)
        .map(|attempt| Attempt {
            cursor: cursor(attempt),
            folder: folder.attempt(attempt),
        })
        .collect();
    all.sort_by_key(|attempt| attempt.cursor);
    // Attempts are archived without gaps, and the current one is stored in the iteration's own folder.
    let current = all.last().map_or(1, |attempt| attempt.cursor.attempt + 1);
    all.push(Attempt {
        cursor: cursor(current),
        folder: folder.root().to_owned(),
    });
    all.retain(|attempt| stdout(&attempt.folder).exists());
    all
}

fn archived(folder: &IterationDir) -> impl Iterator<Item = u32> {
    let entries = fs::read_dir(folder.root().join("attempts"))
        .into_iter()
        .flatten()
        .flatten();
    // A folder whose name is not a number is a draft.
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// Returns where an attempt's files are stored by now, if it has started: they move when the next one starts.
pub(super) fn folder_of(dir: &RunDir, node: &Node, cursor: Cursor) -> Option<Utf8PathBuf> {
    let folder = dir.iteration(cursor, &node.id);
    if folder.attempt(cursor.attempt).exists() {
        return Some(folder.attempt(cursor.attempt));
    }
    // Until the previous attempt is archived, the files in the iteration's folder belong to it.
    let is_ours = cursor.attempt <= 1 || folder.attempt(cursor.attempt - 1).exists();
    is_ours.then(|| folder.root().to_owned())
}

/// Returns the agent of an attempt: its provider decides how its output is read. Only a node with fallbacks has to
/// look it up in the journal.
pub(super) fn agent_of<'n>(dir: &RunDir, node: &'n Node, cursor: Cursor) -> &'n AgentSpec {
    let mut chosen = 0;
    if node.agent.has_others() {
        let read = read_from(&dir.journal(), Position::default(), |line| {
            match &line.event {
                Event::IterationStarted {
                    cursor: started,
                    fallback,
                    ..
                } if *started == cursor => {
                    chosen = *fallback as usize;
                }
                _ => (),
            }
        });
        // Loading the session reports a journal that cannot be read to its end.
        drop(read);
    }
    node.agent.chain().nth(chosen).unwrap_or(&node.agent)
}

pub(super) fn stdout(folder: &Utf8Path) -> Utf8PathBuf {
    folder.join("stdout.log")
}
