//! The journals that the log is made from, read in small pieces and merged by time.
use super::cursors::Cursors;
use super::event::LogEvent;
use super::of_session::of_session;
use super::of_supervisor::of_supervisor;
use crate::fleet;
use crate::model::{Event, ProjectId, RunId, SessionName};
use crate::store::journal::{
    JournalError, Position, SegmentPosition, read_chunk, read_segments_chunk,
};
use camino::Utf8PathBuf;
use jiff::Timestamp;
use std::collections::VecDeque;

/// Bytes of a journal that are read at a time.
const CHUNK: u64 = 64 * 1024;

/// A line of a journal as it comes into the log.
#[derive(Debug)]
pub(super) struct Fact {
    pub(super) at: Timestamp,
    pub(super) number: u64,
    pub(super) project: Option<ProjectId>,
    pub(super) event: LogEvent,
    /// The version that a runner or supervisor names at its start.
    pub(super) version: Option<String>,
}

/// A journal that is read.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) journal: JournalOf,
    ready: VecDeque<Fact>,
    is_over: bool,
}

/// Whose journal it is, and how far it is read.
#[derive(Clone, Debug)]
pub(super) enum JournalOf {
    Supervisor {
        folder: Utf8PathBuf,
        position: SegmentPosition,
    },
    Session {
        path: Utf8PathBuf,
        position: Position,
        project: ProjectId,
        session: SessionName,
        run: RunId,
    },
}

impl Source {
    pub(super) fn supervisor(folder: Utf8PathBuf, cursors: &Cursors) -> Self {
        Self::new(JournalOf::Supervisor {
            folder,
            position: cursors.supervisor,
        })
    }

    pub(super) fn session(
        path: Utf8PathBuf,
        (project, session, run): (ProjectId, SessionName, RunId),
        cursors: &Cursors,
    ) -> Self {
        let position = cursors.runs.get(&run).map(|it| it.position);
        Self::new(JournalOf::Session {
            path,
            position: position.unwrap_or_default(),
            project,
            session,
            run,
        })
    }

    fn new(journal: JournalOf) -> Self {
        Self {
            journal,
            ready: VecDeque::new(),
            is_over: false,
        }
    }

    /// Returns when the next line was recorded, reading on if need be. `None` at the end, and where the journal is damaged.
    pub(super) fn peek(&mut self) -> Option<Timestamp> {
        if self.ready.is_empty()
            && !self.is_over
            && let Err(error) = self.read()
        {
            tracing::warn!(%error, "a journal does not come into the log of everything any further");
            self.is_over = true;
        }
        self.ready.front().map(|fact| fact.at)
    }

    /// Takes the next line. With the last line of what was read, the journal's position is behind all of it.
    pub(super) fn take(&mut self) -> Option<Fact> {
        self.ready.pop_front()
    }

    /// Whether all lines that were read have been taken.
    pub(super) fn is_drained(&self) -> bool {
        self.ready.is_empty()
    }

    fn read(&mut self) -> Result<(), JournalError> {
        let Self {
            journal,
            ready,
            is_over,
        } = self;
        match journal {
            JournalOf::Supervisor { folder, position } => {
                let behind = read_segments_chunk(folder, *position, CHUNK, |line| {
                    let (project, event) = of_supervisor(&line.event);
                    let version = match line.event {
                        fleet::Event::SupervisorStarted { version, .. } => Some(version),
                        _ => None,
                    };
                    ready.push_back(Fact {
                        at: line.at,
                        number: line.seq,
                        project,
                        event,
                        version,
                    });
                })?;
                *is_over = behind == *position;
                *position = behind;
            }
            JournalOf::Session {
                path,
                position,
                project,
                ..
            } => {
                let behind = read_chunk::<Event>(path, *position, CHUNK, |line| {
                    let event = of_session(&line.event);
                    let version = match line.event {
                        Event::RunnerStarted { version, .. } => Some(version),
                        _ => None,
                    };
                    ready.push_back(Fact {
                        at: line.at,
                        number: line.seq,
                        project: Some(project.clone()),
                        event,
                        version,
                    });
                })?;
                *is_over = behind == *position;
                *position = behind;
            }
        }
        Ok(())
    }
}
