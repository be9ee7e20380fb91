//! `ap notify test`: sends a message to channels, and prints what became of it.
use super::configuration::{configuration, sender_env};
use crate::cli::context::Context;
use crate::cli::format::Format;
use crate::clock;
use crate::error::{Error, ExitCode, Result};
use crate::model::NoticeKind;
use crate::notify::channels::{Parcel, Reach};
use crate::notify::policy::{Delivery, wording};
use crate::notify::{Message, Notice, Resolver};
use crate::plan::{Channel, ChannelKind, suggest};
use crate::ui::{json, out};
use serde::Serialize;

/// An entry of `ap notify test --json`.
#[derive(Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(in crate::cli) struct ChannelTest {
    channel: String,
    #[serde(rename = "type")]
    kind: ChannelKind,
    /// `delivered`, `refused`, `not_reached`, or `unanswered` if it was sent and may have arrived.
    result: &'static str,
    /// Why it was not delivered.
    reason: Option<String>,
}

pub(super) fn run(channel: Option<&str>, format: Format, context: &Context) -> Result<ExitCode> {
    let configuration = configuration(context)?;
    let all = &configuration.policy.channels;
    let tested: Vec<&Channel> = match channel {
        None => all.iter().collect(),
        Some(name) => vec![configuration.policy.channel(name).ok_or_else(|| {
            let names = all.iter().map(|channel| channel.name.as_str());
            Error::usage(format!(
                "there is no channel `{}`",
                crate::text::clean(name)
            ))
            .hint(suggest::hint(name, names))
        })?],
    };
    let env = sender_env(context);
    let resolver = Resolver {
        secrets: &configuration.secrets,
        vars: &env.vars,
    };
    let reach = Reach {
        http: &configuration.http,
        resolver: &resolver,
        vars: &env.vars,
    };
    let mut results = Vec::new();
    for channel in tested {
        let message = Message::new(notice(), &channel.name);
        let messages = [&message];
        let wording = wording(&messages, clock::now(), &env.zone);
        let parcel = Parcel {
            messages: &messages,
            wording: &wording,
        };
        let test = ChannelTest::new(channel, reach.deliver(channel, &parcel));
        if format == Format::Text {
            out(test.line())?;
        }
        results.push(test);
    }
    if format == Format::Json {
        json::print(&results)?;
    }
    let delivered = results.iter().all(|test| test.reason.is_none());
    Ok(if delivered {
        ExitCode::Done
    } else {
        ExitCode::Failed
    })
}

fn notice() -> Notice {
    Notice {
        source: "test".to_owned(),
        number: 0,
        kind: NoticeKind::Complete,
        at: clock::now(),
        project: None,
        session: None,
        title: "A message from `ap notify test`".to_owned(),
        detail: "Messages of your sessions look like this.".to_owned(),
        commands: vec!["ap list --all".to_owned()],
        last_words: String::new(),
        question: None,
        removed: 0,
    }
}

impl ChannelTest {
    fn new(channel: &Channel, delivery: Delivery) -> Self {
        let (result, reason) = match delivery {
            Delivery::Delivered(_) => ("delivered", None),
            Delivery::Refused(reason) => ("refused", Some(reason)),
            Delivery::NotNow { reason, .. } => ("not_reached", Some(reason)),
            Delivery::Unanswered(reason) => ("unanswered", Some(reason)),
        };
        Self {
            channel: channel.name.clone(),
            kind: channel.target.kind(),
            result,
            reason,
        }
    }

    fn line(&self) -> String {
        let (channel, kind) = (&self.channel, self.kind.as_str());
        let reason = self.reason.as_deref().unwrap_or_default();
        match self.result {
            "delivered" => format!("{channel} ({kind}): delivered"),
            "refused" => format!("{channel} ({kind}): refused: {reason}"),
            "unanswered" => format!("{channel} ({kind}): sent, but {reason}; it may have arrived"),
            _ => format!("{channel} ({kind}): not reached: {reason}"),
        }
    }
}
