//! The observer that turns facts into messages.
use super::notices::Notices;
use crate::clock;
use crate::model::{Env, Event};
use crate::notify::channels::Desktop;
use crate::notify::outbox::Outbox;
use crate::notify::policy::route;
use crate::notify::{Message, Notice, sender};
use crate::plan::{ChannelKind, NotifyPolicy};
use crate::redact::Redactor;
use crate::runner::env::RunnerEnv;
use crate::runner::quota::user_zone;
use crate::runner::user_settings::UserSettings;
use crate::store::layout::UserDirs;
use crate::store::observer::{Fact, Observer, Reaction};
use camino::Utf8PathBuf;
use console::Term;
use jiff::SignedDuration;
use std::io::{self, Write as _};
use std::sync::Arc;

/// Facts that are older when a runner starts are no news.
const NEWS: SignedDuration = SignedDuration::from_hours(72);

/// Turns facts into messages. Their names are made from the facts, so that a fact that is seen twice makes no second one.
pub(in crate::runner) struct Notifier {
    outbox: Outbox,
    dirs: UserDirs,
    exe: Utf8PathBuf,
    vars: Env,
    settings: UserSettings,
    redactor: Arc<Redactor>,
    notices: Notices,
}

impl Notifier {
    pub(in crate::runner) fn new(env: &RunnerEnv) -> Self {
        Self {
            outbox: Outbox::new(&env.dirs),
            dirs: env.dirs.clone(),
            exe: env.exe.clone(),
            vars: env.vars.clone(),
            settings: UserSettings::default(),
            redactor: Arc::clone(&env.redactor),
            notices: Notices::new(env.workspace.store_root.root().to_owned()),
        }
    }

    /// Writes a notice's messages, and returns whether any is new.
    fn put(&self, notice: &Notice) -> io::Result<bool> {
        let policy = &self.settings.settings().notify_policy;
        let messages = route(policy, notice, &user_zone(&self.vars));
        let (for_bell, messages): (Vec<Message>, Vec<Message>) =
            messages.into_iter().partition(|message| {
                is_desktop(policy, message) && Desktop::find(&self.vars).is_none()
            });
        if !for_bell.is_empty() {
            ring();
        }
        if messages.is_empty() {
            return Ok(false);
        }
        self.outbox.create(&self.dirs)?;
        let mut is_new = false;
        for message in &messages {
            is_new |= self.outbox.put(message)?;
        }
        Ok(is_new)
    }

    /// Returns the notice without secrets.
    fn redacted(&self, notice: Notice) -> Notice {
        let redacted = self
            .redactor
            .redact_data(notice, &["source", "project", "session", "id"]);
        Notice {
            removed: redacted.removed,
            ..redacted.kept
        }
    }
}

impl Observer for Notifier {
    fn durable_name(&self) -> Option<&'static str> {
        Some("notifier")
    }

    fn observe(&mut self, fact: &Fact<'_>) -> io::Result<Reaction> {
        if matches!(fact.event, Event::QuestionAnswered { .. }) {
            // Its message in a chat has buttons that do nothing any more.
            crate::notify::ring(&self.dirs);
            return Ok(Reaction::Transient);
        }
        let is_news = clock::now().duration_since(fact.at) < NEWS && !fact.is_copied();
        let notices = self.notices.of(fact);
        if notices.is_empty() || !is_news {
            return Ok(Reaction::Transient);
        }
        self.settings.look(&self.dirs);
        let mut is_new = false;
        for notice in notices {
            is_new |= self.put(&self.redacted(notice))?;
        }
        if is_new && let Err(error) = sender::ensure(&self.dirs, &self.exe, &self.vars) {
            // It is tried again from time to time.
            tracing::warn!(%error, "the sender of messages was not started");
        }
        Ok(Reaction::Durable)
    }
}

fn is_desktop(policy: &NotifyPolicy, message: &Message) -> bool {
    let channel = policy.channel(&message.channel);
    channel.is_some_and(|channel| channel.target.kind() == ChannelKind::Desktop)
}

/// Rings the bell of the terminal; tmux marks the window and passes it on.
fn ring() {
    let mut terminal = Term::stdout();
    if terminal.is_term() {
        let _ = terminal.write_all(b"\x07");
        let _ = terminal.flush();
    }
}
