//! Which messages are sent next.
use crate::model::NoticeKind;
use crate::notify::message::Message;
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// When each channel was sent messages in the last hour.
pub type SendTimes = BTreeMap<String, Vec<Timestamp>>;

/// What to send now, and when to look again.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selection {
    /// Messages that are sent as one: indexes of those that wait, at most one group for each channel.
    pub groups: Vec<Vec<usize>>,
    /// When the next message is due.
    pub next: Option<Timestamp>,
}

/// How many messages are sent as one, at most.
const LARGEST_GROUP: usize = 200;
const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// Selects for each channel what is sent next. `waiting` is in the order in which things happened.
///
/// Of the messages that are due, the first is sent first, together with all others of its kind; a question is sent alone,
/// because it has buttons of its own. While a message waits for a retry, the later ones wait too, to keep their order.
pub fn select(waiting: &[Message], sent: &SendTimes, per_hour: u32, now: Timestamp) -> Selection {
    let mut selection = Selection::default();
    let channels: BTreeSet<&str> = waiting.iter().map(|it| it.channel.as_str()).collect();
    for channel in channels {
        let of_channel = || {
            let all = waiting.iter().enumerate();
            all.filter(|(_, message)| message.channel == channel)
        };
        let retried = of_channel().find(|(_, message)| 0 < message.tries && now < message.due);
        let full_until = full_until(sent.get(channel), per_hour, now);
        let blocked = retried.map(|(_, message)| message.due).max(full_until);
        if let Some(until) = blocked {
            selection.look_again(until);
            continue;
        }
        let is_due = |message: &Message| message.due <= now;
        let Some((_, first)) = of_channel().find(|(_, message)| is_due(message)) else {
            if let Some(next) = of_channel().map(|(_, message)| message.due).min() {
                selection.look_again(next);
            }
            continue;
        };
        let is_in_group = |message: &Message| {
            let is_alone = first.notice.kind == NoticeKind::Question;
            if is_alone || 0 < first.unanswered {
                message.id == first.id
            } else {
                is_due(message)
                    && message.notice.kind == first.notice.kind
                    && message.unanswered == 0
            }
        };
        let group = of_channel().filter(|(_, message)| is_in_group(message));
        let group: Vec<usize> = group.map(|(index, _)| index).take(LARGEST_GROUP).collect();
        selection.groups.push(group);
    }
    selection
}

impl Selection {
    fn look_again(&mut self, at: Timestamp) {
        self.next = Some(self.next.map_or(at, |next| next.min(at)));
    }
}

/// Returns until when a channel has reached its limit of messages in an hour.
fn full_until(sent: Option<&Vec<Timestamp>>, per_hour: u32, now: Timestamp) -> Option<Timestamp> {
    let mut recent: Vec<Timestamp> = sent?
        .iter()
        .copied()
        .filter(|at| now.duration_since(*at) < HOUR)
        .collect();
    let most = usize::try_from(per_hour.max(1)).unwrap_or(usize::MAX);
    if recent.len() < most {
        return None;
    }
    recent.sort_unstable();
    let oldest_that_counts = recent[recent.len() - most];
    oldest_that_counts.checked_add(HOUR).ok()
}
