mod boxes;

use super::checklist::Backlog;
use crate::queue::file::{Format as _, Mark};
use insta::assert_snapshot;
use proptest::prelude::*;
use std::collections::{HashMap, HashSet};

/// Each task on a line: id, title, mark, then body and acceptance.
fn read(text: &str) -> String {
    let mut told = String::new();
    for item in Backlog::default().parse(text).unwrap() {
        told += &format!("{} {:?} {:?}", item.id, item.title, item.mark);
        for (name, part) in [
            ("body", item.body),
            ("acceptance", item.acceptance.join("|")),
        ] {
            told += &if part.is_empty() {
                String::new()
            } else {
                format!(" {name}={part:?}")
            };
        }
        told.push('\n');
    }
    told
}

fn closed(text: &str, id: &str) -> String {
    let items = Backlog::default().parse(text).unwrap();
    let edit = Backlog::close(text, items.iter().find(|item| item.id == id).unwrap());
    format!(
        "{}{}{}",
        &text[..edit.at.start],
        edit.with,
        &text[edit.at.end..]
    )
}

/// The titles of the tasks that can be claimed.
fn open(text: &str) -> Vec<String> {
    let items = Backlog::default().parse(text).unwrap();
    items
        .into_iter()
        .filter(|item| item.mark == Mark::Open)
        .map(|item| item.title)
        .collect()
}

#[test]
fn the_headings_above_tasks_with_the_same_text_tell_them_apart() {
    let plan = "- [ ] Only once\n# Plan\n## Task 1\n### Steps\n- [ ] Run the tests\n- [ ] Commit\n## Task 2\n### Steps\n- [ ] Run the tests\n- [ ] Commit\n\nSetext\n======\n- [ ] Commit\n**Bold:**\n- [ ] Commit\n- Plain item\n  - [ ] Commit\n";
    let ids = |text: &str| {
        let items = Backlog::default().parse(text).unwrap();
        items.into_iter().map(|item| item.id).collect::<Vec<_>>()
    };
    let before = ids(plan);
    assert_eq!(open(plan).len(), 8);
    assert_eq!(before[0], ids("- [ ] Only once\n")[0]);
    let mut text = plan.to_owned();
    for id in &before {
        text = closed(&text, id);
        assert_eq!(ids(&text), before, "{text}");
    }
    assert_eq!(open(&text), Vec::<String>::new());
    // The same heading twice tells nothing apart.
    assert_eq!(open("## A\n- [ ] a\n## A\n- [ ] a\n"), Vec::<String>::new());
}

#[test]
fn a_priority_in_a_title_orders_the_tasks() {
    let text = "- [ ] none\n- [ ] [implement] [P1] one\n- [ ] [p0] zero — text\n- [ ] [P4] four\n- [ ] [P3] three\n- [ ] outer [P2]\n  - [ ] inner\n- [ ] not `[P0]`\n- [ ] nor [P0](http://x)\n- [ ] nor [P10]\n";
    let titles: Vec<String> = Backlog::default()
        .parse(text)
        .unwrap()
        .into_iter()
        .map(|item| item.title)
        .collect();
    assert_eq!(
        titles,
        [
            "[p0] zero — text",
            "[implement] [P1] one",
            "outer [P2]",
            "inner",
            "none",
            "[P3] three",
            "not `[P0]`",
            "nor [P0](http://x)",
            "nor [P10]",
            "[P4] four"
        ]
    );
}

