//! Questions that can be answered in a chat: `asked.json` in the outbox.
use super::chat::Chat;
use crate::clock;
use crate::engine::State;
use crate::model::{GivenAnswer, NodeId, NoticeKind, SessionName};
use crate::notify::configuration::{Configuration, SenderEnv};
use crate::notify::current::{is_current, state};
use crate::notify::message::{AskedQuestion, Message, Notice};
use crate::notify::outbox::{ASKED, Outbox};
use crate::plan::{NotifyPolicy, Target};
use crate::text::clean;
use camino::Utf8PathBuf;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locked while the file is read and replaced: two threads of the sender do so.
static FILE: Mutex<()> = Mutex::new(());

/// Locked while a question is answered in the chat, so that it is not reported as answered elsewhere.
static ANSWERING: Mutex<()> = Mutex::new(());

/// Waits until no question is being answered, and locks.
pub(super) fn lock_answering() -> MutexGuard<'static, ()> {
    ANSWERING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Locked from before a message is sent until its question is in the file.
static DELIVERING: Mutex<()> = Mutex::new(());

/// Waits until no message is being delivered, and locks.
pub fn lock_delivering() -> MutexGuard<'static, ()> {
    DELIVERING.lock().unwrap_or_else(PoisonError::into_inner)
}

fn lock_file() -> MutexGuard<'static, ()> {
    FILE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A question whose message is in a chat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatQuestion {
    pub channel: String,
    /// The number of the message in the chat.
    pub message: i64,
    /// What its buttons carry.
    pub token: String,
    pub project: Utf8PathBuf,
    pub session: SessionName,
    pub source: String,
    pub at: Timestamp,
    pub question: AskedQuestion,
}

impl ChatQuestion {
    /// Returns the question of a message that was delivered to a chat.
    pub fn of(message: &Message) -> Option<Self> {
        let receipt = message.receipt.clone()?;
        let notice = &message.notice;
        Some(Self {
            channel: message.channel.clone(),
            message: receipt.message,
            token: receipt.token,
            project: notice.project.clone()?,
            session: notice.session.clone()?,
            source: notice.source.clone(),
            at: message.sent_at.unwrap_or_else(clock::now),
            question: notice.question.clone()?,
        })
    }

    fn notice(&self) -> Notice {
        Notice {
            source: self.source.clone(),
            number: 0,
            kind: NoticeKind::Question,
            at: self.at,
            project: Some(self.project.clone()),
            session: Some(self.session.clone()),
            title: String::new(),
            detail: String::new(),
            commands: Vec::new(),
            last_words: String::new(),
            question: Some(self.question.clone()),
            removed: 0,
        }
    }

    /// Whether the session still asks it.
    pub(super) fn is_open(&self) -> bool {
        is_current(&self.notice())
    }

    /// Returns how it was answered, as far as the session knows.
    pub(super) fn answered(&self) -> Option<String> {
        let state = state(&self.notice())?;
        let answer = match &self.question.branch {
            Some(branch) => answer_of(&state, branch),
            None => state.session.last_answer,
        };
        let answer = answer.filter(|answer| answer.id == self.question.id)?;
        Some(format!(
            "{} (by {})",
            clean(&answer.text),
            clean(&answer.by)
        ))
    }
}

fn answer_of(state: &State, branch: &NodeId) -> Option<GivenAnswer> {
    state.current.branch_answers.get(branch).cloned()
}

/// Returns the questions that can be answered in a chat.
pub(super) fn read(outbox: &Outbox) -> Vec<ChatQuestion> {
    outbox.read_json(ASKED).unwrap_or_default()
}

/// Adds a question that can be answered in its chat.
pub fn remember(outbox: &Outbox, asked: ChatQuestion) -> io::Result<()> {
    let _guard = lock_file();
    let mut all = read(outbox);
    all.retain(|known| (&known.channel, known.message) != (&asked.channel, asked.message));
    all.push(asked);
    outbox.store_json(ASKED, &all)
}

/// Removes a question; its buttons have no effect from then on.
pub(super) fn forget(outbox: &Outbox, asked: &ChatQuestion) -> io::Result<()> {
    let _guard = lock_file();
    let mut all = read(outbox);
    all.retain(|known| known != asked);
    outbox.store_json(ASKED, &all)
}

/// Whether the updates of a bot have to be fetched.
pub fn needs_poller(outbox: &Outbox, policy: &NotifyPolicy, serves: bool) -> bool {
    let bots = || {
        policy
            .channels
            .iter()
            .filter_map(|channel| match &channel.target {
                Target::Telegram(target) => Some((channel, target)),
                _ => None,
            })
    };
    let asked = read(outbox);
    bots().any(|(channel, target)| {
        let asks = asked.iter().any(|asked| asked.channel == channel.name);
        (target.answers && asks) || (target.control && serves)
    })
}

/// Removes questions that were answered elsewhere, and reports that in their chats.
pub fn close_answered(env: &SenderEnv, outbox: &Outbox, configuration: &Configuration) {
    let _guard = lock_answering();
    for asked in read(outbox) {
        if asked.is_open() {
            continue;
        }
        let how = asked.answered();
        if forget(outbox, &asked).is_err() {
            continue;
        }
        let Some(chat) = Chat::of(env, configuration, &asked.channel) else {
            continue;
        };
        chat.close(asked.message);
        let how = how.unwrap_or_else(|| "the session no longer asks it".to_owned());
        chat.say(
            &format!("{} of {}: {how}", asked.question.id, asked.session),
            Some(asked.message),
        );
    }
}
