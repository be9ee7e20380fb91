//! Where messages are sent.
use serde::{Deserialize, Serialize};
use std::fmt;

/// The kinds of channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ChannelKind {
    /// A chat of a Telegram bot, which takes answers too.
    Telegram,
    /// Your desktop.
    Desktop,
    /// A channel of Slack, by a webhook.
    Slack,
    /// A channel of Discord, by a webhook.
    Discord,
    /// A topic of ntfy.
    Ntfy,
    /// An address that gets JSON.
    Webhook,
    /// A program that gets JSON on its standard input.
    Command,
}

impl ChannelKind {
    /// Returns its name in `config.yaml`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Telegram => "telegram",
            Self::Desktop => "desktop",
            Self::Slack => "slack",
            Self::Discord => "discord",
            Self::Ntfy => "ntfy",
            Self::Webhook => "webhook",
            Self::Command => "command",
        }
    }
}

/// Where a text comes from that does not belong into `config.yaml`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SecretRef {
    /// Written in `config.yaml`, since it is no secret.
    Plain(String),
    /// An entry of `secrets.yaml`.
    Secret(String),
    /// A variable of the environment.
    Env(String),
    /// The first line of a file.
    File(String),
    /// The first line that a program prints.
    Command(Vec<String>),
}

impl fmt::Display for SecretRef {
    /// Names the source, never the value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(_) => f.write_str("config.yaml"),
            Self::Secret(name) => write!(f, "`{name}` in secrets.yaml"),
            Self::Env(name) => write!(f, "the variable {name}"),
            Self::File(path) => write!(f, "the file {path}"),
            Self::Command(argv) => {
                write!(
                    f,
                    "the command `{}`",
                    argv.first().map_or("", String::as_str)
                )
            }
        }
    }
}

/// A named channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    pub name: String,
    pub target: Target,
}

/// What a channel needs to be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    Telegram(TelegramTarget),
    Desktop,
    Slack {
        url: SecretRef,
    },
    Discord {
        url: SecretRef,
    },
    Ntfy {
        url: SecretRef,
        topic: SecretRef,
        token: Option<SecretRef>,
        /// From 1 to 5; by the severity of the event if there is none.
        priority: Option<u8>,
        /// The page on which a question can be answered.
        answer_url: Option<String>,
    },
    Webhook {
        url: SecretRef,
        token: Option<SecretRef>,
    },
    Command {
        argv: Vec<String>,
    },
}

/// A chat of a bot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TelegramTarget {
    pub token: SecretRef,
    pub chat: SecretRef,
    /// Another Bot API server.
    pub api: Option<String>,
    /// Whether questions can be answered in the chat.
    pub answers: bool,
    /// Whether `/status`, `/questions`, `/pause` and `/stop` work in the chat.
    pub control: bool,
}

impl Target {
    /// Returns its kind.
    pub fn kind(&self) -> ChannelKind {
        match self {
            Self::Telegram(_) => ChannelKind::Telegram,
            Self::Desktop => ChannelKind::Desktop,
            Self::Slack { .. } => ChannelKind::Slack,
            Self::Discord { .. } => ChannelKind::Discord,
            Self::Ntfy { .. } => ChannelKind::Ntfy,
            Self::Webhook { .. } => ChannelKind::Webhook,
            Self::Command { .. } => ChannelKind::Command,
        }
    }
}
