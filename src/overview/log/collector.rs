//! Makes the log of everything from the journals: what is new in them, each line once.
use super::cursors::{Cursors, RunCursor};
use super::event::LogEvent;
use super::health::{HEALTH_VERSION, HealthLog, HealthRecord};
use super::line::{LOG_VERSION, LogLine};
use super::messages::Messages;
use super::sources::{Fact, JournalOf, Source};
use super::standing::Standing;
use crate::clock;
use crate::model::{ProjectId, RunId, SessionName};
use crate::store::event_log::{Entry, EventLog, Family, HEALTH_DAYS, Head, LOG_DAYS, prune};
use crate::store::layout::{Project, StateFile, UserDirs};
use crate::store::registry::RegisteredProject;
use crate::store::session::run_of;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;

/// Lines that are written at a time.
const BATCH: usize = 512;

/// How long logs are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retention {
    pub log_days: u32,
    pub health_days: u32,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            log_days: LOG_DAYS,
            health_days: HEALTH_DAYS,
        }
    }
}

/// The one writer of the log.
#[derive(Debug)]
pub(super) struct Collector {
    dirs: UserDirs,
    retention: Retention,
    log: EventLog,
    health: HealthLog,
    cursors: Cursors,
    messages: Messages,
    /// Up to which number lines of a journal are in the log beyond the cursors; none names the supervisor's.
    written: BTreeMap<Option<RunId>, u64>,
    batch: Vec<Entry>,
    cycles: Vec<HealthRecord>,
}

impl Collector {
    /// Opens the log and finds out how far it is. What was written after the cursors were is skipped; without cursors that
    /// fit, what the log has decides.
    pub(super) fn open(dirs: &UserDirs, retention: Retention) -> io::Result<Self> {
        let log = EventLog::open(dirs)?;
        let mut cursors = Cursors::read(dirs);
        let mut written: BTreeMap<Option<RunId>, u64> = BTreeMap::new();
        let (mut seq, mut messages) = (0, None);
        let fits = log.read_behind(&cursors.end, |head| {
            seq = seq.max(head.seq);
            note_written(head, &mut written, &mut messages);
        })?;
        if !fits {
            cursors = Cursors::new();
        }
        cursors.seq = cursors.seq.max(seq);
        cursors.messages = cursors.messages.max(messages);
        Ok(Self {
            dirs: dirs.clone(),
            retention,
            health: HealthLog::open(dirs, !fits)?,
            log,
            cursors,
            messages: Messages::new(dirs),
            written,
            batch: Vec::new(),
            cycles: Vec::new(),
        })
    }

    /// Whether the log was deleted, so that it has to be opened again.
    pub(super) fn is_gone(&self) -> bool {
        self.log.is_gone()
    }

    /// Removes what is older than it is kept.
    pub(super) fn prune(&self) -> io::Result<()> {
        let today = clock::now().to_zoned(TimeZone::UTC).date();
        let Retention {
            log_days,
            health_days,
        } = self.retention;
        prune(self.log.folder(), Family::Events, log_days, today)?;
        prune(self.log.folder(), Family::Health, health_days, today)
    }

    /// Writes what is new: in the supervisor's journal, in those of these projects, and what left the outbox.
    pub(super) fn collect(
        &mut self,
        changed: &[&RegisteredProject],
        all: &[RegisteredProject],
    ) -> io::Result<()> {
        let folder = self.dirs.state_file(StateFile::Supervisor);
        let mut sources = vec![Source::supervisor(folder, &self.cursors)];
        for project in changed {
            self.add_sources(project, &mut sources);
        }
        self.merge(&mut sources)?;
        self.add_messages(all)?;
        self.flush(&sources)
    }

    /// Adds the journal of a project's session. If another run has taken its place, what is left of the one before comes
    /// from the archive.
    fn add_sources(&mut self, project: &RegisteredProject, sources: &mut Vec<Source>) {
        let store = Project::new(project.root.clone()).with_state(&self.dirs.state);
        let dir = store.session(&project.session);
        let Some(run) = run_of(&dir) else {
            return;
        };
        let known = self.cursors.projects.entry(project.id.clone()).or_default();
        let current = (project.session.clone(), run.clone());
        if let Some((session, before)) = known.run.replace(current)
            && before != run
        {
            let path = store.archived(&session, &before).join("events.jsonl");
            if path.exists() {
                let of = (project.id.clone(), session, before);
                sources.push(Source::session(path, of, &self.cursors));
            }
        }
        if dir.journal().exists() {
            let of = (project.id.clone(), project.session.clone(), run);
            sources.push(Source::session(dir.journal(), of, &self.cursors));
        }
    }

    /// Writes what the sources have, in the order of time as far as each journal is in it.
    fn merge(&mut self, sources: &mut [Source]) -> io::Result<()> {
        loop {
            let times = sources.iter_mut().enumerate();
            let next = times
                .filter_map(|(index, source)| Some((source.peek()?, index)))
                .min();
            let Some((_, index)) = next else {
                return Ok(());
            };
            let source = &mut sources[index];
            if let Some(fact) = source.take() {
                let of = match &source.journal {
                    JournalOf::Supervisor { .. } => None,
                    JournalOf::Session { session, run, .. } => Some((session.clone(), run.clone())),
                };
                self.add(of, fact)?;
            }
            if BATCH <= self.batch.len() {
                self.flush(sources)?;
            }
        }
    }

