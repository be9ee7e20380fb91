//! Writes and removes the plugin's files. Your edits are kept unless you agree to lose them.
use crate::error::{ExitCode, Result};
use crate::plugin::{Copy, Entry, FileStatus};
use crate::text::count;
use crate::ui::note;
use camino::Utf8Path;

/// Flags of every change.
#[derive(clap::Args, Clone, Copy, Debug)]
pub(super) struct FileFlags {
    /// Change only the files; `claude --plugin-dir` with their folder loads them
    #[arg(long)]
    pub(super) files_only: bool,
    /// Replace or remove edited files too
    #[arg(long)]
    pub(super) overwrite: bool,
}

/// Writes every file that is missing or old, and returns how many edited ones were kept.
pub(super) fn write(copy: &Copy, overwrite: bool) -> Result<usize> {
    let (mut written, mut kept) = (0, 0);
    for Entry { path, status } in copy.compare()? {
        match status {
            FileStatus::Same => {}
            FileStatus::Edited if !overwrite && !confirm(copy, &path, "Replace")? => kept += 1,
            FileStatus::Missing | FileStatus::Outdated | FileStatus::Edited | FileStatus::Left => {
                copy.put(&path)?;
                written += 1;
            }
        }
    }
    note(format!(
        "{} written to {}.",
        count(written, "file"),
        copy.root()
    ));
    Ok(kept)
}

/// Removes every file, and returns how many edited ones were kept.
pub(super) fn remove(copy: &Copy, overwrite: bool) -> Result<usize> {
    let mut kept = 0;
    for Entry { path, status } in copy.compare()? {
        match status {
            FileStatus::Missing => {}
            FileStatus::Edited if !overwrite && !confirm(copy, &path, "Remove")? => kept += 1,
            FileStatus::Same | FileStatus::Outdated | FileStatus::Edited | FileStatus::Left => {
                copy.remove(&path)?;
            }
        }
    }
    Ok(kept)
}

/// Shows an edit, and asks whether it may be lost; without a terminal it may not.
fn confirm(copy: &Copy, path: &Utf8Path, action: &str) -> Result<bool> {
    note(copy.difference(path)?);
    if !(console::user_attended() && console::user_attended_stderr()) {
        note(format!("{path} was edited and is kept."));
        return Ok(false);
    }
    let terminal = console::Term::stderr();
    terminal.write_str(&format!("{path} was edited. {action} it? [y/N] "))?;
    Ok(matches!(terminal.read_line()?.trim(), "y" | "Y" | "yes"))
}

/// Returns the exit code of a change that kept this many edited files.
pub(super) fn exit_code(kept: usize) -> ExitCode {
    if kept == 0 {
        return ExitCode::Done;
    }
    note(format!(
        "{} kept as edited; `--overwrite` replaces or removes them too.",
        count(kept, "file")
    ));
    ExitCode::Short
}
