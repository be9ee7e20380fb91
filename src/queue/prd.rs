//! Tasks in prd.json: `userStories`, each done when it `passes`.
use super::file::{FileQueue, Format, Item, Mark};
use super::interface::Queue;
use super::rewrite::Edit;
use super::task_id::TaskId;
use crate::plan::QueueSpec;
use camino::Utf8Path;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

/// Ralph's prd.json. Lower priorities come first, then the order in the file; unknown fields are left alone.
#[derive(Debug)]
pub(super) struct Prd;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    user_stories: Vec<Story>,
    /// Without it serde would take an array for an object, and closing would look for a member that is not there.
    #[serde(flatten)]
    _rest: HashMap<String, IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Story {
    id: TaskId,
    #[serde(default)]
    title: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    acceptance_criteria: Vec<String>,
    priority: Option<u32>,
    passes: Option<bool>,
    #[serde(default)]
    notes: String,
    #[serde(flatten)]
    _rest: HashMap<String, IgnoredAny>,
}

/// Opens the user stories at `path`.
pub(super) fn open(path: &Utf8Path, spec: &QueueSpec) -> Box<dyn Queue> {
    Box::new(FileQueue::<Prd>::new(path.to_owned(), spec.max_attempts))
}

impl Format for Prd {
    const LOOKS_LIKE: &'static str = "`userStories`";

    fn parse(text: &str) -> Result<Vec<Item>, String> {
        let json = &mut serde_json::Deserializer::from_str(bare(text));
        let file: File =
            serde_path_to_error::deserialize(&mut *json).map_err(|error| {
                match error.path().to_string() {
                    path if path == "." => error.inner().to_string(),
                    path => format!("{path}: {}", error.inner()),
                }
            })?;
        json.end().map_err(|error| error.to_string())?;
        let mut items: Vec<Item> = file
            .user_stories
            .into_iter()
            .enumerate()
            .map(item)
            .collect();
        let mut ids = HashSet::new();
        if let Some(item) = items
            .iter()
            .find(|item| item.id.is_empty() || !ids.insert(&item.id))
        {
            return Err(match item.id.as_str() {
                "" => format!("userStories[{}] has an empty id", item.at),
                id => format!(
                    "userStories[{}] has the id `{id}`, which an earlier story has too",
                    item.at
                ),
            });
        }
        items.sort_by_key(|item| item.priority.unwrap_or(u32::MAX));
        Ok(items)
    }

    /// Changes the one word after `passes`, so that the file keeps the shape its author gave it.
    fn close(text: &str, item: &Item) -> Edit {
        let start = text.len() - bare(text).len();
        let stories = member(text, start, "userStories").expect("it was parsed");
        let story = parts(text, stories.start)
            .into_iter()
            .nth(item.at)
            .expect("the item was found there");
        match member(text, story.start, "passes") {
            Some(at) => Edit {
                at,
                with: "true".to_owned(),
            },
            None => Edit {
                at: story.start + 1..story.start + 1,
                with: "\"passes\": true, ".to_owned(),
            },
        }
    }
}

fn item((at, story): (usize, Story)) -> Item {
    let id = story.id.0.trim().to_owned();
    let notes = Some(story.notes.trim())
        .filter(|notes| !notes.is_empty())
        .map(|notes| format!("Notes: {notes}"));
    let body = [
        Some(story.description.trim().to_owned()).filter(|text| !text.is_empty()),
        notes,
    ];
    let body = body.into_iter().flatten().collect::<Vec<_>>().join("\n\n");
    let mark = if story.passes == Some(true) {
        Mark::Closed
    } else {
        Mark::Open
    };
    Item {
        id,
        title: story.title,
        body,
        acceptance: story.acceptance_criteria,
        priority: story.priority,
        mark,
        at,
        named: true,
        now: None,
    }
}

