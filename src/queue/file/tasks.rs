//! The tasks of a file, read together with their claims.
use super::format::{Format, Item};
use super::rematch;
use crate::queue::claims::Claims;
use crate::queue::error::{QueueError, Result};
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;

/// The tasks of a file, together with who holds them.
pub(super) struct Tasks {
    pub(super) file: Utf8PathBuf,
    pub(super) text: String,
    pub(super) items: Vec<Item>,
    /// Ids of claims whose task is no longer in the file.
    pub(super) gone: Vec<String>,
}

impl Tasks {
    /// Reads the tasks of a file, and finds those that are held.
    pub(super) fn read(format: &impl Format, file: &Utf8Path, claims: &Claims) -> Result<Self> {
        let (text, mut items) = parse(format, file)?;
        let gone = rematch::rematch_held(&mut items, claims);
        Ok(Self {
            file: file.to_owned(),
            text,
            items,
            gone,
        })
    }
}

/// The holder shown for a task that was marked by hand as begun.
pub(super) const MARKED_BY_HAND: &str = "user/unknown";
fn parse(format: &impl Format, file: &Utf8Path) -> Result<(String, Vec<Item>)> {
    let garbage = |why: &dyn std::fmt::Display| {
        QueueError::protocol(
            format!("cannot read the tasks in {file}: {why}"),
            "correct the file, then try again",
        )
    };
    let text = String::from_utf8(fs::read(file)?).map_err(|error| {
        garbage(&format!(
            "not UTF-8 after byte {}",
            error.utf8_error().valid_up_to()
        ))
    })?;
    let items = format.parse(&text).map_err(|why| garbage(&why))?;
    Ok((text, items))
}

/// Finds a task by its id, or by the one the file gives it now.
pub(super) fn find<'a>(items: &'a [Item], id: &str) -> Option<&'a Item> {
    items
        .iter()
        .find(|item| item.id == id)
        .or_else(|| items.iter().find(|item| item.now.as_deref() == Some(id)))
}
