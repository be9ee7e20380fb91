//! Messages on disk: `outbox/{waiting,sent,failed}` in the state folder.
//!
//! A message is in `waiting/` before it is sent, and moves to `sent/` or `failed/` by being written there first. What is
//! being sent is named in `sending-<channel>.json`: if its sender dies, the next one knows that it may have arrived.
use super::message::Message;
use super::policy::SendTimes;
use crate::model::NoticeKind;
use crate::store::layout::{StateFile, UserDirs};
use crate::store::lock::FileLock;
use crate::store::{atomic, beneath, crash, roots};
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use fs_err::os::unix::fs::OpenOptionsExt as _;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;

/// Questions that can be answered in a chat.
pub(super) const ASKED: &str = "asked.json";
/// How long delivered messages are kept.
const KEPT: SignedDuration = SignedDuration::from_hours(24 * 30);
/// Sends longer ago do not count for the limit of an hour.
const COUNTED: SignedDuration = SignedDuration::from_hours(1);

/// A folder of the outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Folder {
    Waiting,
    Sent,
    Failed,
}

impl Folder {
    const ALL: [Self; 3] = [Self::Waiting, Self::Sent, Self::Failed];

    /// Returns its name: `waiting`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::Failed => "failed",
        }
    }
}

/// The messages of this user.
#[derive(Clone, Debug)]
pub struct Outbox {
    root: Utf8PathBuf,
}

/// The lock of the one sender.
#[derive(Debug)]
pub struct SenderLock {
    _lock: FileLock,
}

impl Outbox {
    pub fn new(dirs: &UserDirs) -> Self {
        Self {
            root: dirs.state_file(StateFile::Outbox),
        }
    }

    /// Returns its folder.
    pub fn root(&self) -> &Utf8Path {
        &self.root
    }

    fn path(&self, folder: Folder, id: &str) -> Utf8PathBuf {
        self.root.join(folder.as_str()).join(format!("{id}.json"))
    }

    /// Makes the folders, which only their user may enter.
    pub fn create(&self, dirs: &UserDirs) -> io::Result<()> {
        roots::create_state_dir(dirs)?;
        for folder in Folder::ALL {
            std::fs::DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(self.root.join(folder.as_str()))?;
        }
        Ok(())
    }

    /// Adds a message, unless there is or was one of its name. Returns whether it is new.
    pub fn put(&self, message: &Message) -> io::Result<bool> {
        if self.knows(message)? {
            return Ok(false);
        }
        crash::point("outbox: before a message is written");
        let text = serde_json::to_vec_pretty(message)?;
        atomic::replace_durably(&self.path(Folder::Waiting, &message.id), &text)?;
        crash::point("outbox: a message is written");
        Ok(true)
    }

