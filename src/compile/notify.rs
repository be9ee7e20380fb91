//! Reads `notify:` in `config.yaml`, and reports what cannot be meant.
use super::definition::{ChannelDef, NotifyDef, RuleDef, SecretRefDef};
use super::diagnostics::{LintCode, Location, Problem};
use super::secret_ref::read as source;
use crate::plan::{
    Channel, ChannelKind, Heartbeat, NotifyPolicy, Rule, SecretRef, Target, TelegramTarget, suggest,
};

/// Where ntfy is unless the channel says otherwise.
const NTFY: &str = "https://ntfy.sh";
/// Seconds between calls of the heartbeat's address.
const HEARTBEAT: u64 = 300;

/// Returns how you are notified.
pub(super) fn policy(at: &Location<'_>, def: &NotifyDef) -> NotifyPolicy {
    let default = NotifyPolicy::default();
    let channels = at.to("channels");
    let mut named: Vec<Channel> = def
        .channels
        .iter()
        .filter_map(|(name, def)| channel(&channels, name, def))
        .collect();
    let is_default = def.rules.is_none();
    let rules = match &def.rules {
        Some(rules) => rules
            .iter()
            .enumerate()
            .map(|(index, written)| rule(&at.to("rules").item(index), written, def))
            .collect(),
        None if def.desktop == Some(false) => Vec::new(),
        None => default.rules,
    };
    if is_default && !named.iter().any(|it| Some(it) == default.channels.first()) {
        named.extend(default.channels);
    }
    if def.limits.per_hour == Some(0) {
        let limits = at.to("limits");
        let message = "`per_hour: 0` would send nothing, ever";
        let problem = limits.at("per_hour", LintCode::BadValue, message);
        at.report(problem.hint("remove the `rules` that you do not want"));
    }
    NotifyPolicy {
        channels: named,
        rules,
        per_hour: def.limits.per_hour.unwrap_or(default.per_hour),
        heartbeat: def.heartbeat.as_ref().and_then(|heartbeat| {
            let at = at.to("heartbeat");
            Some(Heartbeat {
                url: source(&at, "url", &heartbeat.url)?,
                every_s: heartbeat
                    .every
                    .map_or(HEARTBEAT, |every| every.seconds().max(60)),
            })
        }),
        ca: def.ca.clone(),
        is_default,
    }
}

fn rule(at: &Location<'_>, def: &RuleDef, notify: &NotifyDef) -> Rule {
    for (index, name) in def.to.iter().enumerate() {
        if notify.channels.contains_key(name) {
            continue;
        }
        let message = format!("there is no channel `{}`", name.escape_debug());
        let known = notify.channels.keys().map(String::as_str);
        let problem = item(&at.to("to"), index, message);
        at.report(problem.hint(if notify.channels.is_empty() {
            "name your channels under `channels`".to_owned()
        } else {
            suggest::hint(name, known)
        }));
    }
    Rule {
        events: def.events.clone(),
        to: def.to.clone(),
        repeat_s: def.repeat.map(|repeat| repeat.seconds().max(60)),
        quiet: def.quiet.as_ref().map(|quiet| quiet.0.clone()),
    }
}

/// Returns an error at an item of a list.
fn item(list: &Location<'_>, index: usize, message: String) -> Problem {
    list.item(index).here(LintCode::BadValue, message)
}

/// The keys of a channel, and whether it has them.
fn keys(def: &ChannelDef) -> [(&'static str, bool); 10] {
    [
        ("token", def.token.is_some()),
        ("chat", def.chat.is_some()),
        ("url", def.url.is_some()),
        ("topic", def.topic.is_some()),
        ("priority", def.priority.is_some()),
        ("answer_url", def.answer_url.is_some()),
        ("api", def.api.is_some()),
        ("answers", def.answers.is_some()),
        ("control", def.control.is_some()),
        ("command", def.command.is_some()),
    ]
}

/// Returns the keys that channels of a kind must and may have.
fn takes(kind: ChannelKind) -> (&'static [&'static str], &'static [&'static str]) {
    match kind {
        ChannelKind::Telegram => (&["token", "chat"], &["api", "answers", "control"]),
        ChannelKind::Desktop => (&[], &[]),
        ChannelKind::Slack | ChannelKind::Discord => (&["url"], &[]),
        ChannelKind::Ntfy => (&["topic"], &["url", "token", "priority", "answer_url"]),
        ChannelKind::Webhook => (&["url"], &["token"]),
        ChannelKind::Command => (&["command"], &[]),
    }
}

fn channel(channels: &Location<'_>, name: &str, def: &ChannelDef) -> Option<Channel> {
    let at = channels.to(name);
    let kind = def.kind.as_str();
    let (must, may) = takes(def.kind);
    let is_name = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    if name.is_empty() || 40 < name.len() || !name.chars().all(is_name) {
        let message = format!("`{}` cannot be the name of a channel", name.escape_debug());
        let problem = channels.at_key(name, LintCode::BadName, message);
        at.report(problem.hint("letters, digits, `-` and `_`"));
    }
    for (key, is_there) in keys(def) {
        if is_there && !must.contains(&key) && !may.contains(&key) {
            let message = format!("a channel of type `{kind}` has no `{key}`");
            at.report(at.at_key(key, LintCode::UnknownKey, message));
        }
        if !is_there && must.contains(&key) {
            let message = format!("channel `{name}` needs a `{key}`");
            at.report(channels.at_key(name, LintCode::BadValue, message));
        }
    }
    if def
        .priority
        .is_some_and(|priority| !(1..=5).contains(&priority))
    {
        at.report(at.at(
            "priority",
            LintCode::BadValue,
            "`priority` must be from 1 to 5",
        ));
    }
    Some(Channel {
        name: name.to_owned(),
        target: target(&at, def)?,
    })
}

fn target(at: &Location<'_>, def: &ChannelDef) -> Option<Target> {
    let public = |key, it: &Option<SecretRefDef>| source(at, key, it.as_ref()?);
    let secret = |key, it: &Option<SecretRefDef>| {
        let found = source(at, key, it.as_ref()?)?;
        if matches!(found, SecretRef::Plain(_)) {
            let message = format!("`{key}` is a secret, which does not belong into config.yaml");
            let problem = at.at(key, LintCode::BadValue, message);
            at.report(problem.hint(format!(
                "put it into secrets.yaml under a name, and write `{key}: {{secret: NAME}}`"
            )));
        }
        Some(found)
    };
    Some(match def.kind {
        ChannelKind::Telegram => Target::Telegram(TelegramTarget {
            token: secret("token", &def.token)?,
            chat: public("chat", &def.chat)?,
            api: def.api.clone(),
            answers: def.answers.unwrap_or(true),
            control: def.control.unwrap_or(false),
        }),
        ChannelKind::Desktop => Target::Desktop,
        ChannelKind::Slack => Target::Slack {
            url: secret("url", &def.url)?,
        },
        ChannelKind::Discord => Target::Discord {
            url: secret("url", &def.url)?,
        },
        ChannelKind::Ntfy => Target::Ntfy {
            url: public("url", &def.url).unwrap_or_else(|| SecretRef::Plain(NTFY.to_owned())),
            topic: public("topic", &def.topic)?,
            token: secret("token", &def.token),
            priority: def.priority,
            answer_url: def.answer_url.clone(),
        },
        ChannelKind::Webhook => Target::Webhook {
            url: public("url", &def.url)?,
            token: secret("token", &def.token),
        },
        ChannelKind::Command => Target::Command {
            argv: def.command.clone().filter(|argv| !argv.is_empty())?,
        },
    })
}
