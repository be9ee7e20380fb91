use super::Prd;
use crate::queue::file::{Format as _, Mark};
use insta::assert_snapshot;

fn closed(text: &str, id: &str) -> String {
    let items = Prd.parse(text).unwrap();
    let edit = Prd::close(text, items.iter().find(|item| item.id == id).unwrap());
    let after = format!(
        "{}{}{}",
        &text[..edit.at.start],
        edit.with,
        &text[edit.at.end..]
    );
    let again = Prd.parse(&after).unwrap();
    for (before, after) in items.iter().zip(&again) {
        assert_eq!(
            after.mark == Mark::Closed,
            before.mark == Mark::Closed || before.id == id
        );
    }
    after
}

#[test]
fn closing_changes_one_word_and_no_shape() {
    let text = "\u{feff}{ \"z\":1,\r\n \"userStories\" : [ {\"passes\":true,\"id\":\"A\"},\r\n\t{\"id\":\"B\", \"passes\"\t: false , \"x\": [{\"passes\":false}]} ] }";
    assert_eq!(
        closed(text, "B"),
        text.replacen("\"passes\"\t: false", "\"passes\"\t: true", 1)
    );
}

#[test]
fn a_story_without_passes_is_open_and_can_be_closed() {
    assert_snapshot!(closed(r#"{"userStories":[{"id":7},{"id":"B","passes":null}]}"#, "7"), @r#"{"userStories":[{"passes": true, "id":7},{"id":"B","passes":null}]}"#);
    assert_snapshot!(closed(r#"{"userStories":[{"id":7},{"id":"B","passes":null}]}"#, "B"), @r#"{"userStories":[{"id":7},{"id":"B","passes":true}]}"#);
}

#[test]
fn names_written_with_escapes_are_found() {
    assert_snapshot!(closed(r#"{"userStories":[{"id":"A","p\u0061sses":false,"title":"\"passes\": false"}]}"#, "A"), @r#"{"userStories":[{"id":"A","p\u0061sses":true,"title":"\"passes\": false"}]}"#);
}

#[test]
fn a_malformed_prd_is_reported_with_its_location() {
    let why = |text: &str| Prd.parse(text).unwrap_err();
    assert_snapshot!(why(""), @"the file is empty");
    assert_snapshot!(why("[]"), @"invalid type: sequence, expected an object with `userStories` at line 1 column 0");
    assert_snapshot!(why(r#"{"userStories":[]} x"#), @"trailing characters at line 1 column 20");
    assert_snapshot!(why(r#"{"stories":[]}"#), @"it has `stories` where the list `userStories` is expected: rename it");
    assert_snapshot!(why(r#"{"project":"x","userStories":null}"#), @"it has no list `userStories`");
    assert_snapshot!(why(r#"{"userStories":[{"id":"A","passes":"yes"}]}"#), @r#"userStories[0].passes: invalid type: string "yes", expected a boolean at line 1 column 40"#);
    assert_snapshot!(why(r#"{"userStories":[{"id":"A","passes":false,"passes":true}]}"#), @"userStories[0]: duplicate field `passes` at line 1 column 49");
    assert_snapshot!(why(r#"{"userStories":[{"id":"A"},{"id":"A "}]}"#), @"userStories[1] has the id `A`, which an earlier story has too");
    assert_snapshot!(why(r#"{"userStories":[{"id":" "}]}"#), @"userStories[0] has an empty id");
    assert_snapshot!(why(r#"[[{"id":"A"}]]"#), @"invalid type: sequence, expected an object with `userStories` at line 1 column 0");
    assert_snapshot!(why(r#"{"userStories":[["A"]]}"#), @"userStories[0]: invalid type: sequence, expected an object with `id`, and with `passes` once it is done at line 1 column 16");
    let deep = why(&format!(r#"{{"userStories":{}1"#, "[".repeat(500)));
    assert!(
        deep.contains("sequence") || deep.contains("recursion limit"),
        "{deep}"
    );
}

/// Returns the ids of the stories in the order they are worked on.
fn order(text: &str) -> Vec<String> {
    let items = Prd.parse(text).unwrap().into_iter();
    items.map(|item| item.id).collect()
}

#[test]
fn the_lower_priority_comes_first_and_none_comes_last() {
    let text = r#"{"userStories":[{"id":"c"},{"id":"b","priority":2},{"id":"a","priority":1},{"id":"b2","priority":2}]}"#;
    assert_eq!(order(text), ["a", "b", "b2", "c"]);
}

/// The id and the reason of each story that is blocked, in order, and the ids of those that can be claimed.
fn waiting(stories: &str) -> (Vec<(String, String)>, Vec<String>) {
    let items = Prd
        .parse(&format!(r#"{{"userStories":[{stories}]}}"#))
        .unwrap();
    let mut blocked = Vec::new();
    let mut open = Vec::new();
    for item in items {
        match item.mark {
            Mark::Blocked(why) => blocked.push((item.id, why)),
            Mark::Open => open.push(item.id),
            Mark::Begun | Mark::Closed => {}
        }
    }
    (blocked, open)
}

#[test]
fn a_story_waits_for_those_it_depends_on() {
    for dependency in [
        r#""dependsOn":["B"]"#,
        r#""dependsOn":"B""#,
        r#""dependencies":["B","C"]"#,
        r#""depends_on":[{"id":"B"}]"#,
        r#""blockedBy":"C, B""#,
        r#""blocked_by":["B"],"dependsOn":["C"]"#,
    ] {
        let (blocked, open) = waiting(&format!(
            r#"{{"id":"A",{dependency}}},{{"id":"B"}},{{"id":"C","passes":true}}"#
        ));
        assert_eq!(
            blocked,
            [("A".to_owned(), "waits for B".to_owned())],
            "{dependency}"
        );
        assert_eq!(open, ["B"], "{dependency}");
    }
    let (blocked, open) = waiting(
        r#"{"id":1,"dependsOn":[2]},{"id":2},{"id":3,"dependsOn":[]},{"id":4,"dependencies":null},{"id":5,"dependencies":["none"]}"#,
    );
    assert_eq!(blocked, [("1".to_owned(), "waits for 2".to_owned())]);
    assert_eq!(open, ["2", "3", "4", "5"]);
    let (blocked, _) = waiting(
        r#"{"id":"a","dependsOn":["b","c","d","e","b"]},{"id":"b"},{"id":"c"},{"id":"d"},{"id":"e"}"#,
    );
    assert_eq!(blocked[0].1, "waits for b, c, d and 1 more");
}

#[test]
fn a_dependency_that_no_story_has_is_named() {
    let (blocked, open) =
        waiting(r#"{"id":"A","dependsOn":["US-9"]},{"id":"B","passes":true,"dependsOn":["US-9"]}"#);
    assert_eq!(
        blocked,
        [(
            "A".to_owned(),
            "waits for `US-9`, which is the id of no story: correct its dependencies".to_owned()
        )]
    );
    assert_eq!(open, Vec::<String>::new());
}

#[test]
fn a_circle_of_dependencies_is_named() {
    let (blocked, open) = waiting(
        r#"{"id":"A","dependsOn":["B"]},{"id":"B","dependsOn":["C"]},{"id":"C","dependsOn":["B"]},{"id":"D","dependsOn":["D"]},{"id":"E"}"#,
    );
    let reasons: Vec<&str> = blocked.iter().map(|(_, why)| why.as_str()).collect();
    assert_eq!(
        reasons,
        [
            "waits for B",
            "waits in a circle (B → C → B): remove one of these dependencies",
            "waits in a circle (C → B → C): remove one of these dependencies",
            "waits in a circle (D → D): remove one of these dependencies",
        ]
    );
    assert_eq!(open, ["E"]);
    // Ten thousand in a row are no matter.
    let chain: Vec<String> = (0..10_000)
        .map(|at| format!(r#"{{"id":{at},"dependsOn":[{}]}}"#, (at + 1) % 10_000))
        .collect();
    assert_eq!(waiting(&chain.join(",")).0.len(), 10_000);
}

#[test]
fn only_id_passes_and_order_must_be_right() {
    let text = r#"{"userStories":[
        {"id":"a","title":null,"description":["one","two"],"acceptanceCriteria":[{"description":"works"},"plain",7,null,{"given":"x","then":"y"}],"notes":{"by":"me"}},
        {"id":"b","title":12,"description":{"text":"said"},"acceptanceCriteria":"- first\n- second\n","priority":null},
        {"id":"c","acceptanceCriteria":null,"notes":null,"priority":[]}]}"#;
    let items = Prd.parse(text).unwrap();
    let shown: Vec<String> = items
        .iter()
        .map(|item| {
            format!(
                "{} {:?} {:?} {}",
                item.id,
                item.title,
                item.body,
                item.acceptance.join("|")
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            r#"a "" "one\ntwo\n\nNotes: by: me" works|plain|7|given: x, then: y"#,
            r#"b "12" "said" first|second"#,
            r#"c "" "" "#,
        ]
    );
}

#[test]
fn fractions_and_words_of_priority_order_the_stories() {
    let text = r#"{"userStories":[{"id":"none"},{"id":"odd","priority":{}},{"id":"low","priority":"low"},{"id":"1.5","priority":1.5},{"id":"1.1","priority":1.1},
        {"id":"high","priority":"High"},{"id":"P0","priority":"P0"},{"id":"two","priority":"2"},{"id":"minus","priority":-1},{"id":"what","priority":"soonish"}]}"#;
    assert_eq!(
        order(text),
        [
            "minus", "P0", "high", "1.1", "1.5", "two", "low", "none", "odd", "what"
        ]
    );
}
