//! The checklist as a format of a file queue.
use super::blocks::blocks;
use super::draft::drafts;
use super::ids::{block_duplicates, disambiguate, ids};
use super::item::item;
use super::lines::lines;
use super::priority;
use crate::plan::QueueSpec;
use crate::queue::file::{FileQueue, Format, Item};
use crate::queue::interface::Queue;
use crate::queue::rewrite::Edit;
use camino::Utf8Path;

/// A Markdown checklist.
#[derive(Debug, Default)]
pub(in crate::queue) struct Backlog {
    /// The character in the box of a task that is not to be done.
    pub(in crate::queue) dropped: Option<char>,
}

/// Opens the checklist at `path`.
pub(in crate::queue) fn open(path: &Utf8Path, spec: &QueueSpec) -> Box<dyn Queue> {
    let format = Backlog {
        dropped: spec.dropped,
    };
    Box::new(FileQueue::new(format, path.to_owned(), spec.max_attempts))
}

impl Format for Backlog {
    const LOOKS_LIKE: &'static str = "lines such as `- [ ] task`";

    fn parse(&self, text: &str) -> Result<Vec<Item>, String> {
        let blocks = blocks(text);
        let mut drafts = drafts(&lines(text, &blocks), &blocks, self.dropped);
        disambiguate(&mut drafts);
        let ids = ids(&drafts);
        let mut items: Vec<Item> = (0..drafts.len())
            .map(|at| item(&drafts, &ids, at))
            .collect();
        block_duplicates(&mut items, &drafts);
        items.sort_by_key(|item| item.priority.unwrap_or(priority::DEFAULT));
        Ok(items)
    }

    /// One byte: every box that may be ticked has one ASCII character in it.
    fn close(_text: &str, item: &Item) -> Edit {
        Edit {
            at: item.at..item.at + 1,
            with: "x".to_owned(),
        }
    }
}
