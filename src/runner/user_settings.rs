//! The user's settings while a session runs: `config.yaml` is read again only if it was replaced or changed.
use crate::compile::Settings;
use crate::store::layout::UserDirs;
use crate::store::stamp::Stamp;
use crate::store::user_settings;

/// The settings as they were read last. A runner and its gate share one.
#[derive(Debug, Default)]
pub(super) struct UserSettings {
    read: Option<Option<Stamp>>,
    /// How many times the file was read.
    reads: u64,
    settings: Settings,
}

impl UserSettings {
    /// Reads the file if it changed, and returns how many times it was read by now. A file that cannot be read leaves what
    /// is known.
    pub(super) fn look(&mut self, dirs: &UserDirs) -> u64 {
        let stamp = Stamp::of(&user_settings::path(dirs));
        if self.read.as_ref() == Some(&stamp) {
            return self.reads;
        }
        self.read = Some(stamp);
        self.reads += 1;
        match user_settings::read(dirs) {
            Ok(settings) => self.settings = settings,
            Err(error) => {
                tracing::warn!(%error, "config.yaml cannot be read; the previous settings stay");
            }
        }
        self.reads
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.settings
    }
}
