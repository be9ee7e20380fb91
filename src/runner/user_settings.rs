//! The user's settings while a session runs: `config.yaml` is read again only if it was replaced or changed.
use crate::compile::{Settings, SourceText};
use crate::store::layout::UserDirs;
use crate::store::stamp::Stamp;
use fs_err as fs;
use std::io;

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
        let file = dirs.config.join("config.yaml");
        let stamp = Stamp::of(&file);
        if self.read.as_ref() == Some(&stamp) {
            return self.reads;
        }
        self.read = Some(stamp);
        self.reads += 1;
        let text = match fs::read_to_string(&file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
            text => text,
        };
        let file = file.into_string();
        let settings = text
            .ok()
            .and_then(|text| Settings::read(&SourceText { text, file }).ok());
        match settings {
            Some(settings) => self.settings = settings,
            None => tracing::warn!("config.yaml cannot be read; the previous settings stay"),
        }
        self.reads
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.settings
    }
}
