//! Which lines are tasks, and which only look like one.
use super::*;

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
    t-29621e9b "h" Blocked("is marked `[-]`, which is dropped to some and in progress to others: write `[x]` or `[ ]`, or set `queue: {dropped: \"-\"}` in the loop")
    t-29621e68 "i" Begun
    t-29621871 "j" Begun
    t-29621bc6 "k" Blocked("is marked `[!]`, which is neither open nor done: write `[ ]` to open it")
    t-29621447 "l" Blocked("has no plain space in its box: write `[ ]`")
    t-29621314 "m" Closed
    t-29621b3d "n" Blocked("has no plain space in its box: write `[ ]`")
    "#);
}

#[test]
fn text_that_resembles_a_box_is_no_task() {
    let text = "- [ ]\n- [ ]   \n- [x](http://x)\n- [ ](http://x)\n- [x]: http://x\n- [x][y]\n- [](http://x)\n- [1] a\n- [a] b\n- [x\n- [\n-\n1 [ ] a\n`- [ ] a`\n- `[ ]` a\n[ ] = open, [x] = done\n[ ] open\t[x] done\n| [ ] | a |\na - [ ] b\n";
    assert_snapshot!(read(text), @"");
}

#[test]
fn boxes_in_code_and_comments_are_not_tasks() {
    let text = "```md\n- [ ] a\n```\n~~~~\n- [ ] b\n~~~\n- [ ] b2\n~~~~~\n<!-- - [ ] c -->\n<!--\n- [ ] d\n-->\n- [ ] e\n  ```\n- [ ] f\n  ```\n  end\n``` x ``` y\n- [ ] g\n";
    assert_snapshot!(read(text), @r#"
    t-29623d8c "e" Open body="```"
    t-29623195 "f" Open body="```\nend"
    t-2962336a "g" Open
    "#);
}

#[test]
fn a_code_block_ends_where_commonmark_ends_it() {
    for (text, expected) in [
        // A closing fence is as long as the opening one at least, of the same sign, indented by three columns at most.
        ("```\n- [ ] no\n``\n- [ ] no\n````\n- [ ] yes\n", "yes"),
        ("````\n```\n- [ ] no\n```\n````\n- [ ] yes\n", "yes"),
        ("```\n- [ ] no\n~~~\n- [ ] no\n```\n- [ ] yes\n", "yes"),
        ("~~~ a`b ~~~\n- [ ] no\n~~~\n- [ ] yes\n", "yes"),
        (
            "```\n- [ ] no\n    ```\n- [ ] no\n   ```\n- [ ] yes\n",
            "yes",
        ),
        (
            "```\n- [ ] no\n``` sh\n- [ ] no\n```  \t\n- [ ] yes\n",
            "yes",
        ),
        ("   ```\n   - [ ] no\n```\n- [ ] yes\n", "yes"),
        // No opening fence.
        ("    ```\n- [ ] yes\n    ```\n- [ ] too\n", "yes too"),
        ("``` a`b\n- [ ] yes\n", "yes"),
        ("``\n- [ ] yes\n``\n", "yes"),
        ("text\n    ```\n- [ ] yes\n", "yes"),
        // A list item or quote ends with its container.
        (
            "- [ ] yes\n  ```sh\n  cmd\n- [ ] too\n  ```\n  x\n  ```\n- [ ] three\n",
            "yes too three",
        ),
        ("- [ ] yes\n  ~~~\n  - [ ] no\n- [ ] too\n", "yes too"),
        ("> ```\n> - [ ] no\n\n- [ ] yes\n> ```\n", "yes"),
        (
            "1. [ ] yes\n\n   ```\n   - [ ] no\n   ```\n\n2. [ ] too\n",
            "yes too",
        ),
        // Outside of the item, a fence begins another block, which never ends.
        (
            "1. [ ] yes\n\n   ```\n   - [ ] no\n  ```\n\n2. [ ] no\n",
            "yes",
        ),
        (
            "- [ ] yes\n\n  ```\n  - [ ] no\n    ```\n- [ ] too\n",
            "yes too",
        ),
        (
            "- [ ] yes\n  ```\n  - [ ] no\n      ```\n  - [ ] no\n  ```\n- [ ] too\n",
            "yes too",
        ),
        ("- ```\n  - [ ] no\n  ```\n- [ ] yes\n", "yes"),
        ("- [ ] yes\n\n      ```\n\n- [ ] too\n", "yes too"),
        (
            "10. [ ] yes\n    ```\n    - [ ] no\n    ```\n11. [ ] too\n",
            "yes too",
        ),
        ("* a\n\n    ```\n    - [ ] no\n    ```\n* [ ] yes\n", "yes"),
        (
            "-\t[ ] yes\n\n\t```\n\t- [ ] no\n\t```\n-\t[ ] too\n",
            "yes too",
        ),
        // Comments and HTML that is shown as it is written.
        ("<!--\n\n- [ ] no\n\n-->\n- [ ] yes\n", "yes"),
        ("<pre>\n\n- [ ] no\n</pre>\n\n- [ ] yes\n", "yes"),
        ("<details>\n- [ ] yes\n</details>\n", "yes"),
        ("- - [ ] yes\n1. - [ ] too\n", "yes too"),
    ] {
        for end in ["\n", "\r\n", "\r"] {
            let text = text.replace('\n', end);
            let expected: Vec<&str> = expected.split(' ').collect();
            assert_eq!(open(&text), expected, "{text:?}");
            assert_eq!(open(&format!("\u{feff}{text}")), expected, "{text:?}");
        }
    }
}

#[test]
fn tasks_in_an_unclosed_code_block_are_blocked() {
    assert_snapshot!(read("- [ ] z (#z)\n```\n- [ ] a\n- [x] c\n"), @r#"
    z "z" Open
    t-296230c0 "a" Blocked("is inside the code block that begins on line 2 and never ends: end it, or write `- [ ] a` above it")
    "#);
    assert_snapshot!(read("<!--\n- [ ] b\n"), @r#"t-29622ee9 "b" Blocked("is inside the comment that begins on line 1 and never ends: end it, or write `- [ ] b` above it")"#);
    assert_snapshot!(read("text\n\n    - [ ] a\n    - [x] b\n"), @r#"t-296230c0 "a" Blocked("is indented so far on line 3 that Markdown reads it as code: write `- [ ] a`")"#);
}

#[test]
fn a_box_that_markdown_does_not_read_is_blocked_rather_than_ignored() {
    for (line, title) in [
        ("- [ ]Fix it", "Fix it"),
        ("-[ ] Log", "Log"),
        ("-[ ]Log", "Log"),
        ("1.[ ] Rotate", "Rotate"),
        ("2)[ ] Rotate", "Rotate"),
        ("> - [ ] quoted", "quoted"),
        ("> > 1. [ ] quoted", "quoted"),
        (">- [ ]quoted", "quoted"),
        ("- [  ] wide", "wide"),
        ("- [\t\t] wide", "wide"),
        ("-\u{a0}[ ] space", "space"),
        ("[ ] bare", "bare"),
        ("• [ ] copied", "copied"),
        ("– [ ] copied", "copied"),
        ("- ☐ copied", "copied"),
        ("- \\[ \\] escaped", "escaped"),
        ("- \\[ ] escaped", "escaped"),
        ("### [ ] Task 1", "Task 1"),
        ("## - [ ] Task 1", "Task 1"),
        ("1234567890. [ ] a", "a"),
    ] {
        let items = Backlog::default()
            .parse(&format!("- [x] Old (#old)\n\n{line}\n"))
            .unwrap();
        let [_, item] = items.as_slice() else {
            panic!("{line:?} {items:?}")
        };
        let Mark::Blocked(why) = &item.mark else {
            panic!("{line:?} {item:?}")
        };
        assert_eq!(item.title, title, "{line:?}");
        assert!(
            why.contains("line 3") && why.contains(&format!("`- [ ] {title}`")),
            "{line:?} {why}"
        );
        let done = line
            .replace(['☐'], "☑")
            .replace("[ ", "[x")
            .replace("[  ", "[x")
            .replace("\t\t", "x");
        let done = Backlog::default().parse(&done).unwrap();
        assert!(
            done.iter().all(|item| item.mark == Mark::Closed),
            "{line:?} {done:?}"
        );
    }
}

#[test]
fn a_dropped_task_is_closed_where_the_sign_is_declared() {
    let marks = |dropped| {
        let items = Backlog { dropped }
            .parse("- [-] a\n- [c] b\n- [ ] d\n")
            .unwrap();
        items
            .into_iter()
            .map(|item| (item.title, item.mark == Mark::Closed))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        marks(None),
        [("a".to_owned(), false), ("d".to_owned(), false)]
    );
    assert_eq!(
        marks(Some('-')),
        [("a".to_owned(), true), ("d".to_owned(), false)]
    );
    assert_eq!(
        marks(Some('c')),
        [
            ("a".to_owned(), false),
            ("b".to_owned(), true),
            ("d".to_owned(), false)
        ]
    );
    assert_snapshot!(read("- [✅] a\n- [✔\u{fe0f}] b\n- [☑] c\n- [❌] d (#d)\n"), @r#"
    t-296230c0 "a" Closed
    t-29622ee9 "b" Closed
    t-296231be "c" Closed
    d "d" Blocked("is marked `[❌]`, which is neither open nor done: write `[ ]` to open it")
    "#);
}
