//! Messages to you that were delivered or given up, as events of the log.
use super::event::LogEvent;
use crate::notify::Message;
use crate::notify::outbox::{Folder, Outbox};
use crate::store::layout::UserDirs;
use crate::store::stamp::Stamp;
use camino::Utf8PathBuf;
use jiff::Timestamp;

/// The outbox as it was when last looked at.
#[derive(Debug)]
pub(super) struct Messages {
    outbox: Outbox,
    stamps: [Option<Stamp>; 2],
}

/// A message that left the outbox.
#[derive(Debug)]
pub(super) struct Left {
    pub(super) at: Timestamp,
    pub(super) root: Option<Utf8PathBuf>,
    pub(super) event: LogEvent,
}

impl Messages {
    pub(super) fn new(dirs: &UserDirs) -> Self {
        Self {
            outbox: Outbox::new(dirs),
            stamps: [None; 2],
        }
    }

    /// Returns what left the outbox after a moment, in the order of time, if its folders have changed.
    pub(super) fn since(&mut self, since: Option<Timestamp>) -> Vec<Left> {
        let folders = [Folder::Sent, Folder::Failed];
        let stamps = folders.map(|folder| Stamp::of(&self.outbox.root().join(folder.as_str())));
        if stamps == self.stamps {
            return Vec::new();
        }
        self.stamps = stamps;
        let mut left: Vec<Left> = folders
            .into_iter()
            .flat_map(|folder| {
                let messages = self.outbox.read(folder).unwrap_or_default();
                messages
                    .into_iter()
                    .map(move |message| event(folder, message))
            })
            .filter(|left| since.is_none_or(|since| since < left.at))
            .collect();
        left.sort_by_key(|left| left.at);
        left
    }
}

fn event(folder: Folder, message: Message) -> Left {
    let Message {
        channel,
        sent_at,
        first_try,
        error,
        notice,
        ..
    } = message;
    let at = sent_at.or(first_try).unwrap_or(notice.at);
    let (event, title) = (notice.kind, notice.title);
    let event = match folder {
        Folder::Failed => LogEvent::NotificationFailed {
            event,
            reason: error.unwrap_or_default(),
            channel,
            title,
        },
        Folder::Sent | Folder::Waiting => LogEvent::NotificationSent {
            event,
            channel,
            title,
        },
    };
    Left {
        at,
        root: notice.project,
        event,
    }
}
