//! The messages that a shim finds in its attempt's folder.
use super::message::Message;
use crate::store::beneath;
use crate::store::layout::IterationDir;
use camino::Utf8PathBuf;
use fs_err as fs;
use std::collections::BTreeMap;
use std::io::ErrorKind;

/// A message that has just been found, and its name.
pub(super) type Found = (String, Message);

/// The messages of one attempt. Each is taken once, whatever happens to its file.
#[derive(Debug)]
pub(super) struct Mailbox {
    folder: Utf8PathBuf,
    /// The names of those that were taken, and how their files end since.
    taken: BTreeMap<String, Option<&'static str>>,
}

impl Mailbox {
    pub(super) fn of(folder: &IterationDir) -> Self {
        Self {
            folder: folder.messages(),
            taken: BTreeMap::new(),
        }
    }

    /// Returns the messages that are new, in the order of their names.
    pub(super) fn take(&mut self) -> Vec<Found> {
        let Ok(entries) = fs::read_dir(&self.folder) else {
            return Vec::new();
        };
        let names = entries
            .flatten()
            .filter_map(|entry| entry.file_name().into_string().ok());
        let mut names: Vec<String> = names
            .filter_map(|name| name.strip_suffix(".json").map(str::to_owned))
            .filter(|name| !name.starts_with('.'))
            .collect();
        names.sort();
        names
            .into_iter()
            .filter_map(|name| self.take_one(name))
            .collect()
    }

    fn take_one(&mut self, name: String) -> Option<Found> {
        if let Some(known) = self.taken.get(&name) {
            // It was put there again.
            known.map(|ending| self.rename(&name, ending));
            return None;
        }
        let text = match beneath::read(&self.folder.join(format!("{name}.json"))) {
            Ok(text) => Some(text),
            // It is no regular file.
            Err(error) if error.kind() == ErrorKind::InvalidInput => None,
            Err(error) => {
                tracing::warn!(%error, "a message cannot be read yet");
                return None;
            }
        };
        self.taken.insert(name.clone(), None);
        let message = text.and_then(|text| serde_json::from_slice(&text).ok());
        if message.is_none() {
            self.drop_unsent(&name);
        }
        Some((name, message?))
    }

    /// Records that a message was written to the agent.
    pub(super) fn sent(&mut self, name: &str) {
        self.end(name, "sent");
    }

    /// Records that a message will not be written to the agent.
    pub(super) fn drop_unsent(&mut self, name: &str) {
        self.end(name, "dropped");
    }

    fn end(&mut self, name: &str, ending: &'static str) {
        self.taken.insert(name.to_owned(), Some(ending));
        self.rename(name, ending);
    }

    fn rename(&self, name: &str, ending: &str) {
        let path = |ending| self.folder.join(format!("{name}.{ending}"));
        // Where the folder is gone, the runner puts the message there again.
        let _ = beneath::rename(&path("json"), &path(ending));
    }
}