#[test]
fn indented_lines_are_the_body_and_nested_boxes_are_tasks() {
    let text = "\
- [ ] outer (#outer)
  body

  - plain
    deeper
  - [ ] first (#first)
      its body
    Acceptance criteria:
    - one
    - two
  - [x] second (#second)
    1. [ ] third (#third)
- plain
  - [ ] no child (#alone)
 - [ ] one space is no nesting (#sibling)
text
    - [ ] deep but free (#free)

    still its body?
";
    assert_snapshot!(read(text), @r#"
    outer "outer" Blocked("has open subtasks: first") body="body\n\n- plain\n  deeper"
    first "first" Open body="its body\n\nPart of: outer" acceptance="one|two"
    second "second" Closed body="Part of: outer"
    third "third" Open body="Part of: second"
    alone "no child" Open
    sibling "one space is no nesting" Open
    free "deep but free" Open
    "#);
}

#[test]
fn an_outer_task_is_open_once_its_subtasks_are_closed() {
    let text = "- [ ] outer (#o)\n  - [ ] inner (#i)\n";
    assert_snapshot!(read(&closed(text, "i")), @r#"
    o "outer" Open
    i "inner" Closed body="Part of: outer"
    "#);
    assert_snapshot!(read("- [ ] o (#o)\n  - [ ] a (#a)\n  - [ ] b (#b)\n  - [ ] c (#c)\n  - [ ] d (#d)\n    - [ ] e (#e)\n"), @r#"
    o "o" Blocked("has open subtasks: a, b, c and 1 more")
    a "a" Open body="Part of: o"
    b "b" Open body="Part of: o"
    c "c" Open body="Part of: o"
    d "d" Blocked("has open subtasks: e") body="Part of: o"
    e "e" Open body="Part of: d"
    "#);
}

#[test]
fn acceptance_may_be_written_in_several_ways() {
    let text = "- [ ] a\n  **Acceptance:** tests pass\n- [ ] b\n  why\n  acceptance criteria:\n\n  * one\n  * two\n  more\n- [ ] c\n  Acceptance tests for x\n  - no\n";
    assert_snapshot!(read(text), @r#"
    t-296230c0 "a" Open acceptance="tests pass"
    t-29622ee9 "b" Open body="why\n\nmore" acceptance="one|two"
    t-296231be "c" Open body="Acceptance tests for x\n- no"
    "#);
}

#[test]
fn ids_are_given_or_made_from_the_title() {
    let text = "- [ ] Add  login\n- [x] Add login\n- [ ] Add login (#t-1)\n- [ ] b (#t-1)\n- [ ] c (#no space)\n- [ ] (#only)\n- [ ] d (#x) (#y)\n- [ ] fix (#12)\n";
    assert_snapshot!(read(text), @r#"
    t-87c0e87d "Add  login" Open
    t-87c0e87d-2 "Add login" Closed
    t-1 "Add login" Blocked("has the id `t-1`, like another task: give it another one")
    t-1-2 "b" Blocked("has the id `t-1`, like another task: give it another one")
    t-0703a1c4 "c (#no space)" Open
    t-5c05dd23 "(#only)" Open
    y "d (#x)" Open
    12 "fix" Open
    "#);
}

#[test]
fn tasks_with_the_same_text_have_distinct_ids_or_are_blocked() {
    // Closed ones take no number from those that are left, and no name is given to another task.
    assert_snapshot!(read("- [x] a\n- [ ] a\n- [~] b (#b)\n- [ ] c (#b)\n- [ ] d (#b-2)\n"), @r#"
    t-296230c0-2 "a" Closed
    t-296230c0 "a" Open
    b "b" Blocked("has the id `b`, like another task: give it another one")
    b-3 "c" Blocked("has the id `b`, like another task: give it another one")
    b-2 "d" Open
    "#);
    let ids = Backlog::default()
        .parse("- [ ] a\n  - [ ] test\n- [ ] b\n  - [ ] test\n")
        .unwrap();
    assert!(
        ids[1].id != ids[3].id && ids[1].mark == Mark::Open && ids[3].mark == Mark::Open,
        "{ids:?}"
    );
}

#[test]
fn every_kind_of_line_end_and_mark_stays() {
    for end in ["\n", "\r\n", "\r"] {
        let text = format!("\u{feff}- [ ] 🦀 a (#a){end}{end}\t- [ ] b (#b)  {end}- [ ] c (#c)");
        for id in ["b", "c"] {
            let tick = |id: &str| text.replace(&format!("[ ] {id}"), &format!("[x] {id}"));
            assert_eq!(closed(&text, id), tick(id));
        }
    }
}

/// Lines of the kind people write, and of the kind they do not.
fn checklist() -> impl Strategy<Value = String> {
    let sign = prop::sample::select(vec![" ", " ", " ", " ", "x", "~", "", "?", "é"]);
    let task = (
        " {0,6}|\t",
        "[-*+]|1[.)]",
        sign,
        "[a-c ]{0,3}|.{0,12}",
        "| \\(#[a-c]\\)",
    );
    let task = task.prop_map(|(indent, bullet, sign, title, id)| {
        format!("{indent}{bullet} [{sign}] {title}{id}")
    });
    let line = prop_oneof![6 => task, 1 => "```|~~~|<!--|-->|", 2 => ".{0,20}"];
    let ended = (line, "\n|\r\n|\r").prop_map(|(line, end)| line + &end);
    ("\u{feff}?", prop::collection::vec(ended, 0..24), ".{0,8}")
        .prop_map(|(bom, lines, last)| bom + &lines.concat() + &last)
}

proptest! {
    #[test]
    fn any_text_is_read(text in "\\PC*|(?s).{0,200}") {
        Backlog::default().parse(&text).unwrap();
    }

    #[test]
    fn ids_are_unique(text in checklist()) {
        let items = Backlog::default().parse(&text).unwrap();
        let ids: HashSet<&str> = items.iter().map(|item| item.id.as_str()).collect();
        prop_assert_eq!(ids.len(), items.len());
    }

    #[test]
    fn closing_changes_one_byte_and_one_mark(text in checklist()) {
        let items = Backlog::default().parse(&text).unwrap();
        for item in items.iter().filter(|item| matches!(item.mark, Mark::Open | Mark::Begun)) {
            let after = closed(&text, &item.id);
            let changed: Vec<usize> = (0..text.len()).filter(|&at| text.as_bytes()[at] != after.as_bytes()[at]).collect();
            prop_assert_eq!((changed, after.len()), (vec![item.at], text.len()));
            for (before, after) in items.iter().zip(Backlog::default().parse(&after).unwrap()) {
                let (closed_before, closed_after) = (before.mark == Mark::Closed, after.mark == Mark::Closed);
                // Closed ones with the same text need not be told apart.
                prop_assert!(closed_after || before.id == after.id);
                prop_assert_eq!(closed_after, closed_before || before.id == item.id);
            }
        }
    }

    #[test]
    fn moving_a_line_keeps_its_id(mut titles in prop::collection::hash_set("[a-z]{1,12}", 1..12).prop_map(Vec::from_iter), by in 0..12_usize) {
        let ids = |titles: &[String]| {
            let text: String = titles.iter().map(|title| format!("- [ ] {title}\n")).collect();
            let items = Backlog::default().parse(&text).unwrap();
            items.into_iter().map(|item| (item.title, item.id)).collect::<HashMap<_, _>>()
        };
        let before = ids(&titles);
        let by = by % titles.len();
        titles.rotate_left(by);
        prop_assert_eq!(before, ids(&titles));
    }
}

#[test]
fn tasks_of_the_older_backlog_have_their_ids_marks_and_order() {
    let text = "- [ ] [implement] later — text\n- [ ] [P1] [research] HYPO_7 — first\n- [~] [P0] begun_1 — by hand\n- [~deferred] [P0] gone_1 — text\n- [~won't-fix] gone_2 — text\n- [X] done_1 — text\n- [~later] odd_1 — text\n";
    let items = Backlog::default().parse(text).unwrap();
    let read: Vec<(&str, &Mark)> = items
        .iter()
        .map(|item| (item.id.as_str(), &item.mark))
        .collect();
    let unknown = Mark::Blocked(
        "is marked `[~later]`, which is not known: write `[ ]`, `[~deferred]` or `[~won't-fix]`"
            .to_owned(),
    );
    assert_eq!(
        read,
        [
            ("begun_1", &Mark::Begun),
            ("gone_1", &Mark::Closed),
            ("HYPO_7", &Mark::Open),
            ("later", &Mark::Open),
            ("gone_2", &Mark::Closed),
            ("done_1", &Mark::Closed),
            ("odd_1", &unknown),
        ]
    );
}

#[test]
fn ten_thousand_lines_are_read_and_one_is_closed_by_its_id() {
    let line = |at: u32| format!("- [ ] [P{}] [implement] T_{at} — text {at}\r\n", at % 10);
    let text: String = (0..10_000).map(line).collect();
    let items = Backlog::default().parse(&text).unwrap();
    assert_eq!(items.len(), 10_000);
    assert_eq!(
        (items[0].id.as_str(), items[1].id.as_str()),
        ("T_0", "T_10")
    );
    let expected = text.replace(&line(7_777), &line(7_777).replace("[ ]", "[x]"));
    assert_eq!(closed(&text, "T_7777"), expected);
}
