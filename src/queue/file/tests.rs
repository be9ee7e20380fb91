use super::super::backlog::Backlog;
use super::*;
use crate::model::Verdict;
use crate::queue::testing::{Fixture, agent, folder, save, won};
use std::cell::Cell;

#[test]
fn a_file_half_saved_is_not_believed() {
    for half in ["", "- [x] a\n"] {
        let (_keep, folder) = folder();
        let path = folder.join("backlog.md");
        save(&path, half);
        let queue = FileQueue::<Backlog>::new(path.clone(), 3);
        let looks = Cell::new(0);
        let census = queue.look(
            || {
                let found = queue.read().map(|(items, claims)| count(&items, &claims, &|_| true));
                // The editor goes on after our first look.
                (looks.replace(looks.get() + 1) == 0).then(|| save(&path, "- [x] a\n- [ ] b\n"));
                found
            },
            |census| census.total > census.closed,
        );
        let verdict = census.unwrap().verdict(Sought::default);
        assert!(matches!(verdict, Verdict::Work { ready: 1, left: 1, .. }), "{half:?} {verdict:?}");
    }
}

#[test]
fn a_file_that_never_rests_is_busy() {
    let (_keep, folder) = folder();
    let path = folder.join("backlog.md");
    save(&path, "");
    let queue = FileQueue::<Backlog>::new(path.clone(), 3);
    let looks = Cell::new(0);
    let look = || {
        looks.set(looks.get() + 1);
        save(&path, &"\n".repeat(looks.get()));
        Ok(())
    };
    assert_eq!(queue.look(look, |()| false).unwrap_err().problem, Problem::Busy);
}

#[test]
fn a_task_reworded_while_held_says_what_it_was() {
    let fixture = Fixture::new("- [ ] Add login\n");
    let task = won(fixture.queue.claim(None, &agent("s", 1)));
    save(&fixture.path, "- [ ] Add logout\n");
    let error = fixture.queue.close(&task.id, Some(&agent("s", 1)), "").unwrap_err();
    assert!(error.what.contains("Add login") && error.next.contains("ap queue ready"), "{error}");
    assert_eq!(fixture.text(), "- [ ] Add logout\n");
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
fn what_is_dropped_counts_as_done_and_what_is_blocked_does_not() {
    let verdict = |text: &str| Fixture::new(text).queue.census(&|_| true).unwrap().verdict(Sought::default);
    assert_eq!(verdict("- [x] a\n- [-] b\n"), Verdict::Done { closed: 2 });
    let blocked = vec!["b has no plain space in its box: write `[ ]`".to_owned()];
    assert_eq!(verdict("- [x] a\n- [] b (#b)\n"), Verdict::Stalled { blocked, left: 1 });
}
