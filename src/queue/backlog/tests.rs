use super::checklist::Backlog;
use crate::queue::file::{Format as _, Mark};
use insta::assert_snapshot;
use proptest::prelude::*;
use std::collections::{HashMap, HashSet};

/// Each task on a line: id, title, mark, then body and acceptance.
fn read(text: &str) -> String {
    let mut told = String::new();
    for item in Backlog::parse(text).unwrap() {
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
    let items = Backlog::parse(text).unwrap();
    let edit = Backlog::close(text, items.iter().find(|item| item.id == id).unwrap());
    format!(
        "{}{}{}",
        &text[..edit.at.start],
        edit.with,
        &text[edit.at.end..]
    )
}

#[test]
fn every_way_to_write_a_box() {
    let text = "- [ ] a\n* [ ] b\n+ [x] c\n1. [X] d\n12) [ ] e\n-\t[ ]\tf\n  - [ ] g\n- [-] h\n- [~] i\n- [/] j\n- [!] k\n- [] l\n- [✓] m\n- [\u{a0}] n\n";
    assert_snapshot!(read(text), @r#"
    t-296230c0 "a" Open
    t-29622ee9 "b" Open
    t-296231be "c" Closed
    t-29623e3f "d" Closed
    t-29623d8c "e" Open
    t-29623195 "f" Blocked("has open subtasks: t-a4c9e4b1")
    t-a4c9e4b1 "g" Open body="Part of: f"
    t-29621e9b "h" Closed
    t-29621e68 "i" Begun
    t-29621871 "j" Begun
    t-29621bc6 "k" Blocked("is marked `[!]`, which is neither open nor done: write `[ ]` to open it")
    t-29621447 "l" Blocked("has no plain space in its box: write `[ ]`")
    t-29621314 "m" Blocked("is marked `[✓]`, which is neither open nor done: write `[ ]` to open it")
    t-29621b3d "n" Blocked("has no plain space in its box: write `[ ]`")
    "#);
}

#[test]
fn text_that_resembles_a_box_is_no_task() {
    let text = "-[ ] a\n- [ ]b\n- [ ]\n- [ ]   \n- [x](http://x)\n- [](http://x)\n- [1] a\n- [a] b\n[ ] a\n> - [ ] a\n- [  ] a\n- [x\n- [\n-\n1234567890. [ ] a\n1 [ ] a\n";
    assert_snapshot!(read(text), @"");
}

#[test]
fn boxes_in_code_and_comments_are_no_tasks() {
    let text = "```md\n- [ ] a\n```\n~~~~\n- [ ] b\n~~~\n- [ ] b2\n~~~~~\n<!-- - [ ] c -->\n<!--\n- [ ] d\n-->\n- [ ] e\n  ```\n- [ ] f\n  ```\n  end\n``` x ``` y\n- [ ] g\n";
    assert_snapshot!(read(text), @r#"
    t-29623d8c "e" Open body="  ```\n- [ ] f\n  ```\n  end"
    t-2962336a "g" Open
    "#);
}

#[test]
fn a_quote_that_never_ends_hides_nothing() {
    assert_snapshot!(read("```\n- [ ] a\n<!--\n- [ ] b\n"), @r#"
    t-296230c0 "a" Open
    t-29622ee9 "b" Open
    "#);
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
fn ids_are_the_given_ones_or_made_from_the_words() {
    let text = "- [ ] Add  login\n- [x] Add login\n- [ ] Add login (#t-1)\n- [ ] b (#t-1)\n- [ ] c (#no space)\n- [ ] (#only)\n- [ ] d (#x) (#y)\n- [ ] fix (#12)\n";
    assert_snapshot!(read(text), @r#"
    t-87c0e87d "Add  login" Open
    t-87c0e87d-2 "Add login" Closed
    t-1 "Add login" Blocked("ends in `(#t-1)` like another task: give it another name")
    t-1-2 "b" Blocked("ends in `(#t-1)` like another task: give it another name")
    t-0703a1c4 "c (#no space)" Open
    t-5c05dd23 "(#only)" Open
    y "d (#x)" Open
    12 "fix" Open
    "#);
}

#[test]
fn of_tasks_with_the_same_text_none_can_be_mistaken_for_another() {
    // Closed ones take no number from those that are left, and no name is given to another task.
    assert_snapshot!(read("- [x] a\n- [ ] a\n- [~] b (#b)\n- [ ] c (#b)\n- [ ] d (#b-2)\n"), @r#"
    t-296230c0-2 "a" Closed
    t-296230c0 "a" Open
    b "b" Blocked("ends in `(#b)` like another task: give it another name")
    b-3 "c" Blocked("ends in `(#b)` like another task: give it another name")
    b-2 "d" Open
    "#);
    let ids = Backlog::parse("- [ ] a\n  - [ ] test\n- [ ] b\n  - [ ] test\n").unwrap();
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
        Backlog::parse(&text).unwrap();
    }

    #[test]
    fn ids_are_unique(text in checklist()) {
        let items = Backlog::parse(&text).unwrap();
        let ids: HashSet<&str> = items.iter().map(|item| item.id.as_str()).collect();
        prop_assert_eq!(ids.len(), items.len());
    }

    #[test]
    fn closing_changes_one_byte_and_one_mark(text in checklist()) {
        let items = Backlog::parse(&text).unwrap();
        for item in items.iter().filter(|item| matches!(item.mark, Mark::Open | Mark::Begun)) {
            let after = closed(&text, &item.id);
            let changed: Vec<usize> = (0..text.len()).filter(|&at| text.as_bytes()[at] != after.as_bytes()[at]).collect();
            prop_assert_eq!((changed, after.len()), (vec![item.at], text.len()));
            for (before, after) in items.iter().zip(Backlog::parse(&after).unwrap()) {
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
            let items = Backlog::parse(&text).unwrap();
            items.into_iter().map(|item| (item.title, item.id)).collect::<HashMap<_, _>>()
        };
        let before = ids(&titles);
        let by = by % titles.len();
        titles.rotate_left(by);
        prop_assert_eq!(before, ids(&titles));
    }
}
