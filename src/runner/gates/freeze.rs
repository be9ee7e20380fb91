//! Freezes the files that gates consist of.
use crate::fingerprint::fingerprint;
use crate::plan::Plan;
use crate::termination::{FrozenFile, scripts};
use camino::Utf8Path;
use fs_err as fs;
use std::collections::BTreeSet;

/// Freezes the project's files that gates consist of: a gate is trusted only if they are unchanged when it is asked.
pub fn freeze_gates(plan: &mut Plan, project: &Utf8Path) {
    for gate in plan.gate_commands_mut() {
        // A shell command names files too.
        let words = gate
            .command
            .iter()
            .flat_map(|word| word.split(|c: char| c.is_whitespace() || "\"'`;&|()<>=".contains(c)));
        let named = words
            .filter(|word| !word.is_empty())
            .map(|word| project.join(word))
            .filter(|path| path.is_file());
        // A missing script must not be written by an agent; the files it works on may.
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

/// Returns the fingerprint by which a file of a gate is known.
pub fn gate_file_hash(path: &str) -> String {
    hash_of(Utf8Path::new(path))
}

/// Returns the fingerprint of a file; empty if there is none that can be read.
pub(super) fn hash_of(path: &Utf8Path) -> String {
    fs::read(path).map_or_else(|_| String::new(), fingerprint)
}
