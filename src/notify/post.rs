//! Turns notices into messages in the outbox, and makes sure that they are sent.
use super::channels::Desktop;
use super::configuration::SenderEnv;
use super::message::{Message, Notice};
use super::outbox::Outbox;
use super::policy::route;
use super::sender;
use crate::plan::{ChannelKind, NotifyPolicy};
use std::io;

/// What became of a notice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Posted {
    /// Whether a message of it is new.
    pub is_new: bool,
    /// Whether a rule sends it to the desktop, and there is none: the terminal's bell may ring instead.
    pub rings: bool,
    /// Whether a rule sends it anywhere.
    pub is_routed: bool,
}

/// Puts the messages of a notice into the outbox. Those of a notice that was put there before are not made again.
pub fn post(env: &SenderEnv, policy: &NotifyPolicy, notice: &Notice) -> io::Result<Posted> {
    let all = route(policy, notice, &env.zone);
    let has_desktop = Desktop::find(&env.vars).is_some();
    let (messages, for_bell): (Vec<Message>, Vec<Message>) = all
        .into_iter()
        .partition(|message| has_desktop || !is_desktop(policy, message));
    let mut posted = Posted {
        is_new: false,
        rings: !for_bell.is_empty(),
        is_routed: !for_bell.is_empty() || !messages.is_empty(),
    };
    if messages.is_empty() {
        return Ok(posted);
    }
    let outbox = Outbox::new(&env.dirs);
    outbox.create(&env.dirs)?;
    for message in &messages {
        posted.is_new |= outbox.put(message)?;
    }
    Ok(posted)
}

/// Makes sure that a sender looks at the outbox. One that cannot be started is tried again from time to time.
pub fn wake_sender(env: &SenderEnv) {
    if let Err(error) = sender::ensure(&env.dirs, &env.exe, &env.vars) {
        tracing::warn!(%error, "the sender of messages was not started");
    }
}

fn is_desktop(policy: &NotifyPolicy, message: &Message) -> bool {
    let channel = policy.channel(&message.channel);
    channel.is_some_and(|channel| channel.target.kind() == ChannelKind::Desktop)
}
