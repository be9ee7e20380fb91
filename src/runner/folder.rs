//! The folder of an iteration: made once, cleared for every further attempt, and read for what became of one.
use super::attempt_context::{AttemptContext, AttemptPaths};
use super::writable_dir;
use crate::model::{Cursor, Exit};
use crate::store::layout::IterationDir;
use crate::store::lock::FileLock;
use crate::store::{atomic, beneath, crash};
use crate::workspace::Workspace;
use camino::Utf8Path;
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
    /// Whether this process journalled that the attempt begins and has done nothing since, so that nothing of it can exist.
    is_untouched: bool,
}

impl AttemptFolder {
    pub(super) fn of(context: &AttemptContext<'_>) -> Self {
        Self {
            paths: context.paths.clone(),
            cursor: context.cursor,
            workspace: context.env.workspace.clone(),
            is_untouched: context.is_fresh && !context.is_prepared,
        }
    }

    /// Returns what exists of the attempt, and makes the folder ready for it.
    pub(super) fn find(&self) -> io::Result<AttemptState> {
        let paths = &self.paths;
        self.bring_back_output()?;
        let is_new = self.prepare()?;
        self.share_progress()?;
        if is_new {
            Ok(AttemptState::Nothing)
        } else {
            inspect(&paths.iteration)
        }
    }

    /// Makes the folder of a running attempt again, which was removed.
    pub(super) fn remake(&self) -> io::Result<()> {
        self.make_progress()?;
        beneath::create_dir_all(self.paths.iteration.root())?;
        if 1 < self.cursor.attempt {
            // So that nothing of the attempt that runs is taken for the earlier one's.
            beneath::create_dir_all(&self.paths.iteration.attempt(self.cursor.attempt - 1))?;
        }
        crash::point("iteration: folder made again");
        let (stdout, second) = (self.paths.iteration.stdout(), self.paths.run.kept_stdout());
        if let Some(second) = second.filter(|second| second.exists() && !stdout.exists()) {
            beneath::link(&second, &stdout)?;
        }
        self.share_progress()
    }

    /// Gives the output of a living attempt its name again. Without it, the attempt would seem not to have begun.
    fn bring_back_output(&self) -> io::Result<()> {
        let (paths, stdout) = (&self.paths, self.paths.iteration.stdout());
        let Some(second) = paths.run.kept_stdout() else {
            return Ok(());
        };
        if stdout.exists() || !FileLock::is_held(&second)? {
            return Ok(());
        }
        beneath::create_dir_all(paths.iteration.root())?;
        beneath::link(&second, &stdout)?;
        crash::point("iteration: output is back");
        Ok(())
    }

    fn share_progress(&self) -> io::Result<()> {
        let paths = &self.paths;
        if paths.own_progress != paths.progress {
            let (own, shared) = (&paths.own_progress, &paths.progress);
            writable_dir::prepare(&self.workspace, &paths.run)?;
            writable_dir::share(&self.workspace, own, shared, &self.last_progress())?;
        }
        Ok(())
    }

    /// Makes the progress file if there is none: as it was after the last iteration, or new.
    fn make_progress(&self) -> io::Result<()> {
        let own = &self.paths.own_progress;
        if own.exists() || self.paths.own_progress != self.paths.progress {
            return Ok(());
        }
        atomic::replace_durably(own, &self.last_progress())
    }

    fn last_progress(&self) -> Vec<u8> {
        let second = self.paths.run.kept_file(&self.paths.own_progress);
        let kept = second.and_then(|second| beneath::read(&second).ok());
        kept.unwrap_or_else(|| NEW_PROGRESS.to_vec())
    }

    /// Prepares the folder. Returns whether it is new, so that nothing in it needs to be inspected.
    fn prepare(&self) -> io::Result<bool> {
        let (paths, cursor) = (&self.paths, self.cursor);
        let root = paths.iteration.root();
        crash::point("iteration: before its folder");
        match beneath::create_dir(root) {
            Ok(true) => {}
            Ok(false) if is_folder(root) => {
                if 1 < cursor.attempt {
                    self.archive_attempt(cursor.attempt - 1)?;
                }
                return Ok(false);
            }
            // The stage is new, or something else has its name or the folder's.
            Ok(false) | Err(_) => {
                beneath::create_dir_all(&paths.stage)?;
                crash::point("stage: folder made");
                self.make_progress()?;
                beneath::create_dir_all(root)?;
            }
        }
        crash::point("iteration: folder made");
        if 1 < cursor.attempt {
            beneath::create_dir_all(&paths.iteration.attempt(cursor.attempt - 1))?;
        }
        Ok(true)
    }

    /// Moves the files of an earlier attempt to `attempts/K/`, once. What is in the folder afterwards is the current
    /// attempt's. The files of an attempt whose shim lives are never moved.
    fn archive_attempt(&self, attempt: u32) -> io::Result<()> {
        let folder = &self.paths.iteration;
        let kept = folder.attempt(attempt);
        let is_done = kept.exists();
        if (is_done && !self.is_untouched) || FileLock::is_held(&folder.stdout())? {
            return Ok(());
        }
        if is_done {
            // Nothing of this attempt was made yet, so this is not ours.
            beneath::set_aside(&kept)?;
        }
        let draft = kept.with_file_name(format!(".{attempt}.tmp"));
        crash::point("set aside: before");
        beneath::create_dir_all(&draft)?;
        crash::point("set aside: draft made");
        for name in IterationDir::ATTEMPT_FILES {
            match beneath::rename(&folder.root().join(name), &draft.join(name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                Ok(()) | Err(_) => (),
            }
            crash::point(format_args!("set aside: {name} moved"));
        }
        beneath::rename(&draft, &kept)?;
        crash::point("set aside: done");
        Ok(())
    }
}

fn is_folder(path: &Utf8Path) -> bool {
    std::fs::symlink_metadata(path.as_std_path()).is_ok_and(|there| there.is_dir())
}

/// Returns what the files of an attempt say about it.
fn inspect(folder: &IterationDir) -> io::Result<AttemptState> {
    let stdout = match beneath::open(&folder.stdout()) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(AttemptState::Nothing),
        // Something else has its name, so it is gone.
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => return Ok(AttemptState::Gone),
        stdout => stdout?,
    };
    let Some(_lock) = FileLock::try_exclusive(&stdout)? else {
        return Ok(AttemptState::Alive);
    };
    match beneath::read(&folder.exit()) {
        Ok(text) => {
            Ok(serde_json::from_slice(&text)
                .map_or(AttemptState::Gone, |_: Exit| AttemptState::Ended))
        }
        // The shim makes it before it starts anything.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(AttemptState::Nothing),
        Err(_) => Ok(AttemptState::Gone),
    }
}
