//! Freezes the files that gates are made of.
use crate::fingerprint::fingerprint;
use crate::plan::{Plan, Step};
use crate::termination::{FrozenFile, scripts};
use camino::Utf8Path;
use fs_err as fs;
use std::collections::BTreeSet;

/// Freezes the project's files that gates are made of: what they are now is what they must be when they are asked.
pub fn freeze_gates(plan: &mut Plan, project: &Utf8Path) {
    let gates = plan
        .steps
        .iter_mut()
        .flat_map(Step::all_nodes_mut)
        .flat_map(|node| node.termination.commands_mut());
    for (_, gate) in gates {
        // A line for a shell names files too.
        let words = gate
            .command
            .iter()
            .flat_map(|word| word.split(|c: char| c.is_whitespace() || "\"'`;&|()<>=".contains(c)));
        let named = words
            .filter(|word| !word.is_empty())
            .map(|word| project.join(word))
            .filter(|path| path.is_file());
        // A script that is not there must not come from an agent; what a script works on may.
        let missing = scripts(&gate.command)
            .into_iter()
            .map(|word| project.join(word))
            .filter(|path| !path.exists());
        let paths: BTreeSet<_> = named
            .chain(missing)
            .filter(|path| path.starts_with(project))
            .collect();
        gate.frozen = paths
            .into_iter()
            .map(|path| FrozenFile {
                hash: hash_of(&path),
                path: path.into_string(),
            })
            .collect();
    }
}

/// Returns the fingerprint of a file; empty if there is none that can be read.
pub(super) fn hash_of(path: &Utf8Path) -> String {
    fs::read(path).map_or_else(|_| String::new(), fingerprint)
}
