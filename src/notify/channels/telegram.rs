//! Chats of Telegram bots.
use super::reach::{Parcel, Reach, Sent, by_status};
use crate::notify::http::{Http, NoResponse, Request, Response};
use crate::notify::message::{AskedQuestion, Receipt};
use crate::notify::policy::{Delivery, cut_to, cut_utf16};
use crate::notify::secret::Unresolved;
use crate::plan::TelegramTarget;
use jiff::SignedDuration;
use serde_json::{Value, json};
use std::time::Duration;

/// The Bot API.
const API: &str = "https://api.telegram.org";
/// The longest text, in UTF-16 units.
const LONGEST: usize = 4_096;
/// The longest label of a button.
const LONGEST_LABEL: usize = 60;
/// More choices are answered by their number in words.
const MOST_BUTTONS: usize = 20;

/// A bot and its chat.
#[derive(Clone, Debug)]
pub struct Bot {
    api: String,
    token: String,
    pub chat: String,
}

/// An error that the Bot API returned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    pub code: u16,
    pub description: String,
    pub retry_after: Option<SignedDuration>,
}

/// Why a call of the Bot API failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallError {
    Api(ApiError),
    NoResponse(NoResponse),
}

impl Bot {
    /// Returns the bot of a channel.
    pub fn new(reach: &Reach<'_>, target: &TelegramTarget) -> Result<Self, Unresolved> {
        Ok(Self {
            api: target.api.clone().unwrap_or_else(|| API.to_owned()),
            token: reach.resolver.resolve(&target.token)?,
            chat: reach.resolver.resolve(&target.chat)?,
        })
    }

    /// Returns the number before the secret of its token: the bot's own.
    pub fn number(&self) -> &str {
        self.token.split(':').next().unwrap_or_default()
    }

    /// Calls a method of the Bot API.
    pub fn call(
        &self,
        http: &Http,
        method: &str,
        arguments: &Value,
        limit: Duration,
    ) -> Result<Value, CallError> {
        let request = Request {
            limit,
            ..Request::post_json(self.url(method), arguments)
        };
        let response = http.send(&request).map_err(CallError::NoResponse)?;
        result(&response).map_err(CallError::Api)
    }

    fn url(&self, method: &str) -> String {
        format!(
            "{}/bot{}/{method}",
            self.api.trim_end_matches('/'),
            self.token
        )
    }
}

/// Returns the result in an answer of the Bot API.
fn result(response: &Response) -> Result<Value, ApiError> {
    let body: Value = serde_json::from_str(&response.body).unwrap_or_default();
    if body["ok"] == true {
        return Ok(body["result"].clone());
    }
    let said = body["parameters"]["retry_after"].as_f64();
    let said = said.and_then(|seconds| SignedDuration::try_from_secs_f64(seconds.max(0.0)).ok());
    let description = body["description"].as_str().map(crate::text::clean);
    Err(ApiError {
        code: response.status,
        description: description.unwrap_or_default(),
        retry_after: said.or(response.retry_after),
    })
}

pub(super) fn deliver(reach: &Reach<'_>, target: &TelegramTarget, parcel: &Parcel<'_>) -> Sent {
    let bot = Bot::new(reach, target)?;
    let mut body = json!({
        "chat_id": bot.chat,
        "text": cut_utf16(&parcel.wording.text(), LONGEST),
        "link_preview_options": { "is_disabled": true },
    });
    let token = match parcel.messages {
        [message] if target.answers => message.notice.question.as_ref().map(|question| {
            let token = button_token(&message.id);
            body["reply_markup"] = markup(question, &token);
            token
        }),
        _ => None,
    };
    let request = Request::post_json(bot.url("sendMessage"), &body);
    Ok(reach.send(&request, |response| answer(response, token.as_deref())))
}

/// Returns a random token for the buttons of a message, which cannot be guessed.
fn button_token(id: &str) -> String {
    use std::hash::{BuildHasher as _, RandomState};
    let chance = RandomState::new().hash_one(id) ^ RandomState::new().hash_one("button");
    format!("{chance:016x}")
}

/// Returns the buttons of a question, and asks for a reply where a text is an answer.
fn markup(question: &AskedQuestion, token: &str) -> Value {
    if question.choices.is_empty() || MOST_BUTTONS < question.choices.len() {
        return json!({ "force_reply": true, "input_field_placeholder": "Your answer" });
    }
    let choices = question.choices.iter().enumerate();
    let rows: Vec<Value> = choices
        .map(|(index, choice)| {
            json!([{ "text": cut_to(choice, LONGEST_LABEL), "callback_data": format!("{token}:{}", index + 1) }])
        })
        .collect();
    json!({ "inline_keyboard": rows })
}

fn answer(response: &Response, token: Option<&str>) -> Delivery {
    let error = match result(response) {
        Ok(result) => {
            let receipt = result["message_id"].as_i64().map(|message| Receipt {
                message,
                token: token.unwrap_or_default().to_owned(),
            });
            return Delivery::Delivered(receipt);
        }
        Err(error) => error,
    };
    if (200..300).contains(&response.status) {
        return Delivery::NotNow {
            reason: "the answer is not one of Telegram".to_owned(),
            after: None,
        };
    }
    match by_status(response, |_| None) {
        Delivery::Refused(_) => Delivery::Refused(explain(&error)),
        Delivery::NotNow { reason, .. } => Delivery::NotNow {
            reason,
            after: error.retry_after,
        },
        other => other,
    }
}

/// Words an error of the Bot API, with what to check.
pub fn explain(error: &ApiError) -> String {
    let said = &error.description;
    match error.code {
        401 | 404 => format!(
            "Telegram does not know the token ({said}): ask @BotFather for it, and put it into secrets.yaml"
        ),
        403 => format!(
            "the bot may not write to the chat ({said}): open it in Telegram and press Start"
        ),
        400 if said.contains("chat not found") => format!(
            "there is no such chat ({said}): write to the bot first, and check the chat's id"
        ),
        409 => format!("another program polls the bot ({said}): end it, or give each its own bot"),
        code => format!("Telegram refuses the message with status {code} ({said})"),
    }
}