    /// Whether there is or was this message. A hook that runs again words its notice at another time, and a budget is looked
    /// at again.
    fn knows(&self, message: &Message) -> io::Result<bool> {
        let by_name = |folder: &Folder| self.path(*folder, &message.id).exists();
        if Folder::ALL.iter().any(by_name) {
            return Ok(true);
        }
        let kinds = [
            NoticeKind::Message,
            NoticeKind::BudgetWarning,
            NoticeKind::BudgetReached,
            NoticeKind::Outage,
            NoticeKind::OutageOver,
        ];
        if !kinds.contains(&message.notice.kind) {
            return Ok(false);
        }
        for folder in Folder::ALL {
            let ids = self.ids(folder)?;
            let mut same = ids.iter().filter(|id| key(id) == key(&message.id));
            if same.any(|id| !self.was_withdrawn(folder, id)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether a message was filed without being sent, since its session had stopped: an outage may last when it is resumed.
    fn was_withdrawn(&self, folder: Folder, id: &str) -> bool {
        let is_outage = |it: &Message| it.notice.kind == NoticeKind::Outage;
        let sent = (folder == Folder::Sent).then(|| self.sent(id)).flatten();
        sent.is_some_and(|it| is_outage(&it) && it.sent_at.is_none())
    }

    /// Replaces a message that waits.
    pub fn update(&self, message: &Message) -> io::Result<()> {
        self.write(Folder::Waiting, message)
    }

    /// Moves a message that waits.
    pub fn finish(&self, message: &Message, to: Folder) -> io::Result<()> {
        self.write(to, message)?;
        crash::point("outbox: a message is in its last folder");
        beneath::remove_file(&self.path(Folder::Waiting, &message.id))?;
        crash::point("outbox: a message waits no more");
        Ok(())
    }

    fn write(&self, folder: Folder, message: &Message) -> io::Result<()> {
        let text = serde_json::to_vec_pretty(message)?;
        atomic::replace(&self.path(folder, &message.id), &text)
    }

    /// Returns the messages in a folder, in the order in which things happened. What cannot be read is left out.
    pub fn read(&self, folder: Folder) -> io::Result<Vec<Message>> {
        let mut found = Vec::new();
        for id in self.ids(folder)? {
            match read_json::<Message>(&self.path(folder, &id)) {
                Ok(Some(message)) => found.push(message),
                Ok(None) => {}
                Err(error) => tracing::warn!(%error, id, "a message cannot be read"),
            }
        }
        Ok(found)
    }

    /// Returns the messages that wait. Those that a sender had just moved when it died wait no more.
    pub fn waiting(&self) -> io::Result<Vec<Message>> {
        let mut waiting = self.read(Folder::Waiting)?;
        waiting.retain(|message| {
            let ends = [Folder::Sent, Folder::Failed];
            let moved = ends.iter().any(|end| self.path(*end, &message.id).exists());
            if moved {
                let _ = beneath::remove_file(&self.path(Folder::Waiting, &message.id));
            }
            !moved
        });
        Ok(waiting)
    }

    /// Returns a delivered message.
    pub fn sent(&self, id: &str) -> Option<Message> {
        read_json(&self.path(Folder::Sent, id)).ok().flatten()
    }

    /// Whether a sender has something to do: a message waits, or a question can be answered in a chat.
    pub fn needs_sender(&self) -> bool {
        let asked: Option<Vec<serde::de::IgnoredAny>> = self.read_json(ASKED);
        !self.is_empty() || asked.is_some_and(|asked| !asked.is_empty())
    }

    /// Whether no message waits. One that cannot be read waits for you, not for a sender.
    pub fn is_empty(&self) -> bool {
        let is_message = |id: &String| {
            matches!(
                read_json::<Message>(&self.path(Folder::Waiting, id)),
                Ok(Some(_))
            )
        };
        self.ids(Folder::Waiting)
            .is_ok_and(|ids| !ids.iter().any(is_message))
    }

    fn ids(&self, folder: Folder) -> io::Result<Vec<String>> {
        let entries = match fs::read_dir(self.root.join(folder.as_str())) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut ids: Vec<String> = entries
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter_map(|name| Some(name.strip_suffix(".json")?.to_owned()))
            .filter(|id| !id.starts_with('.'))
            .collect();
        ids.sort_unstable();
        Ok(ids)
    }

    /// Locks the outbox for its one sender; nothing while another one has it.
    pub fn lock(&self) -> io::Result<Option<SenderLock>> {
        let file = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(self.root.join("sender.lock"))?;
        Ok(FileLock::try_exclusive(&file)?.map(|lock| SenderLock { _lock: lock }))
    }

    /// Names the messages that are about to be sent as one.
    pub fn begin(&self, channel: &str, messages: &[&Message]) -> io::Result<()> {
        let sends: BTreeMap<&str, u32> = messages
            .iter()
            .map(|message| (message.id.as_str(), message.unanswered + 1))
            .collect();
        self.write_json(&self.sending(channel), &sends)
    }

    /// Records that it is known what became of them.
    pub fn end(&self, channel: &str) -> io::Result<()> {
        beneath::remove_file(&self.sending(channel))
    }

    /// Marks what an earlier sender was sending when it died.
    pub fn recover(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.root)? {
            let Ok(name) = entry?.file_name().into_string() else {
                continue;
            };
            let Some(channel) = name
                .strip_prefix("sending-")
                .and_then(|name| name.strip_suffix(".json"))
            else {
                continue;
            };
            let sends: BTreeMap<String, u32> = read_json(&self.sending(channel))
                .ok()
                .flatten()
                .unwrap_or_default();
            for mut message in self.waiting()? {
                if let Some(unanswered) = sends.get(&message.id) {
                    message.unanswered = *unanswered;
                    message.error = Some("its sender was killed".to_owned());
                    self.update(&message)?;
                }
            }
            crash::point("outbox: what was being sent is marked");
            self.end(channel)?;
        }
        Ok(())
    }

    fn sending(&self, channel: &str) -> Utf8PathBuf {
        self.root.join(format!("sending-{channel}.json"))
    }

    /// Returns when each channel got messages in the last hour.
    pub fn recent(&self, now: Timestamp) -> SendTimes {
        let mut sent: SendTimes = read_json(&self.root.join("recent.json"))
            .ok()
            .flatten()
            .unwrap_or_default();
        for times in sent.values_mut() {
            times.retain(|at| now.duration_since(*at) < COUNTED);
        }
        sent.retain(|_, times| !times.is_empty());
        sent
    }

    /// Records that a channel got a message.
    pub fn note_sent(&self, channel: &str, now: Timestamp) -> io::Result<()> {
        let mut sent = self.recent(now);
        sent.entry(channel.to_owned()).or_default().push(now);
        self.write_json(&self.root.join("recent.json"), &sent)
    }

    /// Removes messages that were delivered, or given up, long ago.
    pub fn prune(&self, now: Timestamp) -> io::Result<()> {
        let oldest = now.checked_sub(KEPT).map_or(0, Timestamp::as_millisecond);
        for folder in [Folder::Sent, Folder::Failed] {
            for id in self.ids(folder)? {
                let at = id.split('-').next().and_then(|at| at.parse::<i64>().ok());
                if at.is_some_and(|at| at < oldest) {
                    beneath::remove_file(&self.path(folder, &id))?;
                }
            }
        }
        Ok(())
    }

    /// Reads a small file of the outbox.
    pub(super) fn read_json<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        read_json(&self.root.join(name)).ok().flatten()
    }

    /// Replaces a small file of the outbox.
    pub(super) fn store_json(&self, name: &str, value: &impl Serialize) -> io::Result<()> {
        self.write_json(&self.root.join(name), value)
    }

    fn write_json(&self, path: &Utf8Path, value: &impl Serialize) -> io::Result<()> {
        atomic::replace(path, &serde_json::to_vec(value)?)
    }
}

/// Returns a message's name without the time at its beginning.
fn key(id: &str) -> Option<&str> {
    id.split_once('-').map(|(_, key)| key)
}

fn read_json<T: DeserializeOwned>(path: &Utf8Path) -> io::Result<Option<T>> {
    match fs::read(path) {
        Ok(text) => Ok(Some(serde_json::from_slice(&text)?)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Env;
    use crate::notify::message::Notice;

    #[test]
    fn what_is_looked_at_again_later_is_put_once() {
        let folder = tempfile::tempdir().unwrap();
        let home = Utf8Path::from_path(folder.path()).unwrap();
        let dirs = UserDirs::new(&Env::default(), Some(home));
        let outbox = Outbox::new(&dirs);
        outbox.create(&dirs).unwrap();
        let put = |kind: NoticeKind, number: u64, second: i64| {
            let notice = Notice {
                source: "run".to_owned(),
                number,
                kind,
                at: Timestamp::from_second(second).unwrap(),
                project: None,
                session: None,
                title: String::new(),
                detail: String::new(),
                commands: Vec::new(),
                last_words: String::new(),
                question: None,
                removed: 0,
            };
            outbox.put(&Message::new(notice, "me")).unwrap()
        };
        for (kind, number) in [
            (NoticeKind::Message, 1),
            (NoticeKind::BudgetWarning, 2),
            (NoticeKind::BudgetReached, 3),
            (NoticeKind::Outage, 4),
            (NoticeKind::OutageOver, 5),
        ] {
            assert!(put(kind, number, 1) && !put(kind, number, 2));
            assert!(put(kind, 100 + number, 2), "another one");
        }
    }
}
