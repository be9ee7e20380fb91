//! Who is notified of what.
use super::channel::{Channel, ChannelKind, SecretRef, Target};
use super::quiet::Quiet;
use crate::model::NoticeKind;

/// Which events are sent where; the first rule that names an event counts.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    pub events: Vec<NoticeKind>,
    /// Names of channels; none of them is notified if there are none.
    pub to: Vec<String>,
    /// Seconds between repetitions of a question that stays open; each asks once if there is none.
    pub repeat_s: Option<u64>,
    /// When messages are held back.
    pub quiet: Option<Quiet>,
}

/// An address that is called while sessions run, so that their silence is noticed elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heartbeat {
    pub url: SecretRef,
    pub every_s: u64,
}

/// How you are notified.
#[derive(Clone, Debug, PartialEq)]
pub struct NotifyPolicy {
    pub channels: Vec<Channel>,
    pub rules: Vec<Rule>,
    /// How many messages each channel gets in an hour.
    pub per_hour: u32,
    pub heartbeat: Option<Heartbeat>,
    /// A file of certificates that are trusted instead of those that are built in.
    pub ca: Option<String>,
    /// Whether the rules are those that hold without any configuration.
    pub is_default: bool,
}

/// Messages that a channel gets in an hour unless `limits` says otherwise.
const PER_HOUR: u32 = 20;
/// The name of the channel of the default rules.
const DESKTOP: &str = "desktop";

impl Default for NotifyPolicy {
    /// The desktop shows questions, failures and how sessions end.
    fn default() -> Self {
        Self {
            channels: vec![Channel {
                name: DESKTOP.to_owned(),
                target: Target::Desktop,
            }],
            rules: vec![Rule {
                events: vec![
                    NoticeKind::Question,
                    NoticeKind::Failed,
                    NoticeKind::Complete,
                    NoticeKind::LimitReached,
                    NoticeKind::Interrupted,
                    NoticeKind::Message,
                    NoticeKind::ProjectBlocked,
                ],
                to: vec![DESKTOP.to_owned()],
                repeat_s: None,
                quiet: None,
            }],
            per_hour: PER_HOUR,
            heartbeat: None,
            ca: None,
            is_default: true,
        }
    }
}

impl NotifyPolicy {
    /// Returns the rule for an event, if one names it.
    pub fn rule(&self, kind: NoticeKind) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.events.contains(&kind))
    }

    /// Returns a channel by its name.
    pub fn channel(&self, name: &str) -> Option<&Channel> {
        self.channels.iter().find(|channel| channel.name == name)
    }

    /// Whether a sender has something to do while sessions run, even if no message waits.
    pub fn serves_running_sessions(&self) -> bool {
        let takes_commands =
            |channel: &Channel| matches!(&channel.target, Target::Telegram(it) if it.control);
        self.heartbeat.is_some() || self.channels.iter().any(takes_commands)
    }

    /// Whether a message can leave this machine.
    pub fn reaches_outside(&self) -> bool {
        let is_outside = |channel: &Channel| channel.target.kind() != ChannelKind::Desktop;
        self.channels.iter().any(is_outside) || self.heartbeat.is_some()
    }
}
