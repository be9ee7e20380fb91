//! Copies files, folders and journal lines.
use crate::model::Event;
use crate::plan::Plan;
use crate::store::journal::{Journal, JournalError, Position, read_from};
use crate::store::layout::RunDir;
use crate::store::session::plan_meaning;
use crate::store::{atomic, beneath};
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use std::io;

/// Copies a journal's lines up to number `last` into the journal of the plan's session, which runs the current plan.
pub(super) fn copy_lines(
    from: &RunDir,
    last: u64,
    journal: &mut Journal,
    plan: &Plan,
    fingerprint: &str,
) -> Result<(), JournalError> {
    let mut written = Ok(());
    read_from(&from.journal(), Position::default(), |line| {
        let started = || Event::SessionStarted {
            session: plan.session.clone(),
            run: plan.run.clone(),
            plan: fingerprint.to_owned(),
        };
        let event = match &line.event {
            Event::PlanReplaced { .. } => return,
            Event::SessionStarted { .. } => &started(),
            event => event,
        };
        if line.seq <= last && written.is_ok() {
            written = journal.append(event, line.at);
        }
    })?;
    Ok(written?)
}

/// Writes a plan and returns its fingerprint.
pub(super) fn write_plan(dir: &RunDir, plan: &Plan) -> io::Result<String> {
    let text = serde_json::to_string_pretty(plan)?;
    atomic::replace_durably(&dir.plan(), text.as_bytes())?;
    Ok(plan_meaning(text.as_bytes()))
}

/// Copies the first of these files that exists and returns its index.
pub(super) fn copy_first(files: &[Utf8PathBuf], to: &Utf8Path) -> io::Result<Option<usize>> {
    let Some(found) = files.iter().position(|file| file.is_file()) else {
        return Ok(None);
    };
    // The progress file may be a link of ours.
    beneath::copy(&files[found].canonicalize_utf8()?, to)?;
    Ok(Some(found))
}

/// Copies a folder recursively, without hidden files; links are followed. A missing folder counts as empty.
pub(super) fn copy(from: &Utf8Path, to: &Utf8Path) -> io::Result<()> {
    beneath::create_dir_all(to)?;
    let entries = match from.read_dir_utf8() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_name().starts_with('.') {
            continue;
        }
        if entry.file_type()?.is_dir() {
            copy(entry.path(), &target)?;
        } else if entry.file_type()?.is_symlink() && entry.path().is_file() {
            // The progress file may be a link of ours; what it leads to is copied.
            let text = fs::read(entry.path())?;
            atomic::replace(&target, &text)?;
        } else if entry.file_type()?.is_file() {
            beneath::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}
