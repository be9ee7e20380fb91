//! Files that are made from the journal and kept up to date beside it: `state.json` for you
//! and your `jq`, `checkpoint.json` so that reading a session costs the same at iteration 10 and 10,000.
//!
//! Both are written by a thread of their own, a moment behind the runner: it never waits for them, and
//! of facts that come close together, as between two agents, only the last state is written.
use super::journal::{self, JournalError, Position};
use super::layout::RunDir;
use super::observer::{Fact, Observer, Reaction};
use super::{atomic, beneath};
use crate::engine::{SessionSummary, State, StateView};
use crate::model::Event;
use crate::plan::Plan;
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::io::{self, Read as _};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

/// How long the views may be behind; the end of a session is written at once.
const BEHIND: Duration = Duration::from_millis(50);

/// How many lines a checkpoint may be behind. One is made when a runner ends too: a list reads every session.
const LINES_PER_CHECKPOINT: u64 = 256;

/// A fact, when it was recorded and where it ends in the journal.
type Applied = (Event, Timestamp, Position);

/// The beginning of `checkpoint.json`, a line of its own: enough for a list of all sessions. The state is the next line.
#[derive(Serialize, Deserialize)]
struct Header {
    position: Position,
    /// When the journal was last written to, as its file system reports: a journal that ends here must not have changed since.
    journal_changed: Option<SystemTime>,
    summary: SessionSummary,
}

/// Longer headers are not read for a list.
const LONGEST_HEADER: u64 = 4096;

impl Header {
    fn new(dir: &RunDir, position: Position, summary: SessionSummary) -> Self {
        Self {
            position,
            journal_changed: changed(dir).map(|(_, at)| at),
            summary,
        }
    }

    /// Whether the journal may still be what it was.
    fn fits(&self, dir: &RunDir) -> bool {
        changed(dir).is_some_and(|(length, at)| {
            self.position.offset < length || self.ends_journal(length, at)
        })
    }

    /// Whether the journal is still what it was, and nothing more.
    fn ends_journal(&self, length: u64, changed: SystemTime) -> bool {
        self.position.offset == length && self.journal_changed == Some(changed)
    }
}

/// Returns the journal's length and when it was last written to.
fn changed(dir: &RunDir) -> Option<(u64, SystemTime)> {
    let meta = fs::metadata(dir.journal()).ok()?;
    Some((meta.len(), meta.modified().ok()?))
}

/// The writer of the views. Finishes them when dropped.
#[derive(Debug)]
pub struct Views {
    facts: Option<Sender<Applied>>,
    writer: Option<JoinHandle<()>>,
}

impl Views {
    /// Starts writing, with the state as it is.
    pub fn start(dir: &RunDir, plan: &Plan, state: &State, position: Position) -> Self {
        let (facts, inbox) = channel();
        let (dir, plan, state) = (dir.clone(), plan.clone(), state.clone());
        let writer = std::thread::Builder::new()
            .name("views".to_owned())
            .spawn(move || write(&dir, &plan, state, position, &inbox))
            .ok();
        Self {
            facts: Some(facts),
            writer,
        }
    }
}

impl Observer for Views {
    /// Passes the fact on to the writer.
    fn observe(&mut self, fact: &Fact<'_>) -> io::Result<Reaction> {
        if let Some(facts) = &self.facts {
            // A writer that died costs a view, not the session.
            let _ = facts.send((fact.event.clone(), fact.at, fact.end));
        }
        Ok(Reaction::Transient)
    }
}

impl Drop for Views {
    fn drop(&mut self) {
        self.facts = None;
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}

fn write(
    dir: &RunDir,
    plan: &Plan,
    mut state: State,
    mut position: Position,
    facts: &Receiver<Applied>,
) {
    let mut saved = position.seq;
    publish(dir, plan, &state, position);
    while let Ok((event, at, to)) = facts.recv() {
        state.apply(&event, at);
        position = to;
        let until = Instant::now() + BEHIND;
        while let Ok((event, at, to)) =
            facts.recv_timeout(until.saturating_duration_since(Instant::now()))
        {
            state.apply(&event, at);
            position = to;
        }
        publish(dir, plan, &state, position);
        if saved + LINES_PER_CHECKPOINT <= position.seq {
            saved = position.seq;
            save_checkpoint(dir, plan, &state, position);
        }
    }
    if saved < position.seq {
        save_checkpoint(dir, plan, &state, position);
    }
}

/// Writes `state.json` again if its writer died before it was done. To be called under the session's lock.
pub fn refresh(dir: &RunDir, plan: &Plan) {
    let Ok((state, end)) = fold_all(dir) else {
        return;
    };
    let state = &state;
    let wanted = text(&Published::new(plan, state, end));
    let there = beneath::read(&dir.state());
    if !matches!((wanted, there), (Ok(wanted), Ok(there)) if wanted == there) {
        publish(dir, plan, state, end);
    }
}

fn publish(dir: &RunDir, plan: &Plan, state: &State, position: Position) {
    save(&dir.state(), &Published::new(plan, state, position));
}

/// `state.json`: the state, and how much of the journal it is of.
#[derive(Serialize)]
struct Published<'a> {
    #[serde(flatten)]
    state: StateView<'a>,
    journal_lines: u64,
}

impl<'a> Published<'a> {
    fn new(plan: &'a Plan, state: &'a State, position: Position) -> Self {
        Self {
            state: StateView::new(plan, state),
            journal_lines: position.seq,
        }
    }
}

