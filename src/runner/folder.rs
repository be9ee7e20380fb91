//! The folder of an iteration: made once, cleared for every further attempt, and read for what became of one.
use super::attempt_context::{AttemptContext, AttemptPaths};
use super::writable_dir;
use crate::model::{Cursor, Exit};
use crate::store::layout::IterationDir;
use crate::store::lock::FileLock;
use crate::store::{atomic, crash};
use crate::workspace::Workspace;
use fs_err as fs;
use std::io;

/// What a stage's progress file starts with.
const NEW_PROGRESS: &[u8] = b"# Stage progress\n\n---\n";

/// What an attempt's folder says about it.
#[derive(Debug)]
pub(super) enum AttemptState {
    /// No agent has been started.
    Nothing,
    Alive,
    Ended,
    /// It was started and is gone, and no file says how it ended.
    Gone,
}

/// The folder of an attempt, and what is needed to prepare it on another thread.
pub(super) struct AttemptFolder {
    paths: AttemptPaths,
    cursor: Cursor,
    workspace: Workspace,
}

impl AttemptFolder {
    pub(super) fn of(context: &AttemptContext<'_>) -> Self {
        Self {
            paths: context.paths.clone(),
            cursor: context.cursor,
            workspace: context.env.workspace.clone(),
        }
    }

    /// Returns what exists of the attempt, and makes the folder ready for it.
    pub(super) fn find(&self) -> io::Result<AttemptState> {
        let paths = &self.paths;
        let is_new = prepare(paths, self.cursor)?;
        if paths.own_progress != paths.progress {
            let (own, shared) = (&paths.own_progress, &paths.progress);
            writable_dir::prepare(&self.workspace, &paths.run)?;
            writable_dir::share(&self.workspace, own, shared, NEW_PROGRESS)?;
        }
        if is_new {
            Ok(AttemptState::Nothing)
        } else {
            inspect(&paths.iteration)
        }
    }
}

/// Prepares the folder. Returns whether it is new, so that nothing in it needs to be inspected.
fn prepare(paths: &AttemptPaths, cursor: Cursor) -> io::Result<bool> {
    let root = paths.iteration.root();
    crash::point("iteration: before its folder");
    match fs::create_dir(root) {
        Ok(()) => {
            crash::point("iteration: folder made");
            return Ok(true);
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => (),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            // The iteration's folder last: a runner that finds it checks nothing else.
            fs::create_dir_all(&paths.stage)?;
            crash::point("stage: folder made");
            if !paths.own_progress.exists() {
                atomic::replace_durably(&paths.own_progress, NEW_PROGRESS)?;
            }
            fs::create_dir_all(root)?;
            crash::point("iteration: first folder made");
            return Ok(true);
        }
        Err(error) => return Err(error),
    }
    if 1 < cursor.attempt {
        archive_attempt(&paths.iteration, cursor.attempt - 1)?;
    }
    Ok(false)
}

/// Moves the files of an earlier attempt to `attempts/K/`, once. What is in the folder afterwards is the current attempt's.
fn archive_attempt(folder: &IterationDir, attempt: u32) -> io::Result<()> {
    let kept = folder.attempt(attempt);
    if kept.exists() {
        return Ok(());
    }
    let draft = kept.with_file_name(format!(".{attempt}.tmp"));
    crash::point("set aside: before");
    fs::create_dir_all(&draft)?;
    crash::point("set aside: draft made");
    for name in IterationDir::ATTEMPT_FILES {
        match fs::rename(folder.root().join(name), draft.join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => (),
        }
        crash::point(format_args!("set aside: {name} moved"));
    }
    fs::rename(&draft, &kept)?;
    crash::point("set aside: done");
    Ok(())
}

/// Returns what the files of an attempt say about it.
fn inspect(folder: &IterationDir) -> io::Result<AttemptState> {
    let stdout = match fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open(folder.stdout())
    {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(AttemptState::Nothing),
        stdout => stdout?,
    };
    let Some(_lock) = FileLock::try_exclusive(&stdout)? else {
        return Ok(AttemptState::Alive);
    };
    match fs::read(folder.exit()) {
        Ok(text) => {
            Ok(serde_json::from_slice(&text)
                .map_or(AttemptState::Gone, |_: Exit| AttemptState::Ended))
        }
        // The shim makes it before it starts anything.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(AttemptState::Nothing),
        Err(_) => Ok(AttemptState::Gone),
    }
}
