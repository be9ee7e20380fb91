//! One look at the outbox: what is due is sent.
use crate::clock;
use crate::error::Result;
use crate::notify::channels::{Parcel, Reach};
use crate::notify::configuration::{Configuration, SenderEnv};
use crate::notify::current::is_current;
use crate::notify::message::Message;
use crate::notify::outbox::{Folder, Outbox};
use crate::notify::policy::{Delivery, Disposition, Selection, after, select, wording};
use crate::notify::secret::Resolver;
use crate::notify::updates::{ChatQuestion, lock_delivering, remember};
use crate::plan::Channel;
use crate::store::crash;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;

/// What a round did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Round {
    pub sent: usize,
    pub failed: usize,
    /// How many messages wait.
    pub waiting: usize,
    /// When the next of them is due.
    pub next: Option<Timestamp>,
}

/// Sends what is due. With `at_once`, what waits for another try is due.
pub fn round(
    env: &SenderEnv,
    configuration: &Configuration,
    outbox: &Outbox,
    at_once: bool,
) -> Result<Round> {
    let mut done = Round::default();
    let mut waiting = current(outbox, &mut done)?;
    if at_once {
        let now = clock::now();
        let tried = waiting.iter_mut().filter(|message| 0 < message.tries);
        tried.for_each(|message| message.due = message.due.min(now));
    }
    loop {
        let sent = send_due(env, configuration, outbox, waiting, &mut done)?;
        // Others may have come meanwhile.
        waiting = current(outbox, &mut done)?;
        if !sent {
            return Ok(done);
        }
    }
}

/// Returns the messages that wait and still hold.
fn current(outbox: &Outbox, done: &mut Round) -> Result<Vec<Message>> {
    let mut waiting = outbox.waiting()?;
    waiting.retain(|message| keep(message, outbox, done));
    Ok(waiting)
}

/// Sends what is due of these messages until nothing is. Returns whether anything was.
fn send_due(
    env: &SenderEnv,
    configuration: &Configuration,
    outbox: &Outbox,
    mut waiting: Vec<Message>,
    done: &mut Round,
) -> Result<bool> {
    let mut sent = false;
    loop {
        let now = clock::now();
        let recent = outbox.recent(now);
        let Selection { groups, next } =
            select(&waiting, &recent, configuration.policy.per_hour, now);
        done.waiting = waiting.len();
        done.next = next;
        if groups.is_empty() {
            return Ok(sent);
        }
        sent = true;
        let mut handled = BTreeSet::new();
        let mut left = Vec::new();
        for group in &groups {
            let messages = group.iter().map(|index| waiting[*index].clone()).collect();
            left.extend(send(env, configuration, outbox, messages, done)?);
            handled.extend(group.iter().copied());
        }
        let others = waiting.into_iter().enumerate();
        let others = others.filter(|(index, _)| !handled.contains(index));
        waiting = others.map(|(_, message)| message).chain(left).collect();
        waiting.sort_by(|a, b| a.id.cmp(&b.id));
    }
}

/// Whether a message is still to be sent; one that is not is filed as sent, with the reason.
fn keep(message: &Message, outbox: &Outbox, done: &mut Round) -> bool {
    if is_current(&message.notice) {
        return true;
    }
    let message = Message {
        error: Some("not sent: it was over before".to_owned()),
        ..message.clone()
    };
    let filed = outbox.finish(&message, Folder::Sent);
    done.waiting = done.waiting.saturating_sub(1);
    filed.is_err()
}

/// Sends messages as one, and files them. Returns those that wait for another try.
fn send(
    env: &SenderEnv,
    configuration: &Configuration,
    outbox: &Outbox,
    group: Vec<Message>,
    done: &mut Round,
) -> Result<Vec<Message>> {
    let name = group.first().map(|message| message.channel.clone());
    let name = name.unwrap_or_default();
    let _delivering = lock_delivering();
    let delivery = match configuration.policy.channel(&name) {
        None => Delivery::Refused(format!("config.yaml has no channel `{name}` any more")),
        // Sent twice already, and killed both times.
        Some(_) if group.iter().any(|message| 2 <= message.unanswered) => {
            Delivery::Refused("it was sent twice and may have arrived".to_owned())
        }
        Some(channel) => {
            let messages: Vec<&Message> = group.iter().collect();
            outbox.begin(&name, &messages)?;
            crash::point("sender: before a message is sent");
            let delivery = deliver(env, configuration, channel, &messages);
            crash::point("sender: a message was sent");
            delivery
        }
    };
    let now = clock::now();
    if matches!(delivery, Delivery::Delivered(_)) {
        outbox.note_sent(&name, now)?;
    }
    let mut left = Vec::new();
    for mut message in group {
        match after(&mut message, &delivery, now) {
            Disposition::Sent => {
                delivered(outbox, &message, now)?;
                done.sent += 1;
            }
            Disposition::Failed(reason) => {
                tracing::warn!(channel = %name, %reason, "a message is given up");
                outbox.finish(&message, Folder::Failed)?;
                done.failed += 1;
            }
            Disposition::Retry(until) => {
                tracing::info!(channel = %name, error = ?message.error, %until, "a message waits");
                outbox.update(&message)?;
                left.push(message);
            }
        }
    }
    outbox.end(&name)?;
    Ok(left)
}

/// Files a delivered message; a question can be answered from now on, and may be repeated.
fn delivered(outbox: &Outbox, message: &Message, now: Timestamp) -> Result<()> {
    if let Some(asked) = ChatQuestion::of(message) {
        remember(outbox, asked)?;
    }
    let repeat = message
        .repeat_s
        .and_then(|seconds| i64::try_from(seconds).ok());
    if let Some(seconds) = repeat {
        let due = now
            .saturating_add(SignedDuration::from_secs(seconds))
            .unwrap_or(now);
        outbox.put(&message.repetition(due))?;
    }
    outbox.finish(message, Folder::Sent)?;
    Ok(())
}

fn deliver(
    env: &SenderEnv,
    configuration: &Configuration,
    channel: &Channel,
    messages: &[&Message],
) -> Delivery {
    let wording = wording(messages, clock::now(), &env.zone);
    let resolver = Resolver {
        secrets: &configuration.secrets,
        vars: &env.vars,
    };
    let reach = Reach {
        http: &configuration.http,
        resolver: &resolver,
        vars: &env.vars,
    };
    let wording = &wording;
    reach.deliver(channel, &Parcel { messages, wording })
}
