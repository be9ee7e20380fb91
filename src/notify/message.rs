//! What is sent: a notice, and its messages to channels.
use crate::model::{NodeId, NoticeKind, QuestionId, SessionName};
use camino::Utf8PathBuf;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Something that you may want to know, in words. Secrets have been removed from it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Notice {
    /// The run, or another journal, whose fact it comes from.
    pub source: String,
    /// The number of the fact in that journal.
    pub number: u64,
    #[serde(rename = "event")]
    pub kind: NoticeKind,
    /// When it happened.
    pub at: Timestamp,
    /// The folder of the project.
    #[cfg_attr(feature = "schemas", schemars(with = "Option<String>"))]
    pub project: Option<Utf8PathBuf>,
    pub session: Option<SessionName>,
    /// What happened, in one line.
    pub title: String,
    /// More about it, in a few words: `2 iterations`.
    pub detail: String,
    /// Commands that do something about it.
    pub commands: Vec<String>,
    /// The last words of an agent.
    pub last_words: String,
    /// The question that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub question: Option<AskedQuestion>,
    /// How many secrets were removed from it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub removed: usize,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks for a reference"
)]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// A question that can be answered from where its message is read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct AskedQuestion {
    pub id: QuestionId,
    /// The branch that asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<NodeId>,
    /// The answers to choose from.
    pub choices: Vec<String>,
    /// Whether any text is an answer, too.
    pub takes_text: bool,
}

/// A notice on its way to a channel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Message {
    /// Its name: a message of this name is made once.
    pub id: String,
    pub channel: String,
    /// Not sent before this moment.
    pub due: Timestamp,
    /// How often it was tried in vain.
    #[serde(default)]
    pub tries: u32,
    /// When it was first tried in vain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_try: Option<Timestamp>,
    /// How often it was sent without an answer: it may have arrived.
    #[serde(default)]
    pub unanswered: u32,
    /// Why it was not delivered, last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Seconds after which a question is sent again while it is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeat_s: Option<u64>,
    /// How often it was repeated.
    #[serde(default)]
    pub repeats: u32,
    /// When it was delivered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_at: Option<Timestamp>,
    /// What the channel said about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<Receipt>,
    pub notice: Notice,
}

/// What names a delivered message in its channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Receipt {
    /// The number of the message in its chat.
    pub message: i64,
    /// What its buttons carry: it answers this message and no other one, once.
    pub token: String,
}

impl Message {
    /// Returns the notice's message to a channel.
    pub fn new(notice: Notice, channel: &str) -> Self {
        let id = format!(
            "{:013}-{}-{:06}-{channel}",
            notice.at.as_millisecond().max(0),
            notice.source,
            notice.number
        );
        Self {
            id,
            channel: channel.to_owned(),
            due: notice.at,
            tries: 0,
            first_try: None,
            unanswered: 0,
            error: None,
            repeat_s: None,
            repeats: 0,
            sent_at: None,
            receipt: None,
            notice,
        }
    }

    /// Returns the message that repeats this one, which was just delivered.
    pub fn repetition(&self, due: Timestamp) -> Self {
        let repeats = self.repeats + 1;
        let before = format!("-again-{}", self.repeats);
        let base = self.id.strip_suffix(&before).unwrap_or(&self.id);
        Self {
            id: format!("{base}-again-{repeats}"),
            due,
            tries: 0,
            first_try: None,
            unanswered: 0,
            error: None,
            repeats,
            sent_at: None,
            receipt: None,
            ..self.clone()
        }
    }
}
