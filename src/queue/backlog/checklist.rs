//! The checklist as a format of a file queue.
use super::draft::drafts;
use super::ids::{block_duplicates, ids};
use super::item::item;
use super::lines::lines;
use crate::plan::QueueSpec;
use crate::queue::file::{FileQueue, Format, Item};
use crate::queue::interface::Queue;
use crate::queue::rewrite::Edit;
use camino::Utf8Path;

/// A Markdown checklist.
#[derive(Debug)]
pub(in crate::queue) struct Backlog;

/// Opens the checklist at `path`.
pub(in crate::queue) fn open(path: &Utf8Path, spec: &QueueSpec) -> Box<dyn Queue> {
    Box::new(FileQueue::<Backlog>::new(
        path.to_owned(),
        spec.max_attempts,
    ))
}

impl Format for Backlog {
    const LOOKS_LIKE: &'static str = "lines such as `- [ ] task`";

    fn parse(text: &str) -> Result<Vec<Item>, String> {
        let drafts = drafts(&lines(text));
        let ids = ids(&drafts);
        let mut items: Vec<Item> = (0..drafts.len())
            .map(|at| item(&drafts, &ids, at))
            .collect();
        block_duplicates(&mut items, &drafts);
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
