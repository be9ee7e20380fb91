//! Writes to a chat in return.
use crate::notify::channels::Reach;
use crate::notify::channels::telegram::{Bot, CallError};
use crate::notify::configuration::{Configuration, SenderEnv};
use crate::notify::http::{Http, LIMIT};
use crate::notify::policy::cut_to;
use crate::notify::secret::Resolver;
use crate::plan::{Target, TelegramTarget};
use serde_json::{Value, json};
use std::time::Duration;

/// The longest text that is written in return, in characters.
const LONGEST: usize = 2_000;
/// The longest text that appears over a chat, in characters.
const LONGEST_NOTE: usize = 190;

/// A bot and its chat, and how to reach them.
#[derive(Debug)]
pub(super) struct Chat {
    pub(super) bot: Bot,
    pub(super) target: TelegramTarget,
    http: Http,
}

impl Chat {
    /// Returns the chat of a channel, if it is one of Telegram whose secrets are known.
    pub(super) fn of(env: &SenderEnv, with: &Configuration, channel: &str) -> Option<Self> {
        let Target::Telegram(target) = &with.policy.channel(channel)?.target else {
            return None;
        };
        let resolver = Resolver {
            secrets: &with.secrets,
            vars: &env.vars,
        };
        let reach = Reach {
            http: &with.http,
            resolver: &resolver,
            vars: &env.vars,
        };
        Some(Self {
            bot: Bot::new(&reach, target).ok()?,
            target: target.clone(),
            http: with.http.clone(),
        })
    }

    /// Calls a method of the Bot API.
    pub(super) fn call(
        &self,
        method: &str,
        arguments: &Value,
        limit: Duration,
    ) -> Result<Value, CallError> {
        self.bot.call(&self.http, method, arguments, limit)
    }

    /// Writes to the chat, perhaps in reply to a message. Nothing depends on its success.
    pub(super) fn say(&self, text: &str, reply_to: Option<i64>) {
        self.say_with(text, reply_to, Value::Null);
    }

    /// Writes to the chat with buttons.
    pub(super) fn say_with(&self, text: &str, reply_to: Option<i64>, markup: Value) {
        let mut body = json!({ "chat_id": self.bot.chat, "text": cut_to(text, LONGEST) });
        if let Some(message) = reply_to {
            body["reply_parameters"] = json!({
                "message_id": message,
                "allow_sending_without_reply": true,
            });
        }
        if !markup.is_null() {
            body["reply_markup"] = markup;
        }
        if let Err(error) = self.call("sendMessage", &body, LIMIT) {
            tracing::info!(?error, "the chat was not written to");
        }
    }

    /// Removes the buttons of a message.
    pub(super) fn close(&self, message: i64) {
        let body = json!({ "chat_id": self.bot.chat, "message_id": message });
        let _ = self.call("editMessageReplyMarkup", &body, LIMIT);
    }

    /// Shows over the chat what a button did.
    pub(super) fn note(&self, query: &str, text: &str) {
        let body = json!({ "callback_query_id": query, "text": cut_to(text, LONGEST_NOTE) });
        let _ = self.call("answerCallbackQuery", &body, LIMIT);
    }
}
