//! `notify:` in `config.yaml`.
use super::duration::Span;
use crate::model::NoticeKind;
use crate::plan::{ChannelKind, Quiet};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use std::collections::BTreeMap;
use std::fmt;

/// How you are notified.
#[derive(Clone, Debug, Default, PartialEq, serde::Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct NotifyDef {
    /// Whether the default rules hold, which show questions, failures and ends of sessions on your desktop; they do unless
    /// this is false or there are `rules`.
    pub desktop: Option<bool>,
    /// Where messages are sent, by names that rules use.
    pub channels: BTreeMap<String, ChannelDef>,
    /// Which events are sent where; the first rule that names an event counts.
    pub rules: Option<Vec<RuleDef>>,
    /// How much is sent.
    pub limits: NotifyLimitsDef,
    /// An address that is called while sessions run, so that their silence is noticed elsewhere.
    pub heartbeat: Option<HeartbeatDef>,
    /// A PEM file of certificates that are trusted instead of those that are built in.
    pub ca: Option<String>,
}

/// A channel. Which keys it takes depends on its `type`.
#[derive(Clone, Debug, PartialEq, serde::Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ChannelDef {
    /// `telegram`, `desktop`, `slack`, `discord`, `ntfy`, `webhook` or `command`.
    #[serde(rename = "type")]
    pub kind: ChannelKind,
    /// Of `telegram`: the token of your bot. Of `ntfy` and `webhook`: what authorizes you, if anything does.
    #[serde(default)]
    pub token: Option<SecretRefDef>,
    /// Of `telegram`: the id of the chat; nothing is accepted from any other one.
    #[serde(default)]
    pub chat: Option<SecretRefDef>,
    /// Of `slack` and `discord`: the address of the webhook. Of `ntfy`: the server, `https://ntfy.sh` by default.
    #[serde(default)]
    pub url: Option<SecretRefDef>,
    /// Of `ntfy`: the topic.
    #[serde(default)]
    pub topic: Option<SecretRefDef>,
    /// Of `ntfy`: from 1 to 5; by default what the severity of the event comes to.
    #[serde(default)]
    pub priority: Option<u8>,
    /// Of `ntfy`: a page on which questions can be answered, for the buttons of its messages.
    #[serde(default)]
    pub answer_url: Option<String>,
    /// Of `telegram`: another Bot API server than `https://api.telegram.org`.
    #[serde(default)]
    pub api: Option<String>,
    /// Of `telegram`: whether questions can be answered in the chat; they can unless this is false.
    #[serde(default)]
    pub answers: Option<bool>,
    /// Of `telegram`: whether `/status`, `/questions`, `/pause` and `/stop` work in the chat.
    #[serde(default)]
    pub control: Option<bool>,
    /// Of `command`: the program and its arguments; it gets the message as JSON on its standard input.
    #[serde(default)]
    pub command: Option<Vec<String>>,
}

/// Which events are sent where.
#[derive(Clone, Debug, PartialEq, serde::Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RuleDef {
    /// The events.
    pub events: Vec<NoticeKind>,
    /// Names of channels.
    pub to: Vec<String>,
    /// How often a question is sent again while it is open; once if there is none.
    #[serde(default)]
    pub repeat: Option<Span>,
    /// Messages are held back in these hours, until their end: `"23:00-07:00"`, perhaps with a time zone.
    #[serde(default)]
    pub quiet: Option<QuietDef>,
}

/// How much is sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct NotifyLimitsDef {
    /// Messages that each channel gets in an hour, 20 by default; what is left over is sent later, as one.
    pub per_hour: Option<u32>,
}

/// An address that is called while sessions run.
#[derive(Clone, Debug, PartialEq, serde::Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct HeartbeatDef {
    pub url: SecretRefDef,
    /// How often; every 5 minutes by default.
    #[serde(default)]
    pub every: Option<Span>,
}

/// A text, or where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretRefDef {
    Plain(String),
    Elsewhere(SourceDef),
}

/// Where a secret is: one of these.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct SourceDef {
    /// The name of an entry of `secrets.yaml`.
    pub secret: Option<String>,
    /// The name of a variable of the environment.
    pub env: Option<String>,
    /// The path of a file, of which the first line counts; `~` is your home folder.
    pub file: Option<String>,
    /// A program and its arguments; the first line that it prints counts.
    pub command: Option<Vec<String>>,
}

impl<'de> Deserialize<'de> for SecretRefDef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SecretRefVisitor)
    }
}

struct SecretRefVisitor;

impl<'de> Visitor<'de> for SecretRefVisitor {
    type Value = SecretRefDef;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a text, or `{secret: NAME}`, `{env: NAME}`, `{file: PATH}` or `{command: [PROGRAM]}`",
        )
    }

    fn visit_str<E>(self, text: &str) -> Result<SecretRefDef, E> {
        Ok(SecretRefDef::Plain(text.to_owned()))
    }

    // A chat's id is a number.
    fn visit_i64<E>(self, number: i64) -> Result<SecretRefDef, E> {
        Ok(SecretRefDef::Plain(number.to_string()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<SecretRefDef, E> {
        Ok(SecretRefDef::Plain(number.to_string()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<SecretRefDef, A::Error> {
        SourceDef::deserialize(MapAccessDeserializer::new(map)).map(SecretRefDef::Elsewhere)
    }
}

#[cfg(feature = "schemas")]
impl schemars::JsonSchema for SecretRefDef {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "SecretRefDef".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let source = generator.subschema_for::<SourceDef>();
        schemars::json_schema!({ "anyOf": [{ "type": ["string", "integer"] }, source] })
    }
}

/// Hours in which messages are held back.
#[derive(Clone, Debug, PartialEq, serde::Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schemas", schemars(with = "String", extend("examples" = ["23:00-07:00", "23:00-07:00 Europe/Berlin"])))]
#[serde(try_from = "String")]
pub struct QuietDef(pub Quiet);

impl TryFrom<String> for QuietDef {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Quiet::parse(&text)
            .map(Self)
            .map_err(|error| error.to_string())
    }
}
