//! The user's settings while a session runs: `config.yaml` is read again only if it was replaced or changed.
use crate::compile::{Settings, SourceText};
use crate::store::layout::UserDirs;
use crate::store::stamp::Stamp;
use fs_err as fs;

/// The settings as they were read last.
#[derive(Debug, Default)]
pub(super) struct UserSettings {
    read: Option<Option<Stamp>>,
    settings: Settings,
}

impl UserSettings {
    /// Reads what changed, and returns whether anything did. A file that cannot be read leaves what is known.
    pub(super) fn look(&mut self, dirs: &UserDirs) -> bool {
        let file = dirs.config.join("config.yaml");
        let stamp = Stamp::of(&file);
        if self.read.as_ref() == Some(&stamp) {
            return false;
        }
        self.read = Some(stamp);
        let source = SourceText {
            text: fs::read_to_string(&file).unwrap_or_default(),
            file: file.into_string(),
        };
        match Settings::read(&source) {
            Ok(settings) => self.settings = settings,
            Err(_) => tracing::warn!("config.yaml cannot be read; the settings before it stay"),
        }
        true
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.settings
    }
}
