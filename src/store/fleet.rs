//! The supervisor's files: its journal, what you want of it, its lock, and requests to it.
use super::journal::{
    JournalError, SegmentPosition, Segments, is_held, last_segment, read_segments, segment_path,
};
use super::layout::{StateFile, UserDirs};
use super::lock::SessionLock;
use super::{atomic, beneath, inbox, roots};
use crate::error::{Error, ErrorKind, Result};
use crate::fleet::{Desired, Event, FleetRequest, State};
use crate::model::{ProcessId, ProjectId};
use camino::Utf8Path;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::io;

/// How many lines a checkpoint may be behind.
const LINES_PER_CHECKPOINT: u64 = 256;

/// `supervisor/checkpoint.json`: the state, and how much of the journal it is of.
#[derive(Serialize, Deserialize)]
struct Checkpoint {
    end: SegmentPosition,
    state: State,
}

/// The supervisor's journal and what it amounts to.
#[derive(Debug)]
pub struct FleetStore {
    dirs: UserDirs,
    journal: Segments<Event>,
    state: State,
    /// How many lines the checkpoint covers.
    saved: u64,
}

impl FleetStore {
    /// Opens the journal for writing, and creates it if there is none.
    pub fn open(dirs: &UserDirs) -> Result<Self> {
        roots::create_state_dir(dirs)?;
        let folder = dirs.state_file(StateFile::Supervisor);
        let Checkpoint { end, mut state } = checkpoint(dirs);
        let mut saved = end.position.seq;
        let open = |from, state: &mut State| {
            Segments::open(&folder, from, |line| state.apply(&line.event, line.at))
        };
        let journal = match open(end, &mut state) {
            Ok(journal) => journal,
            Err(error @ JournalError::Held { .. }) => return Err(explain(error)),
            // A checkpoint that does not fit the journal is not damage: the journal is the truth.
            Err(_) => {
                (state, saved) = (State::default(), 0);
                open(SegmentPosition::default(), &mut state).map_err(explain)?
            }
        };
        Ok(Self {
            dirs: dirs.clone(),
            journal,
            state,
            saved,
        })
    }

    pub fn state(&self) -> &State {
        &self.state
    }

    /// Returns the number of the last fact.
    pub fn seq(&self) -> u64 {
        self.journal.position().position.seq
    }

    /// Records a fact: it is on disk when this returns.
    pub fn record(&mut self, event: &Event, at: Timestamp) -> Result<()> {
        self.journal.append(event, at).map_err(explain)?;
        self.journal.sync()?;
        self.state.apply(event, at);
        tracing::debug!(?event, "recorded");
        if self.saved + LINES_PER_CHECKPOINT <= self.journal.position().position.seq {
            self.save_checkpoint();
        }
        Ok(())
    }

    /// Writes a checkpoint. One that cannot be written costs time, nothing else.
    pub fn save_checkpoint(&mut self) {
        let end = self.journal.position();
        self.saved = end.position.seq;
        let state = self.state.clone();
        let path = self.dirs.state_file(StateFile::SupervisorCheckpoint);
        let written = serde_json::to_vec(&Checkpoint { end, state })
            .map_err(io::Error::from)
            .and_then(|text| atomic::replace(&path, &text));
        if let Err(error) = written {
            tracing::warn!(%path, %error, "the checkpoint could not be written");
        }
    }
}

fn checkpoint(dirs: &UserDirs) -> Checkpoint {
    let text = beneath::read(&dirs.state_file(StateFile::SupervisorCheckpoint));
    let saved = text
        .ok()
        .and_then(|text| serde_json::from_slice(&text).ok());
    saved.unwrap_or_else(|| Checkpoint {
        end: SegmentPosition::default(),
        state: State::default(),
    })
}

/// Returns what the supervisor's journal amounts to, without changing anything.
pub fn load(dirs: &UserDirs) -> Result<State> {
    let folder = dirs.state_file(StateFile::Supervisor);
    let Checkpoint { end, mut state } = checkpoint(dirs);
    let read = |from, state: &mut State| {
        read_segments(&folder, from, |line| state.apply(&line.event, line.at))
    };
    if read(end, &mut state).is_err() {
        state = State::default();
        read(SegmentPosition::default(), &mut state).map_err(explain)?;
    }
    Ok(state)
}

