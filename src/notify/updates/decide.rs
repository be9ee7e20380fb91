//! Decides what an update of a Telegram bot means: an answer, a command, or nothing. Pure.
use super::chat_question::ChatQuestion;
use crate::model::SessionName;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

/// Older commands are ignored: they were meant for another moment.
const COMMAND_LIFE: SignedDuration = SignedDuration::from_mins(10);
/// How long a button that stops a session works.
const STOP_LIFE: SignedDuration = SignedDuration::from_mins(5);
/// The longest answer, in bytes.
const LONGEST_ANSWER: usize = 4_096;

/// What an update is judged by.
#[derive(Clone, Copy, Debug)]
pub struct UpdateContext<'a> {
    /// The only chat whose updates count.
    pub chat: &'a str,
    pub asked: &'a [ChatQuestion],
    /// Stops that were offered, by what their buttons carry.
    pub stops: &'a [StopOffer],
    pub answers: bool,
    pub control: bool,
    pub now: Timestamp,
}

/// A stop that waits to be confirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StopOffer {
    pub token: String,
    pub session: SessionName,
    pub project: Option<String>,
    pub at: Timestamp,
}

/// The action that an update asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChatAction {
    /// Nothing, without a reply.
    Nothing,
    /// Answer a question.
    Answer {
        asked: Box<ChatQuestion>,
        reply: ChatReply,
        /// The button that was pressed.
        query: Option<String>,
    },
    /// Reply that the button is no longer valid.
    OldButton {
        query: String,
    },
    /// Reply that the question can no longer be answered.
    OldMessage {
        message: i64,
    },
    Status,
    Questions,
    Pause {
        session: SessionName,
        project: Option<String>,
    },
    /// Ask for the confirmation of a stop.
    OfferStop {
        session: SessionName,
        project: Option<String>,
    },
    Stop {
        offer: StopOffer,
        query: String,
    },
    /// Show the usage of a command that could not be parsed.
    Usage(&'static str),
}

impl ChatAction {
    /// Whether the update answers a question that is not known, or no longer.
    pub(super) fn is_too_late(&self) -> bool {
        matches!(self, Self::OldButton { .. } | Self::OldMessage { .. })
    }
}

/// An answer from a chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChatReply {
    /// The number of a choice, from 1.
    Choice(u32),
    Text(String),
}

/// Returns the action that an update asks for.
pub fn decide(update: &Value, context: &UpdateContext<'_>) -> ChatAction {
    let query = &update["callback_query"];
    if query.is_object() {
        return button(query, context);
    }
    let message = &update["message"];
    let is_forwarded = message["forward_origin"].is_object()
        || message["forward_date"].is_i64()
        || message["via_bot"].is_object();
    if !is_chat(&message["chat"], context.chat) || is_forwarded {
        return ChatAction::Nothing;
    }
    let Some(text) = message["text"]
        .as_str()
        .map(str::trim)
        .filter(|it| !it.is_empty())
    else {
        return ChatAction::Nothing;
    };
    if let Some(answered) = message["reply_to_message"]["message_id"].as_i64()
        && context.answers
    {
        let reply = ChatReply::Text(crate::text::clip_bytes(text, LONGEST_ANSWER));
        let asked = context.asked.iter().find(|asked| asked.message == answered);
        return match asked {
            Some(asked) => ChatAction::Answer {
                asked: Box::new(asked.clone()),
                reply,
                query: None,
            },
            None if message["reply_to_message"]["from"]["is_bot"] == true => {
                ChatAction::OldMessage { message: answered }
            }
            None => ChatAction::Nothing,
        };
    }
    let sent = message["date"]
        .as_i64()
        .and_then(|at| Timestamp::from_second(at).ok());
    let is_old = sent.is_none_or(|sent| COMMAND_LIFE < context.now.duration_since(sent));
    if context.control && !is_old {
        command(text)
    } else {
        ChatAction::Nothing
    }
}

fn button(query: &Value, context: &UpdateContext<'_>) -> ChatAction {
    if !is_chat(&query["message"]["chat"], context.chat) {
        return ChatAction::Nothing;
    }
    let Some(id) = query["id"].as_str().map(str::to_owned) else {
        return ChatAction::Nothing;
    };
    let data = query["data"].as_str().unwrap_or_default();
    let (token, choice) = data.split_once(':').unwrap_or((data, ""));
    let message = query["message"]["message_id"].as_i64();
    let offered = context
        .stops
        .iter()
        .find(|offer| offer.token == token && context.now.duration_since(offer.at) < STOP_LIFE);
    if let Some(offer) = offered.filter(|_| choice == "stop" && context.control) {
        return ChatAction::Stop {
            offer: offer.clone(),
            query: id,
        };
    }
    let asked = context.asked.iter().find(|asked| {
        // Its own token, on its own message.
        !token.is_empty() && asked.token == token && Some(asked.message) == message
    });
    match (asked, choice.parse::<u32>()) {
        (Some(asked), Ok(number)) if context.answers => ChatAction::Answer {
            asked: Box::new(asked.clone()),
            reply: ChatReply::Choice(number),
            query: Some(id),
        },
        _ => ChatAction::OldButton { query: id },
    }
}

fn command(text: &str) -> ChatAction {
    let mut words = text.split_whitespace();
    let name = words.next().unwrap_or_default();
    // In groups a command names its bot.
    let name = name.split('@').next().unwrap_or_default();
    let mut session = || -> Option<(SessionName, Option<String>)> {
        let session = words.next()?.parse().ok()?;
        Some((session, words.next().map(str::to_owned)))
    };
    match name {
        "/status" => ChatAction::Status,
        "/questions" => ChatAction::Questions,
        "/pause" => session().map_or(ChatAction::Usage("/pause SESSION"), |(session, project)| {
            ChatAction::Pause { session, project }
        }),
        "/stop" => session().map_or(ChatAction::Usage("/stop SESSION"), |(session, project)| {
            ChatAction::OfferStop { session, project }
        }),
        _ => ChatAction::Nothing,
    }
}

/// Whether a chat is the configured one, by its number or by its public name.
fn is_chat(chat: &Value, configured: &str) -> bool {
    let by_number = chat["id"]
        .as_i64()
        .is_some_and(|id| id.to_string() == configured);
    let name = configured.strip_prefix('@');
    let by_name = name.is_some_and(|name| {
        let own = chat["username"].as_str();
        own.is_some_and(|own| own.eq_ignore_ascii_case(name))
    });
    by_number || by_name
}
