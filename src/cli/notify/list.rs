//! `ap notify list`: channels, rules, events, and messages that were not delivered.
use super::configuration::configuration;
use crate::cli::context::Context;
use crate::cli::format::Format;
use crate::clock;
use crate::error::{ExitCode, Result};
use crate::model::{NoticeKind, NoticeSeverity};
use crate::notify::Message;
use crate::notify::outbox::{Folder, Outbox};
use crate::plan::{Channel, ChannelKind, NotifyPolicy, Rule, Target};
use crate::text::clean;
use crate::ui::{json, out, time};
use serde::Serialize;

/// The shape of `ap notify list --json`.
#[derive(Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(in crate::cli) struct NotifyReport {
    channels: Vec<ListedChannel>,
    /// The first rule that names an event counts.
    rules: Vec<ListedRule>,
    /// Every event there is.
    events: Vec<ListedEvent>,
    /// Messages that wait to be sent, in the order in which things happened.
    waiting: Vec<Message>,
    /// Messages that were given up, each with its reason.
    failed: Vec<Message>,
}

#[derive(Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
struct ListedChannel {
    name: String,
    #[serde(rename = "type")]
    kind: ChannelKind,
    /// Where its secrets are; never their values.
    secrets: Vec<String>,
    /// Whether questions can be answered there.
    takes_answers: bool,
}

#[derive(Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
struct ListedRule {
    events: Vec<NoticeKind>,
    to: Vec<String>,
    repeat_s: Option<u64>,
    quiet: bool,
}

#[derive(Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
struct ListedEvent {
    event: NoticeKind,
    severity: NoticeSeverity,
    meaning: &'static str,
    /// The channels that are notified of it.
    to: Vec<String>,
}

pub(super) fn run(format: Format, context: &Context) -> Result<ExitCode> {
    let policy = configuration(context)?.policy;
    let outbox = Outbox::new(&context.dirs);
    let report = NotifyReport {
        channels: policy.channels.iter().map(listed_channel).collect(),
        rules: policy.rules.iter().map(listed_rule).collect(),
        events: NoticeKind::ALL
            .iter()
            .map(|kind| listed_event(*kind, &policy))
            .collect(),
        waiting: outbox.read(Folder::Waiting)?,
        failed: outbox.read(Folder::Failed)?,
    };
    match format {
        Format::Json => json::print(&report)?,
        Format::Text => out(report.text())?,
    }
    Ok(ExitCode::Done)
}

fn listed_channel(channel: &Channel) -> ListedChannel {
    let secrets = match &channel.target {
        Target::Telegram(target) => vec![target.token.to_string(), target.chat.to_string()],
        Target::Slack { url } | Target::Discord { url } => vec![url.to_string()],
        Target::Ntfy { topic, token, .. } => std::iter::once(topic)
            .chain(token)
            .map(ToString::to_string)
            .collect(),
        Target::Webhook { url, token } => std::iter::once(url)
            .chain(token)
            .map(ToString::to_string)
            .collect(),
        Target::Desktop | Target::Command { .. } => Vec::new(),
    };
    ListedChannel {
        name: channel.name.clone(),
        kind: channel.target.kind(),
        secrets,
        takes_answers: match &channel.target {
            Target::Telegram(target) => target.answers,
            Target::Ntfy { answer_url, .. } => answer_url.is_some(),
            _ => false,
        },
    }
}

fn listed_rule(rule: &Rule) -> ListedRule {
    ListedRule {
        events: rule.events.clone(),
        to: rule.to.clone(),
        repeat_s: rule.repeat_s,
        quiet: rule.quiet.is_some(),
    }
}

fn listed_event(event: NoticeKind, policy: &NotifyPolicy) -> ListedEvent {
    ListedEvent {
        event,
        severity: event.severity(),
        meaning: event.meaning(),
        to: policy
            .rule(event)
            .map(|rule| rule.to.clone())
            .unwrap_or_default(),
    }
}

impl NotifyReport {
    fn text(&self) -> String {
        let mut lines = vec!["Channels".to_owned()];
        for channel in &self.channels {
            let from = if channel.secrets.is_empty() {
                String::new()
            } else {
                format!(", with {}", channel.secrets.join(" and "))
            };
            lines.push(format!(
                "  {} ({}){from}",
                channel.name,
                channel.kind.as_str()
            ));
        }
        lines.push("Events".to_owned());
        for event in &self.events {
            let to = if event.to.is_empty() {
                "-".to_owned()
            } else {
                event.to.join(", ")
            };
            lines.push(format!(
                "  {:<15} {:<8} {to}",
                event.event,
                event.severity.as_str()
            ));
        }
        for (title, messages) in [("Waiting", &self.waiting), ("Given up", &self.failed)] {
            if messages.is_empty() {
                continue;
            }
            lines.push(format!("{title}: {}", messages.len()));
            lines.extend(messages.iter().rev().take(SHOWN).map(line));
        }
        lines.join("\n")
    }
}

/// Messages of each kind that are shown.
const SHOWN: usize = 10;

fn line(message: &Message) -> String {
    let now = clock::now();
    let error = message
        .error
        .as_deref()
        .map(|error| format!(": {}", clean(error)));
    format!(
        "  {} to {}, {}{}",
        clean(&message.notice.title),
        message.channel,
        time::ago(message.notice.at, now),
        error.unwrap_or_default()
    )
}
