//! The file as it was read last: it is read again only if it was replaced.
use super::file::{QuotaFile, read};
use super::update::{Report, merge};
use crate::store::layout::{StateFile, UserDirs};
use crate::store::stamp::Stamp;

/// The file as it was read last.
#[derive(Debug, Default)]
pub struct QuotaCache {
    read: Option<(Option<Stamp>, QuotaFile)>,
}

impl QuotaCache {
    /// Returns what is known. An error is logged once per content, and leaves what was known: a file that is torn frees no
    /// session that is held.
    pub fn get(&mut self, dirs: &UserDirs) -> &QuotaFile {
        let stamp = Stamp::of(&dirs.state_file(StateFile::Quota));
        if self.read.as_ref().map(|(known, _)| *known) != Some(stamp) {
            let file = match stamp {
                None => Ok(QuotaFile::default()),
                Some(_) => read(dirs),
            };
            let known = self.read.take().map(|(_, known)| known);
            let file = file.unwrap_or_else(|error| {
                tracing::warn!(%error, "quota.json cannot be used");
                known.unwrap_or_default()
            });
            self.read = Some((stamp, file));
        }
        &self.read.get_or_insert_default().1
    }

    /// Takes in a report that could not be recorded: what this process knows counts until the file is written again.
    pub fn keep_unrecorded(&mut self, dirs: &UserDirs, report: Report<'_>) {
        self.get(dirs);
        merge(&mut self.read.get_or_insert_default().1, report);
    }
}
