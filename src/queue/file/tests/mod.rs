//! Tests of queues in files.
mod held;

use super::file_queue::FileQueue;
use super::format::Format as _;
use super::merged::count;
use crate::model::{QueueStatus, Searched};
use crate::queue::backlog::Backlog;
use crate::queue::error::QueueErrorKind;
use crate::queue::testing::{Fixture, agent, folder, save, won};
use std::cell::Cell;

#[test]
fn a_half_saved_file_is_read_again() {
    for half in ["", "- [x] a\n"] {
        let (_keep, folder) = folder();
        let path = folder.join("backlog.md");
        save(&path, half);
        let queue = FileQueue::new(Backlog::default(), path.clone(), 3);
        let looks = Cell::new(0);
        let counts = queue.read_until_stable(
            || {
                let found = queue
                    .read()
                    .map(|(tasks, claims)| count(&tasks, &claims, &|_| true));
                // The editor continues after our first read.
                (looks.replace(looks.get() + 1) == 0).then(|| save(&path, "- [x] a\n- [ ] b\n"));
                found
            },
            |counts| counts.total > counts.closed,
        );
        let status = counts.unwrap().status(Searched::default);
        assert!(
            matches!(
                status,
                QueueStatus::Work {
                    ready: 1,
                    left: 1,
                    ..
                }
            ),
            "{half:?} {status:?}"
        );
    }
}

#[test]
fn a_file_that_keeps_changing_is_busy() {
    let (_keep, folder) = folder();
    let path = folder.join("backlog.md");
    save(&path, "");
    let queue = FileQueue::new(Backlog::default(), path.clone(), 3);
    let looks = Cell::new(0);
    let read = || {
        looks.set(looks.get() + 1);
        save(&path, &"\n".repeat(looks.get()));
        Ok(())
    };
    assert_eq!(
        queue.read_until_stable(read, |()| false).unwrap_err().kind,
        QueueErrorKind::Busy
    );
}

#[test]
fn closing_one_of_two_tasks_with_the_same_text_leaves_the_other() {
    let fixture = Fixture::new("- [~] a\n- [ ] a\n- [~] b\n");
    for item in Backlog::default()
        .parse(&fixture.text())
        .unwrap()
        .iter()
        .take(2)
    {
        fixture.queue.close(&item.id, None, "").unwrap_err();
    }
    assert_eq!(fixture.text(), "- [~] a\n- [ ] a\n- [~] b\n");
}

#[test]
fn open_tasks_with_the_same_text_are_blocked() {
    let fixture =
        Fixture::new("- [x] same\n- [ ] same\n- [ ] twice\n- [ ] twice\n- [ ] twice (#third)\n");
    let ready: Vec<String> = fixture
        .queue
        .next()
        .unwrap()
        .into_iter()
        .map(|task| task.title)
        .collect();
    assert_eq!(ready, ["same", "twice"]);
    let same = won(fixture.queue.claim(None, &agent("s", 1)));
    // Archiving the closed one changes nothing for the other.
    save(&fixture.path, &fixture.text().replace("- [x] same\n", ""));
    fixture
        .queue
        .close(&same.id, Some(&agent("s", 1)), "")
        .unwrap();
    assert!(fixture.text().starts_with("- [x] same\n- [ ] twice\n"));
    let twice = Backlog::default()
        .parse(&fixture.text())
        .unwrap()
        .remove(1)
        .id;
    let why = fixture.queue.close(&twice, None, "").unwrap_err().what;
    assert!(
        why.contains("has the same text as another task: end its line with `(#name)`"),
        "{why}"
    );
}

#[test]
fn an_outer_task_is_not_closed_before_its_subtasks() {
    let fixture = Fixture::new("- [ ] outer (#o)\n  - [ ] inner (#i)\n");
    let error = fixture.queue.close("o", None, "").unwrap_err();
    assert!(error.what.contains("has open subtasks: i"), "{error}");
    fixture.queue.close("i", None, "").unwrap();
    fixture.queue.close("o", None, "").unwrap();
    assert_eq!(fixture.text(), "- [x] outer (#o)\n  - [x] inner (#i)\n");
}

#[test]
fn blocked_tasks_never_count_as_done() {
    let status = |text: &str| {
        Fixture::new(text)
            .queue
            .counts(&|_| true)
            .unwrap()
            .status(Searched::default)
    };
    assert!(matches!(
        status("- [x] a\n- [-] b\n"),
        QueueStatus::Stalled { left: 1, .. }
    ));
    assert!(matches!(
        status("- [x] Old (#old)\n- [ ]Fix\n"),
        QueueStatus::Stalled { left: 1, .. }
    ));
    let blocked = vec!["b has no plain space in its box: write `[ ]`".to_owned()];
    assert_eq!(
        status("- [x] a\n- [] b (#b)\n"),
        QueueStatus::Stalled { blocked, left: 1 }
    );
}
