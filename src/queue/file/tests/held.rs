//! Held tasks whose text is edited or deleted in the file.
use crate::model::{QueueStatus, Searched, Task, TaskState};
use crate::queue::backlog::Backlog;
use crate::queue::file::format::Format as _;
use crate::queue::interface::{Claim, Release, Released};
use crate::queue::testing::{Fixture, agent, save, won};

const THREE: &str = "- [ ] before\n- [ ] Add login\n- [ ] after\n";

/// Three tasks, of which the first agent holds the middle one.
fn held() -> (Fixture, Task) {
    let fixture = Fixture::new(THREE);
    let id = fixture.queue.next().unwrap().remove(1).id;
    let task = won(fixture.queue.claim(Some(&id), &agent("s", 1)));
    (fixture, task)
}

fn status(fixture: &Fixture, alive: bool) -> QueueStatus {
    fixture
        .queue
        .counts(&|_| alive)
        .unwrap()
        .status(Searched::default)
}

#[test]
fn a_reworded_task_stays_held_and_closes_by_both_ids() {
    for (text, by_new) in [
        (THREE.replace("Add login", "Add a login page"), false),
        (THREE.replace("Add login", "Put a door in"), true),
        (
            THREE
                .replace("Add login", "Add login and logout")
                .replace("before", "first"),
            true,
        ),
        (THREE.replace("Add login", "Add login (#login)"), true),
        (
            format!(
                "- [x] zero\n{}",
                THREE.replace("Add login", "Add a login page")
            ),
            false,
        ),
    ] {
        let (fixture, task) = held();
        save(&fixture.path, &text);
        let now = Backlog::default()
            .parse(&text)
            .unwrap()
            .into_iter()
            .find(|item| item.title.contains("login") || item.title.contains("door"))
            .unwrap()
            .id;
        assert_eq!(fixture.queue.next().unwrap().len(), 2, "{text}");
        assert_eq!(
            fixture.queue.show(&now).unwrap().owner.as_deref(),
            Some("pipeline/s/r1/1"),
            "{text}"
        );
        assert!(
            matches!(
                fixture.queue.claim(Some(&now), &agent("s", 2)),
                Ok(Claim::Lost { .. })
            ),
            "{text}"
        );
        fixture
            .queue
            .close(
                if by_new { &now } else { &task.id },
                Some(&agent("s", 1)),
                "",
            )
            .unwrap();
        assert_eq!(fixture.queue.next().unwrap().len(), 2, "{text}");
        assert_eq!(
            fixture.queue.show(&now).unwrap().state,
            TaskState::Closed,
            "{text}"
        );
    }
}

#[test]
fn a_replaced_line_is_not_closed_for_the_old_task() {
    let (fixture, task) = held();
    let text = THREE.replace("Add login", "Drop the database");
    save(&fixture.path, &text);
    for owner in [Some(&agent("s", 1)), None] {
        let error = fixture.queue.close(&task.id, owner, "").unwrap_err();
        assert!(
            error.what.contains("“Add login”") && error.what.contains("“Drop the database”"),
            "{error}"
        );
        let now = Backlog::default().parse(&text).unwrap().remove(1).id;
        assert!(error.next.contains(&format!("`{now}`")), "{}", error.next);
    }
    assert_eq!(fixture.text(), text);
}

#[test]
fn a_reworded_task_keeps_its_failures_when_released() {
    let (fixture, task) = held();
    save(&fixture.path, &THREE.replace("Add login", "Put a door in"));
    let release = Release {
        why: "no",
        failed: true,
    };
    assert_eq!(
        fixture.queue.release(&task.id, &agent("s", 1), &release),
        Ok(Released::Back)
    );
    let now = fixture.queue.next().unwrap().remove(1).id;
    for (iteration, came) in [(2, Released::Back), (3, Released::Parked)] {
        won(fixture.queue.claim(Some(&now), &agent("s", iteration)));
        assert_eq!(
            fixture
                .queue
                .release(&now, &agent("s", iteration), &release),
            Ok(came)
        );
    }
}

#[test]
fn a_task_that_may_be_a_held_one_cannot_be_claimed() {
    let (fixture, _) = held();
    save(
        &fixture.path,
        "- [ ] before\n- [ ] this\n- [ ] after\n- [ ] before\n- [ ] that\n- [ ] after\n",
    );
    let state = |title: &str| {
        let item = Backlog::default()
            .parse(&fixture.text())
            .unwrap()
            .into_iter()
            .find(|item| item.title == title)
            .unwrap();
        fixture.queue.show(&item.id).unwrap().state
    };
    assert_eq!(
        [state("this"), state("that")],
        [TaskState::Blocked, TaskState::Blocked]
    );
}

#[test]
fn a_held_task_deleted_from_the_file_is_not_done() {
    let (fixture, task) = held();
    save(&fixture.path, "- [x] before\n- [x] after\n");
    assert!(matches!(
        status(&fixture, true),
        QueueStatus::Wait { held: 1, .. }
    ));
    let run = crate::queue::RunKey {
        session: "s".parse().unwrap(),
        run: "r1".parse().unwrap(),
    };
    let settled = crate::queue::release_and_check(&*fixture.queue, &run, &|_| true, Some(""));
    let QueueStatus::Stalled { blocked, left: 1 } = settled.status else {
        panic!("{settled:?}")
    };
    assert!(
        blocked[0].contains("“Add login” is no longer in the file"),
        "{blocked:?}"
    );
    fixture
        .queue
        .close(&task.id, Some(&agent("s", 2)), "")
        .unwrap_err();
    fixture.queue.close(&task.id, None, "").unwrap();
    assert_eq!(status(&fixture, true), QueueStatus::Done { closed: 2 });
}

#[test]
fn a_queue_whose_tasks_this_run_closed_and_archived_is_done() {
    let (fixture, task) = held();
    save(&fixture.path, "- [ ] Add login\n");
    fixture
        .queue
        .close(&task.id, Some(&agent("s", 1)), "")
        .unwrap();
    save(&fixture.path, "# all done\n");
    assert_eq!(status(&fixture, true), QueueStatus::Done { closed: 1 });
    assert!(
        matches!(status(&fixture, false), QueueStatus::NoItems { .. }),
        "another run did that"
    );
    assert!(matches!(
        status(&Fixture::new("# none\n"), true),
        QueueStatus::NoItems { .. }
    ));
}

#[test]
fn a_held_task_deleted_from_the_file_is_reported_with_its_title() {
    let fixture = Fixture::new("- [ ] Add login\n- [ ] Test it\n");
    let task = won(fixture.queue.claim(None, &agent("s", 1)));
    save(&fixture.path, "- [ ] Test it\n- [ ] Add logout\n");
    let error = fixture
        .queue
        .close(&task.id, Some(&agent("s", 1)), "")
        .unwrap_err();
    assert!(
        error.what.contains("Add login") && error.next.contains("ap queue ready"),
        "{error}"
    );
    assert_eq!(fixture.text(), "- [ ] Test it\n- [ ] Add logout\n");
}
