//! Tests of a journal: what is read back, what is damage, and that there is one writer.
mod kept;

use super::{Journal, JournalError, Position, read_from};
use crate::clock;
use crate::model::{Event, PauseAfter};
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;

fn scratch() -> (tempfile::TempDir, Utf8PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = Utf8PathBuf::from_path_buf(folder.path().join("events.jsonl")).unwrap();
    (folder, path)
}

fn seen(path: &Utf8Path) -> Result<Vec<Event>, JournalError> {
    let mut seen = Vec::new();
    read_from(path, Position::default(), |line| {
        seen.push(line.event.clone());
    })
    .map(|_| seen)
}

fn write(path: &Utf8Path, events: &[Event]) {
    let mut journal = Journal::open(path, |_| ()).unwrap();
    for event in events {
        journal.append(event, clock::now()).unwrap();
    }
    journal.sync().unwrap();
}

#[test]
fn appended_events_are_read_back() {
    let (_folder, path) = scratch();
    write(
        &path,
        &[
            Event::WaitEnded,
            Event::PauseRequested {
                after: PauseAfter::Iteration,
            },
        ],
    );
    write(&path, &[Event::ContinueRequested]);
    assert_eq!(
        seen(&path).unwrap(),
        [
            Event::WaitEnded,
            Event::PauseRequested {
                after: PauseAfter::Iteration
            },
            Event::ContinueRequested
        ]
    );
}

#[test]
fn a_torn_last_line_is_cut_off_wherever_it_tore() {
    let (_folder, path) = scratch();
    write(
        &path,
        &[
            Event::WaitEnded,
            Event::PauseRequested {
                after: PauseAfter::Iteration,
            },
        ],
    );
    let whole = fs::read(&path).unwrap();
    let first = whole.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    for cut in first..whole.len() {
        let mut torn = whole[..cut].to_vec();
        torn.extend(b"\0\0");
        crate::store::atomic::replace(&path, &torn).unwrap();
        assert_eq!(seen(&path).unwrap(), [Event::WaitEnded]);
        write(&path, &[Event::ContinueRequested]);
        assert_eq!(
            seen(&path).unwrap(),
            [Event::WaitEnded, Event::ContinueRequested],
            "cut at {cut}"
        );
    }
}

#[test]
fn a_damaged_middle_is_reported_with_its_line() {
    let (_folder, path) = scratch();
    write(
        &path,
        &[
            Event::WaitEnded,
            Event::PauseRequested {
                after: PauseAfter::Iteration,
            },
            Event::WaitEnded,
        ],
    );
    let text = fs::read_to_string(&path)
        .unwrap()
        .replace("pause_requested", "pause_reque}ted");
    crate::store::atomic::replace(&path, text.as_bytes()).unwrap();
    let error = Journal::open(&path, |_| ()).unwrap_err().to_string();
    assert!(
        error.contains("events.jsonl:2: the journal is damaged"),
        "{error}"
    );
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        text,
        "a damaged journal is left as it is"
    );
}

#[test]
fn a_missing_line_is_damage() {
    let (_folder, path) = scratch();
    write(
        &path,
        &[
            Event::WaitEnded,
            Event::PauseRequested {
                after: PauseAfter::Iteration,
            },
            Event::WaitEnded,
        ],
    );
    let kept: String = fs::read_to_string(&path)
        .unwrap()
        .lines()
        .enumerate()
        .filter(|(n, _)| *n != 1)
        .map(|(_, line)| format!("{line}\n"))
        .collect();
    crate::store::atomic::replace(&path, kept.as_bytes()).unwrap();
    assert!(seen(&path).unwrap_err().to_string().contains(":2: "));
}

#[test]
fn another_format_is_named_and_never_written() {
    let (_folder, path) = scratch();
    for (format, age) in [(1, "an older"), (3, "a newer")] {
        let text = format!("{{\"v\":{format},\"seq\":1,\"what\":\"ever\"}}\n");
        crate::store::atomic::replace(&path, text.as_bytes()).unwrap();
        let error = Journal::open(&path, |_| ()).unwrap_err();
        assert!(matches!(error, JournalError::OtherFormat { found, .. } if found == format));
        assert!(error.to_string().contains(age), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
}

#[test]
fn there_is_one_writer() {
    let (_folder, path) = scratch();
    let first = Journal::open(&path, |_| ()).unwrap();
    assert!(matches!(
        Journal::open(&path, |_| ()),
        Err(JournalError::Held { .. })
    ));
    drop(first);
    assert!(Journal::open(&path, |_| ()).is_ok());
}

/// Events that differ in one digit.
fn numbered(number: u32) -> Event {
    Event::BlockStarted {
        cursor: crate::model::Cursor {
            node: 0,
            iteration: number,
            attempt: 1,
        },
    }
}

fn refusal(path: &Utf8Path) -> String {
    seen(path).unwrap_err().to_string()
}

#[test]
fn a_changed_digit_is_found_with_its_line() {
    let (_folder, path) = scratch();
    write(&path, &[numbered(1), numbered(2), numbered(3)]);
    let text = fs::read_to_string(&path).unwrap();
    let changed = text.replace("\"iteration\":2", "\"iteration\":5");
    assert_ne!(changed, text);
    crate::store::atomic::replace(&path, changed.as_bytes()).unwrap();
    assert!(refusal(&path).contains("events.jsonl:2: the journal is damaged: its checksum"));
}

#[test]
fn an_inserted_line_is_found_with_its_number() {
    let (_folder, path) = scratch();
    write(&path, &[numbered(1), numbered(2)]);
    let text = fs::read_to_string(&path).unwrap();
    let first = text.lines().next().unwrap();
    for (inserted, why) in [
        (first.to_owned(), "it has number 1 where 2 should be"),
        (first.replace("\"seq\":1", "\"seq\":2"), "its checksum"),
    ] {
        let text = text.replacen('\n', &format!("\n{inserted}\n"), 1);
        crate::store::atomic::replace(&path, text.as_bytes()).unwrap();
        let error = refusal(&path);
        assert!(error.contains(":2: ") && error.contains(why), "{error}");
    }
}