    /// Adds a fact to the batch, unless it is in the log or too old for it.
    fn add(&mut self, of: Option<(SessionName, RunId)>, fact: Fact) -> io::Result<()> {
        let Fact {
            at,
            number,
            project,
            event,
            version,
        } = fact;
        let run = of.as_ref().map(|(_, run)| run.clone());
        let of_version = match &run {
            Some(run) => &mut self.cursors.runs.entry(run.clone()).or_default().version,
            None => &mut self.cursors.version,
        };
        if let Some(version) = version {
            *of_version = version;
        }
        let version = of_version.clone();
        if self.written.get(&run).is_some_and(|last| number <= *last) {
            return Ok(());
        }
        match (&project, &of) {
            (Some(project), None) => {
                let known = self.cursors.projects.entry(project.clone()).or_default();
                known.note(&event, at);
            }
            (Some(project), Some((session, run))) => {
                self.add_cycle((project, session, run), (number, at), &event);
            }
            (None, _) => {}
        }
        if is_older(at, self.retention.log_days) {
            return Ok(());
        }
        let session = of.map(|(session, _)| session);
        self.push(LogLine {
            v: LOG_VERSION,
            at,
            seq: 0,
            version,
            project,
            session,
            run,
            from: number,
            event,
        })
    }

    fn push(&mut self, line: LogLine) -> io::Result<()> {
        self.cursors.seq += 1;
        let seq = self.cursors.seq;
        let text = serde_json::to_vec(&LogLine { seq, ..line })?;
        self.batch.push(Entry { text });
        Ok(())
    }

    /// Remembers when an iteration began, and records it when it is over.
    fn add_cycle(
        &mut self,
        (project, session, run): (&ProjectId, &SessionName, &RunId),
        (from, at): (u64, Timestamp),
        event: &LogEvent,
    ) {
        let cursor = self.cursors.runs.entry(run.clone()).or_default();
        let LogEvent::AgentExited {
            ends_iteration: true,
            outcome,
            iteration,
            cost_usd,
            ..
        } = event
        else {
            if let LogEvent::IterationStarted { attempt: 1, .. } = event {
                cursor.began = Some(at);
            }
            return;
        };
        let began = cursor.began.take();
        if is_older(at, self.retention.health_days) {
            return;
        }
        let of_project = self.cursors.projects.get(project);
        let standing = Standing::at(at, &self.dirs);
        self.cycles.push(HealthRecord {
            v: HEALTH_VERSION,
            at,
            project: project.clone(),
            session: session.clone(),
            run: run.clone(),
            from,
            iteration: *iteration,
            succeeded: *outcome == "reported",
            phase: of_project.map_or_else(String::new, |it| it.status.clone()),
            five_hour: standing.five_hour,
            seven_day: standing.seven_day,
            disk_free_gb: standing.disk_free_gb,
            cost_usd: *cost_usd,
            duration_s: began.map(|began| at.duration_since(began).as_secs()),
            recoveries_today: of_project.map_or(0, |it| it.recoveries_on(at)),
        });
    }

    fn add_messages(&mut self, all: &[RegisteredProject]) -> io::Result<()> {
        for left in self.messages.since(self.cursors.messages) {
            let at_root = |it: &&RegisteredProject| Some(&it.root) == left.root.as_ref();
            let project = all.iter().find(at_root).map(|it| it.id.clone());
            self.cursors.messages = self.cursors.messages.max(Some(left.at));
            self.push(LogLine {
                v: LOG_VERSION,
                at: left.at,
                seq: 0,
                version: env!("CARGO_PKG_VERSION").to_owned(),
                project,
                session: None,
                run: None,
                from: 0,
                event: left.event,
            })?;
        }
        Ok(())
    }

    /// Writes the batch, then how far the journals are. A crash in between costs nothing: what the log has is skipped.
    fn flush(&mut self, sources: &[Source]) -> io::Result<()> {
        let now = clock::now();
        self.health.append(&std::mem::take(&mut self.cycles), now)?;
        self.log.append(&std::mem::take(&mut self.batch), now)?;
        let before = self.cursors.clone();
        // Lines that were read but are not written yet are read again, and those of them that are written are skipped.
        for source in sources.iter().filter(|it| it.is_drained()) {
            match &source.journal {
                JournalOf::Supervisor { position, .. } => self.cursors.supervisor = *position,
                JournalOf::Session { run, position, .. } => {
                    let cursor: &mut RunCursor = self.cursors.runs.entry(run.clone()).or_default();
                    cursor.position = *position;
                }
            }
        }
        if sources.iter().all(Source::is_drained) {
            self.cursors.end = self.log.end();
        }
        if self.cursors != before || self.cursors.end != before.end {
            self.cursors.write(&self.dirs)?;
        }
        Ok(())
    }
}

/// Whether something happened before the last days.
fn is_older(at: Timestamp, days: u32) -> bool {
    SignedDuration::from_hours(24 * i64::from(days)) < clock::now().duration_since(at)
}

fn note_written(
    head: &Head<'_>,
    written: &mut BTreeMap<Option<RunId>, u64>,
    messages: &mut Option<Timestamp>,
) {
    if head.from == 0 {
        *messages = (*messages).max(Some(head.at));
        return;
    }
    let run = match head.run.as_deref().map(str::parse) {
        None => None,
        Some(Ok(run)) => Some(run),
        Some(Err(_)) => return,
    };
    let last = written.entry(run).or_default();
    *last = head.from.max(*last);
}
