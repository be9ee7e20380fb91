//! The outputs of earlier iterations, as files and as text for a prompt.
use crate::engine::State;
use crate::model::{Cursor, NodeId};
use crate::plan::{Plan, Prior, Select, Step};
use crate::store::beneath;
use crate::store::layout::RunDir;
use crate::text::count;
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use std::io::{self, Read as _};

/// How many earlier outputs are listed; the folder has all of them.
const LISTED: usize = 50;
/// Bytes of outputs that go into a prompt: an agent may print a gigabyte, which fits into no model.
const LARGEST: usize = 1 << 20;

/// Returns the outputs of a node's first `done` iterations, oldest first, without empty ones.
pub fn listed(run: &RunDir, node: u32, id: &NodeId, done: u32, select: Select) -> Vec<Utf8PathBuf> {
    let output = |iteration| {
        run.iteration(
            Cursor {
                node,
                iteration,
                attempt: 1,
            },
            id,
        )
        .output()
    };
    let newest_first = (1..=done)
        .rev()
        .take(LISTED)
        .map(output)
        .filter(|path| is_not_empty(path));
    let mut outputs: Vec<Utf8PathBuf> = match select {
        Select::Latest => newest_first.take(1).collect(),
        Select::All => newest_first.collect(),
    };
    outputs.reverse();
    outputs
}

/// Every output ends with a line feed, also an empty one.
fn is_not_empty(output: &Utf8Path) -> bool {
    fs::metadata(output).is_ok_and(|about| 1 < about.len())
}

/// Returns the last outputs of every step before a block, for its branches.
pub fn earlier(run: &RunDir, plan: &Plan, state: &State, block: u32) -> Vec<Prior> {
    let one = |place: u32| match plan.step(place)? {
        Step::Block(block) => Some(Prior::Block {
            id: block.id.clone(),
            manifest: run.manifest(place, &block.id),
        }),
        Step::Node(node) => {
            let done = state
                .session
                .finished
                .get(place as usize)
                .map_or(0, |done| done.iterations);
            let outputs = listed(run, place, &node.id, done, Select::All);
            Some(Prior::Node {
                id: node.id.clone(),
                outputs,
                all: !node.perspectives.is_empty(),
            })
        }
    };
    // Each step once: the outputs of its last run replace those of earlier ones.
    let first = block.saturating_sub(u32::try_from(plan.steps.len()).unwrap_or(u32::MAX));
    (first..block).filter_map(one).collect()
}

/// Returns the text of outputs, each under its heading if there are several. `from` names their step.
pub fn text(from: &str, outputs: &[(String, Utf8PathBuf)]) -> String {
    let read = |path| {
        beginning(path, LARGEST / outputs.len().max(1))
            .unwrap_or_else(|error| format!("(cannot be read: {error})"))
    };
    match outputs {
        [] => format!("(no output from {from})"),
        [(_, one)] => read(one),
        many => many
            .iter()
            .map(|(heading, path)| format!("## {heading}\n\n{}\n", read(path)))
            .collect(),
    }
}

fn beginning(path: &Utf8PathBuf, most: usize) -> io::Result<String> {
    let (file, mut bytes) = (beneath::open(path)?, Vec::new());
    let whole = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX);
    file.take(most as u64).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let left = whole.saturating_sub(most);
    Ok(if left == 0 {
        text
    } else {
        format!("{text}\n(… {} more: read {path})\n", count(left, "byte"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::atomic;
    use crate::store::layout::Project;

    #[test]
    fn empty_outputs_are_left_out_and_long_ones_are_cut() {
        let folder = tempfile::tempdir().unwrap();
        let root = Utf8PathBuf::from_path_buf(folder.path().to_owned()).unwrap();
        let (run, id): (_, NodeId) = (
            Project::new(root).session(&"s".parse().unwrap()),
            "plan".parse().unwrap(),
        );
        for (iteration, text) in [(1, "one\n"), (2, "two é\n"), (3, "\n")] {
            let output = run
                .iteration(
                    Cursor {
                        node: 1,
                        iteration,
                        attempt: 1,
                    },
                    &id,
                )
                .output();
            fs::create_dir_all(output.parent().unwrap()).unwrap();
            atomic::replace(&output, text.as_bytes()).unwrap();
        }
        let all = |done, select| {
            let outputs = listed(&run, 1, &id, done, select);
            text(
                "plan",
                &(1..)
                    .zip(outputs)
                    .map(|(n, path)| (format!("plan {n}"), path))
                    .collect::<Vec<_>>(),
            )
        };
        assert_eq!(
            [
                all(4, Select::Latest),
                all(1, Select::Latest),
                all(0, Select::All)
            ],
            ["two é\n", "one\n", "(no output from plan)"]
        );
        assert_eq!(
            all(4, Select::All),
            "## plan 1\n\none\n\n## plan 2\n\ntwo é\n\n"
        );
        let output = &listed(&run, 1, &id, 2, Select::Latest)[0];
        assert_eq!(
            beginning(output, 3).unwrap(),
            format!("two\n(… 4 bytes more: read {output})\n")
        );
    }
}
