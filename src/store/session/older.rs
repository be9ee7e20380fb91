//! Runs of the older agent-pipelines, which are stored where the runs of `ap` are.
use crate::store::beneath;
use crate::store::layout::RunDir;
use camino::Utf8Path;
use serde::de::IgnoredAny;
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};

/// Returns whether the directory holds a run of the older agent-pipelines rather than one of `ap`.
pub fn is_older_run(dir: &RunDir) -> bool {
    if dir.journal().exists() {
        return is_older_journal(&dir.journal());
    }
    // `ap` writes its plan first. A run whose folder was removed and is being put back has a kept journal.
    let has_plan = dir.plan().exists() || dir.next_plan().exists();
    let is_kept = || dir.kept_journal().is_some_and(|kept| kept.exists());
    !has_plan && (dir.state().exists() || has_stages(dir.root())) && !is_kept()
}

/// Returns whether a journal was written by a later form of it: its lines have neither a number nor a format.
pub(super) fn is_older_journal(journal: &Utf8Path) -> bool {
    let Ok(file) = beneath::open(journal) else {
        return false;
    };
    let mut line = String::new();
    let read = BufReader::new(file).read_line(&mut line);
    read.is_ok()
        && serde_json::from_str::<BTreeMap<String, IgnoredAny>>(&line).is_ok_and(|fields| {
            !fields.contains_key("v") && !fields.contains_key("seq") && !fields.is_empty()
        })
}

fn has_stages(run: &Utf8Path) -> bool {
    let Ok(entries) = run.read_dir_utf8() else {
        return false;
    };
    entries
        .filter_map(Result::ok)
        .any(|entry| entry.file_name().starts_with("stage-"))
}
