//! Which channels a notice goes to, and when.
use crate::model::NoticeKind;
use crate::notify::message::{Message, Notice};
use crate::plan::NotifyPolicy;
use jiff::SignedDuration;
use jiff::tz::TimeZone;

/// How long an outage lasts before you are notified of it.
pub const OUTAGE_PATIENCE: SignedDuration = SignedDuration::from_mins(15);

/// Returns the messages that a notice comes to: one for each channel of the first rule that names its event.
pub fn route(policy: &NotifyPolicy, notice: &Notice, zone: &TimeZone) -> Vec<Message> {
    let Some(rule) = policy.rule(notice.kind) else {
        return Vec::new();
    };
    let from = match notice.kind {
        NoticeKind::Outage => notice
            .at
            .saturating_add(OUTAGE_PATIENCE)
            .unwrap_or(notice.at),
        _ => notice.at,
    };
    let quiet = rule.quiet.as_ref();
    let due = quiet
        .and_then(|quiet| quiet.end(from, zone))
        .unwrap_or(from);
    let mut channels: Vec<&String> = Vec::new();
    for name in &rule.to {
        if !channels.contains(&name) {
            channels.push(name);
        }
    }
    let repeat = rule.repeat_s.filter(|_| notice.question.is_some());
    let message = |name: &String| Message {
        due,
        repeat_s: repeat,
        ..Message::new(notice.clone(), name)
    };
    channels.into_iter().map(message).collect()
}