fn explain(error: JournalError) -> Error {
    match error {
        JournalError::Io(error) => error.into(),
        JournalError::Held { .. } | JournalError::Taken { .. } => {
            Error::new(ErrorKind::AlreadyRunning, "a supervisor runs already")
                .hint("`ap status` shows it")
        }
        error @ (JournalError::Damaged { .. } | JournalError::OtherFormat { .. }) => {
            Error::caused_by(ErrorKind::Damaged, error).hint(
                "your projects and sessions are not affected: move the folder `supervisor` of the state folder away, then `ap start`",
            )
        }
    }
}

/// Returns what you want of the supervisor, if you ever said so.
pub fn desired(dirs: &UserDirs) -> Option<Desired> {
    serde_json::from_slice(&beneath::read(&dirs.state_file(StateFile::Desired)).ok()?).ok()
}

/// Records what you want of the supervisor.
pub fn set_desired(dirs: &UserDirs, desired: &Desired) -> io::Result<()> {
    roots::create_state_dir(dirs)?;
    let text = serde_json::to_vec_pretty(desired)?;
    atomic::replace_durably(&dirs.state_file(StateFile::Desired), &text)
}

/// `supervisor.lock`: the supervisor. For you and for `status`; the kernel's lock decides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SupervisorHolder {
    pub pid: i32,
    pub process: ProcessId,
    pub version: String,
    pub started_at: Timestamp,
}

/// Takes the supervisor's lock, unless a living process has it.
pub fn try_lock(dirs: &UserDirs, holder: &SupervisorHolder) -> io::Result<Option<SessionLock>> {
    roots::create_state_dir(dirs)?;
    SessionLock::try_acquire(&dirs.state_file(StateFile::SupervisorLock), holder)
}

/// Returns the supervisor that the lock names, whether it lives or not.
pub fn holder(dirs: &UserDirs) -> Option<SupervisorHolder> {
    let text = beneath::read(&dirs.state_file(StateFile::SupervisorLock)).ok()?;
    serde_json::from_slice(&text).ok()
}

/// Whether a supervisor writes its journal, whatever became of its lock file.
pub fn writes(dirs: &UserDirs) -> io::Result<bool> {
    let folder = dirs.state_file(StateFile::Supervisor);
    is_held(&segment_path(&folder, last_segment(&folder)))
}

/// Leaves a request to the supervisor, and wakes it if it runs.
pub fn request(dirs: &UserDirs, request: &FleetRequest, now: Timestamp) -> io::Result<()> {
    roots::create_state_dir(dirs)?;
    inbox::put_into(&dirs.state_file(StateFile::SupervisorInbox), request, now)?;
    wake(dirs, "requests")
}

/// Returns the requests to the supervisor, oldest first.
pub fn requests(dirs: &UserDirs) -> io::Result<Vec<inbox::Waiting<FleetRequest>>> {
    inbox::waiting_in(&dirs.state_file(StateFile::SupervisorInbox))
}

/// Returns the file that is touched when a project's session has more to tell.
pub fn wakeup_file(dirs: &UserDirs, project: &ProjectId) -> camino::Utf8PathBuf {
    dirs.state_file(StateFile::Wakeup).join(project.as_str())
}

/// Wakes the supervisor, if its folder for that is there.
pub fn wake(dirs: &UserDirs, name: &str) -> io::Result<()> {
    let folder = dirs.state_file(StateFile::Wakeup);
    if !folder.is_dir() {
        return Ok(());
    }
    touch(&folder.join(name))
}

/// Creates a file, or makes it younger.
pub fn touch(path: &Utf8Path) -> io::Result<()> {
    let file = beneath::append(path)?;
    let now = nix::sys::time::TimeSpec::UTIME_NOW;
    nix::sys::stat::futimens(&file, &now, &now).map_err(io::Error::from)
}
