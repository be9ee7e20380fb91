//! What others do to a journal.
use crate::fault::Strike;
use crate::processes::{kill_runner, signal_all};
use crate::random::Random;
use crate::session::Session;
use agent_pipelines::model::{Event, Line};
use camino::Utf8Path;
use nix::sys::signal::Signal;
use std::io::Write as _;

/// The most bytes that are cut off.
const CUT: u64 = 2000;

/// Cuts the last line of the journal somewhere, as a crash in the middle of a write does.
pub(crate) fn tear(session: &Session, runner: &[i32], random: &mut Random) {
    kill_runner(session, runner);
    let path = session.project.root().join(session.journal());
    let text = fs_err::read(&path).unwrap_or_default();
    let last = text
        .split(|byte| *byte == b'\n')
        .rev()
        .nth(1)
        .map_or(0, <[u8]>::len);
    let cut = random.below(last as u64 + 1);
    // The whole last line is a fact that is believed: it is added again, torn.
    let mut file = fs_err::OpenOptions::new().append(true).open(&path).unwrap();
    let line = &text[text.len() - last - 1..];
    file.write_all(&line[..usize::try_from(cut).unwrap().min(line.len())])
        .unwrap();
}

/// Changes one byte in the middle of the journal. No resume may believe it.
pub(crate) fn change_byte(session: &Session, runner: &[i32], random: &mut Random) -> Strike {
    kill_runner(session, runner);
    if session.is_over() {
        return Strike::default();
    }
    let path = session.project.root().join(session.journal());
    let whole = fs_err::read(&path).unwrap();
    let lines: Vec<usize> = (0..whole.len()).filter(|at| whole[*at] == b'\n').collect();
    let line = usize::try_from(random.below(lines.len() as u64)).unwrap();
    let end = lines[line];
    let begin = line.checked_sub(1).map_or(0, |before| lines[before] + 1);
    let at = begin + usize::try_from(random.below((end - begin) as u64)).unwrap();
    let mut changed = whole.clone();
    changed[at] ^= 1;
    overwrite(&path, &changed);
    Strike {
        then: Some(Box::new(move || overwrite(&path, &whole))),
        ..Strike::default()
    }
}

/// Writes over a file of the same length, which stays the file that it is.
fn overwrite(path: &Utf8Path, bytes: &[u8]) {
    let mut file = fs_err::OpenOptions::new().write(true).open(path).unwrap();
    file.write_all(bytes).unwrap();
}

/// Cuts bytes off under a living runner.
pub(crate) fn cut(session: &Session, runner: &[i32], random: &mut Random) {
    let bytes = 1 + random.below(CUT);
    beside(session, runner, |path| {
        let file = fs_err::OpenOptions::new().write(true).open(path).unwrap();
        let length = file.metadata().unwrap().len();
        file.set_len(length.saturating_sub(bytes)).unwrap();
    });
}

/// Appends something under a living runner: no line, half of one, or one that was there before.
pub(crate) fn append(session: &Session, runner: &[i32], random: &mut Random) {
    let kind = random.below(3);
    beside(session, runner, |path| {
        let first = fs_err::read_to_string(path).unwrap();
        let first = first.split_inclusive('\n').next().unwrap_or_default();
        let text = ["garbage\n", "{\"seq\":", first];
        let mut file = fs_err::OpenOptions::new().append(true).open(path).unwrap();
        file.write_all(text[usize::try_from(kind).unwrap()].as_bytes())
            .unwrap();
    });
}

/// Does something to the journal while its writer stands still, unless it has nothing to write any more.
fn beside(session: &Session, runner: &[i32], change: impl FnOnce(&Utf8Path)) {
    signal_all(runner, Signal::SIGSTOP);
    if writes_journal(session, runner) && !session.is_over() {
        change(&session.project.root().join(session.journal()));
    }
    signal_all(runner, Signal::SIGCONT);
}

/// Whether one of these processes is the writer of the journal. A runner that has only begun is not: it has yet to read
/// the journal, and refuses a damaged one.
fn writes_journal(session: &Session, runner: &[i32]) -> bool {
    let text = session.project.read(&session.journal());
    let facts = text
        .lines()
        .filter_map(|line| serde_json::from_str::<Line>(line).ok());
    let mut started = facts.filter_map(|fact| match fact.event {
        Event::RunnerStarted { runner, .. } => Some(runner.pid),
        _ => None,
    });
    started.next_back().is_some_and(|pid| runner.contains(&pid))
}