fn bare(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// Returns the range of the value of a member, in the JSON object that begins at `start`.
fn member(text: &str, start: usize, name: &str) -> Option<Range<usize>> {
    let start = start + text[start..].find('{')?;
    let parts = parts(text, start);
    let named = |key: &Range<usize>| {
        serde_json::from_str::<String>(&text[key.clone()]).is_ok_and(|key| key == name)
    };
    parts
        .as_chunks::<2>()
        .0
        .iter()
        .find(|[key, _]| named(key))
        .map(|[_, value]| value.clone())
}

/// Returns where the values directly inside an array or object lie; of an object, keys and values in turn.
/// The text has been parsed before, so it is known to be JSON.
fn parts(text: &str, start: usize) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut at = start + 1;
    loop {
        let rest = &text[at..];
        at += rest.len()
            - rest
                .trim_start_matches([' ', '\t', '\r', '\n', ',', ':'])
                .len();
        let mut values = serde_json::Deserializer::from_str(&text[at..]).into_iter::<IgnoredAny>();
        let Some(Ok(_)) = values.next() else {
            return parts;
        };
        parts.push(at..at + values.byte_offset());
        at += values.byte_offset();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use insta::assert_snapshot;

    fn closed(text: &str, id: &str) -> String {
        let items = Prd::parse(text).unwrap();
        let edit = Prd::close(text, items.iter().find(|item| item.id == id).unwrap());
        let after = format!(
            "{}{}{}",
            &text[..edit.at.start],
            edit.with,
            &text[edit.at.end..]
        );
        let again = Prd::parse(&after).unwrap();
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
    fn a_story_that_says_nothing_of_passing_is_open_and_can_be_closed() {
        assert_snapshot!(closed(r#"{"userStories":[{"id":7},{"id":"B","passes":null}]}"#, "7"), @r#"{"userStories":[{"passes": true, "id":7},{"id":"B","passes":null}]}"#);
        assert_snapshot!(closed(r#"{"userStories":[{"id":7},{"id":"B","passes":null}]}"#, "B"), @r#"{"userStories":[{"id":7},{"id":"B","passes":true}]}"#);
    }

    #[test]
    fn names_written_with_escapes_are_found() {
        assert_snapshot!(closed(r#"{"userStories":[{"id":"A","p\u0061sses":false,"title":"\"passes\": false"}]}"#, "A"), @r#"{"userStories":[{"id":"A","p\u0061sses":true,"title":"\"passes\": false"}]}"#);
    }

    #[test]
    fn a_malformed_prd_is_reported_with_its_location() {
        let why = |text: &str| Prd::parse(text).unwrap_err();
        assert_snapshot!(why(""), @"EOF while parsing a value at line 1 column 0");
        assert_snapshot!(why("[]"), @"invalid type: sequence, expected struct File at line 1 column 0");
        assert_snapshot!(why(r#"{"userStories":[]} x"#), @"trailing characters at line 1 column 20");
        assert_snapshot!(why(r#"{"stories":[]}"#), @"missing field `userStories` at line 1 column 14");
        assert_snapshot!(why(r#"{"userStories":[{"id":"A","passes":"yes"}]}"#), @r#"userStories[0].passes: invalid type: string "yes", expected a boolean at line 1 column 40"#);
        assert_snapshot!(why(r#"{"userStories":[{"id":"A","passes":false,"passes":true}]}"#), @"userStories[0]: duplicate field `passes` at line 1 column 49");
        assert_snapshot!(why(r#"{"userStories":[{"id":"A"},{"id":"A "}]}"#), @"userStories[1] has the id `A`, which an earlier story has too");
        assert_snapshot!(why(r#"{"userStories":[{"id":" "}]}"#), @"userStories[0] has an empty id");
        assert_snapshot!(why(r#"[[{"id":"A"}]]"#), @"invalid type: sequence, expected struct File at line 1 column 0");
        assert_snapshot!(why(r#"{"userStories":[["A"]]}"#), @"userStories[0]: invalid type: sequence, expected struct Story at line 1 column 16");
        let deep = why(&format!(r#"{{"userStories":{}1"#, "[".repeat(500)));
        assert!(
            deep.contains("sequence") || deep.contains("recursion limit"),
            "{deep}"
        );
    }

    #[test]
    fn the_lower_priority_comes_first_and_none_comes_last() {
        let text = r#"{"userStories":[{"id":"c"},{"id":"b","priority":2},{"id":"a","priority":1},{"id":"b2","priority":2}]}"#;
        let ids: Vec<String> = Prd::parse(text)
            .unwrap()
            .into_iter()
            .map(|item| item.id)
            .collect();
        assert_eq!(ids, ["a", "b", "b2", "c"]);
    }
}
