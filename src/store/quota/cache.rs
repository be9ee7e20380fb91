//! The file as it was read last: it is read again only if it was replaced.
use super::file::{QuotaFile, QuotaFileError, read};
use crate::store::layout::{StateFile, UserDirs};
use crate::store::stamp::Stamp;

/// The file as it was read last.
#[derive(Debug, Default)]
pub struct QuotaCache {
    read: Option<(Option<Stamp>, QuotaFile)>,
}

impl QuotaCache {
    /// Returns what is known. An error is logged once per content, and nothing is known then.
    pub fn get(&mut self, dirs: &UserDirs) -> &QuotaFile {
        let stamp = Stamp::of(&dirs.state_file(StateFile::Quota));
        if self.read.as_ref().map(|(known, _)| *known) != Some(stamp) {
            let file = match stamp {
                None => Ok(QuotaFile::default()),
                Some(_) => read(dirs),
            };
            self.read = Some((stamp, file.unwrap_or_else(|error| nothing(&error))));
        }
        &self.read.get_or_insert_default().1
    }
}

fn nothing(error: &QuotaFileError) -> QuotaFile {
    tracing::warn!(%error, "quota.json cannot be used");
    QuotaFile::default()
}
