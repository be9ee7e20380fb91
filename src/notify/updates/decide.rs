//! What an update of a bot means: an answer, a command, or nothing. Touches nothing.
use super::asked::Asked;
use crate::model::SessionName;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

/// Commands that are older than this were meant for another moment.
const COMMAND_LIFE: SignedDuration = SignedDuration::from_mins(10);
/// How long a button that stops a session works.
const STOP_LIFE: SignedDuration = SignedDuration::from_mins(5);
/// The longest answer, in bytes.
const LONGEST_ANSWER: usize = 4_096;

/// What is known when an update comes.
#[derive(Clone, Copy, Debug)]
pub struct Heard<'a> {
    /// The only chat that is listened to.
    pub chat: &'a str,
    pub asked: &'a [Asked],
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

/// What an update comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decided {
    /// Nothing is done, and nothing is written in return.
    Nothing,
    /// A question is answered.
    Answer {
        asked: Box<Asked>,
        reply: ChatReply,
        /// The button that was pressed.
        query: Option<String>,
    },
    /// A button that does nothing any more.
    OldButton {
        query: String,
    },
    /// A question was replied to that cannot be answered any more.
    OldMessage {
        message: i64,
    },
    Status,
    Questions,
    Pause {
        session: SessionName,
        project: Option<String>,
    },
    /// A stop that is to be confirmed.
    OfferStop {
        session: SessionName,
        project: Option<String>,
    },
    Stop {
        offer: StopOffer,
        query: String,
    },
    /// A command that cannot be read; says how it is written.
    Usage(&'static str),
}

/// An answer from a chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChatReply {
    /// The number of a choice, from 1.
    Choice(u32),
    Text(String),
}

/// Returns what an update means.
pub fn decide(update: &Value, heard: &Heard<'_>) -> Decided {
    let query = &update["callback_query"];
    if query.is_object() {
        return button(query, heard);
    }
    let message = &update["message"];
    let is_forwarded = message["forward_origin"].is_object()
        || message["forward_date"].is_i64()
        || message["via_bot"].is_object();
    if !is_chat(&message["chat"], heard.chat) || is_forwarded {
        return Decided::Nothing;
    }
    let Some(text) = message["text"]
        .as_str()
        .map(str::trim)
        .filter(|it| !it.is_empty())
    else {
        return Decided::Nothing;
    };
    if let Some(answered) = message["reply_to_message"]["message_id"].as_i64()
        && heard.answers
    {
        let reply = ChatReply::Text(crate::text::clip_bytes(text, LONGEST_ANSWER));
        let asked = heard.asked.iter().find(|asked| asked.message == answered);
        return match asked {
            Some(asked) => Decided::Answer {
                asked: Box::new(asked.clone()),
                reply,
                query: None,
            },
            None if message["reply_to_message"]["from"]["is_bot"] == true => {
                Decided::OldMessage { message: answered }
            }
            None => Decided::Nothing,
        };
    }
    let sent = message["date"]
        .as_i64()
        .and_then(|at| Timestamp::from_second(at).ok());
    let is_old = sent.is_none_or(|sent| COMMAND_LIFE < heard.now.duration_since(sent));
    if heard.control && !is_old {
        command(text)
    } else {
        Decided::Nothing
    }
}

fn button(query: &Value, heard: &Heard<'_>) -> Decided {
    if !is_chat(&query["message"]["chat"], heard.chat) {
        return Decided::Nothing;
    }
    let Some(id) = query["id"].as_str().map(str::to_owned) else {
        return Decided::Nothing;
    };
    let data = query["data"].as_str().unwrap_or_default();
    let (token, choice) = data.split_once(':').unwrap_or((data, ""));
    let message = query["message"]["message_id"].as_i64();
    let offered = heard
        .stops
        .iter()
        .find(|offer| offer.token == token && heard.now.duration_since(offer.at) < STOP_LIFE);
    if let Some(offer) = offered.filter(|_| choice == "stop" && heard.control) {
        return Decided::Stop {
            offer: offer.clone(),
            query: id,
        };
    }
    let asked = heard.asked.iter().find(|asked| {
        // Its own token, on its own message.
        !token.is_empty() && asked.token == token && Some(asked.message) == message
    });
    match (asked, choice.parse::<u32>()) {
        (Some(asked), Ok(number)) if heard.answers => Decided::Answer {
            asked: Box::new(asked.clone()),
            reply: ChatReply::Choice(number),
            query: Some(id),
        },
        _ => Decided::OldButton { query: id },
    }
}

fn command(text: &str) -> Decided {
    let mut words = text.split_whitespace();
    let name = words.next().unwrap_or_default();
    // In groups a command names its bot.
    let name = name.split('@').next().unwrap_or_default();
    let mut session = || -> Option<(SessionName, Option<String>)> {
        let session = words.next()?.parse().ok()?;
        Some((session, words.next().map(str::to_owned)))
    };
    match name {
        "/status" => Decided::Status,
        "/questions" => Decided::Questions,
        "/pause" => session().map_or(Decided::Usage("/pause SESSION"), |(session, project)| {
            Decided::Pause { session, project }
        }),
        "/stop" => session().map_or(Decided::Usage("/stop SESSION"), |(session, project)| {
            Decided::OfferStop { session, project }
        }),
        _ => Decided::Nothing,
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
