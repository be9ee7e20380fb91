//! Tasks in prd.json: `userStories`, each done when it `passes`.
mod depends;
mod order;
mod spans;
mod story;
#[cfg(test)]
mod tests;
mod texts;

use self::depends::{Dependent, reasons};
use self::spans::{member, parts};
use self::story::{File, Story};
use super::file::{FileQueue, Format, Item, Mark};
use super::interface::Queue;
use super::rewrite::Edit;
use crate::plan::QueueSpec;
use camino::Utf8Path;
use std::collections::HashSet;

/// Ralph's prd.json. Lower priorities come first, then the order in the file; unknown fields are left alone.
#[derive(Debug)]
pub(super) struct Prd;

/// Opens the user stories at `path`.
pub(super) fn open(path: &Utf8Path, spec: &QueueSpec) -> Box<dyn Queue> {
    Box::new(FileQueue::new(Prd, path.to_owned(), spec.max_attempts))
}

impl Format for Prd {
    const LOOKS_LIKE: &'static str = "`userStories`";

    fn parse(&self, text: &str) -> Result<Vec<Item>, String> {
        let stories = stories(bare(text))?;
        let dependents: Vec<Dependent> = stories.iter().map(Story::dependent).collect();
        let mut items: Vec<(f64, Item)> = stories
            .into_iter()
            .zip(reasons(&dependents))
            .enumerate()
            .map(|(at, (story, waits))| (story.order(), item(at, &story, waits)))
            .collect();
        // Stable: stories of the same priority stay in the order of the file.
        items.sort_by(|(one, _), (other, _)| one.total_cmp(other));
        Ok(items.into_iter().map(|(_, item)| item).collect())
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

/// Reads the stories, whose ids are unique.
fn stories(text: &str) -> Result<Vec<Story>, String> {
    if text.trim().is_empty() {
        return Err("the file is empty".to_owned());
    }
    let json = &mut serde_json::Deserializer::from_str(text);
    let file: File = serde_path_to_error::deserialize(&mut *json).map_err(|error| {
        match error.path().to_string() {
            path if path == "." => error.inner().to_string(),
            path => format!("{path}: {}", error.inner()),
        }
    })?;
    json.end().map_err(|error| error.to_string())?;
    let stories = file.stories()?;
    let mut ids = HashSet::new();
    for (at, story) in stories.iter().enumerate() {
        match story.id() {
            "" => return Err(format!("userStories[{at}] has an empty id")),
            id if !ids.insert(id) => {
                return Err(format!(
                    "userStories[{at}] has the id `{id}`, which an earlier story has too"
                ));
            }
            _ => {}
        }
    }
    Ok(stories)
}

fn item(at: usize, story: &Story, waits: Option<String>) -> Item {
    let mark = match waits {
        _ if story.passes() => Mark::Closed,
        Some(why) => Mark::Blocked(why),
        None => Mark::Open,
    };
    Item {
        id: story.id().to_owned(),
        title: story.title(),
        body: story.body(),
        acceptance: story.acceptance(),
        priority: story.shown_priority(),
        mark,
        at,
        named: true,
        now: None,
    }
}

fn bare(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}