/// How many lines of a journal its views were made from.
pub(super) struct SeenLines([(Utf8PathBuf, Option<u64>); 2]);

impl SeenLines {
    /// Reads it. To be compared with a journal that is read afterwards: a runner may append to it at any time.
    pub(super) fn read(dir: &RunDir) -> Self {
        /// The field of `state.json` that counts here.
        #[derive(Deserialize)]
        struct Seen {
            journal_lines: u64,
        }
        let state = beneath::read(&dir.state()).ok();
        let of_state = state.and_then(|text| serde_json::from_slice::<Seen>(&text).ok());
        Self([
            (dir.state(), of_state.map(|seen| seen.journal_lines)),
            (
                dir.checkpoint(),
                saved_header(dir).map(|header| header.position.seq),
            ),
        ])
    }

    /// Fails if the journal ends before one of them.
    pub(super) fn check_end(self, dir: &RunDir, end: Position) -> Result<(), JournalError> {
        match self
            .0
            .into_iter()
            .find(|(_, lines)| lines.is_some_and(|lines| end.seq < lines))
        {
            None => Ok(()),
            Some((view, lines)) => Err(JournalError::Damaged {
                path: dir.journal(),
                line: end.seq + 1,
                why: format!(
                    "it ends before line {}, which {} was made from",
                    lines.unwrap_or_default(),
                    view.file_name().unwrap_or_default()
                ),
            }),
        }
    }
}

/// Checks a journal without changing anything: every line, and that its views have not seen more.
pub fn check(dir: &RunDir) -> Result<(), JournalError> {
    match fold_all(dir) {
        Err(JournalError::Io(error)) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        folded => folded.map(drop),
    }
}

/// Returns how many lines of the journal the views have seen.
pub fn lines_seen(dir: &RunDir) -> u64 {
    saved_header(dir).map_or(0, |header| header.position.seq)
}

fn saved_header(dir: &RunDir) -> Option<Header> {
    let mut text = Vec::new();
    let file = beneath::open(&dir.checkpoint()).ok()?;
    file.take(LONGEST_HEADER).read_to_end(&mut text).ok()?;
    serde_json::from_slice(text.split(|byte| *byte == b'\n').next()?).ok()
}

/// Writes a view. One that cannot be written is made again from the journal when it is needed.
fn save(path: &Utf8Path, value: &impl Serialize) {
    let written = text(value).and_then(|text| atomic::replace(path, &text));
    if let Err(error) = written {
        tracing::warn!(%path, %error, "a view could not be written");
    }
}

fn text(value: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut text = serde_json::to_vec(value)?;
    text.push(b'\n');
    Ok(text)
}

/// Writes a checkpoint. One that cannot be written costs time, nothing else.
fn save_checkpoint(dir: &RunDir, plan: &Plan, state: &State, position: Position) {
    let header = Header::new(dir, position, SessionSummary::new(plan, state));
    let written = text(&header).and_then(|mut lines| {
        lines.extend(text(state)?);
        atomic::replace(&dir.checkpoint(), &lines)
    });
    if let Err(error) = written {
        tracing::warn!(path = %dir.checkpoint(), %error, "a view could not be written");
    }
}

/// Returns the summary saved when the journal had the end it has now, if there is one.
pub fn saved_summary(dir: &RunDir) -> Option<SessionSummary> {
    let (length, at) = changed(dir)?;
    let header = saved_header(dir)?;
    header.ends_journal(length, at).then_some(header.summary)
}

/// Returns the state of the last checkpoint and where it ends, if the journal may still be what it was.
fn saved_state(dir: &RunDir) -> Option<(State, Position)> {
    let text = beneath::read(&dir.checkpoint()).ok()?;
    let end = text.iter().position(|byte| *byte == b'\n')?;
    let header: Header = serde_json::from_slice(&text[..end]).ok()?;
    let state = serde_json::from_slice(&text[end..]).ok()?;
    header.fits(dir).then_some((state, header.position))
}

/// Folds a journal without changing anything, from the last checkpoint where there is a good one.
pub(super) fn fold(dir: &RunDir) -> Result<(State, Position), JournalError> {
    if let Some((state, position)) = saved_state(dir) {
        // A checkpoint that does not fit the journal is not damage: the journal is the truth.
        if let Ok(folded) = fold_from(dir, state, position) {
            return Ok(folded);
        }
    }
    fold_all(dir)
}

/// Folds a whole journal, so that no damage in it goes unnoticed. Changes nothing.
pub(super) fn fold_all(dir: &RunDir) -> Result<(State, Position), JournalError> {
    let seen = SeenLines::read(dir);
    let (state, end) = fold_from(dir, State::default(), Position::default())?;
    seen.check_end(dir, end)?;
    Ok((state, end))
}

/// Folds as much of a journal as its runner wrote, however it looks behind that.
pub(super) fn fold_good(dir: &RunDir) -> (State, Position) {
    let mut state = State::default();
    let mut end = Position::default();
    let _ = journal::read_lines(&dir.journal(), Position::default(), |line, behind| {
        state.apply(&line.event, line.at);
        end = behind;
    });
    (state, end)
}

fn fold_from(
    dir: &RunDir,
    mut state: State,
    from: Position,
) -> Result<(State, Position), JournalError> {
    let end = journal::read_from(&dir.journal(), from, |line| {
        state.apply(&line.event, line.at);
    })?;
    Ok((state, end))
}
