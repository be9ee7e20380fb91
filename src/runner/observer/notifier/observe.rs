//! The observer that turns facts into messages.
use super::notices::Notices;
use crate::clock;
use crate::engine::State;
use crate::model::Event;
use crate::notify::{Notice, SenderEnv, post, wake_sender};
use crate::redact::Redactor;
use crate::runner::env::RunnerEnv;
use crate::runner::sender_env::sender_env;
use crate::runner::user_settings::UserSettings;
use crate::store::observer::{Fact, Observer, Reaction};
use console::Term;
use jiff::SignedDuration;
use std::io::{self, Write as _};
use std::sync::Arc;

/// Facts that are older when a runner starts are no news.
const NEWS: SignedDuration = SignedDuration::from_hours(72);

/// Turns facts into messages. Their names are made from the facts, so that a fact that is seen twice makes no second one.
pub(in crate::runner) struct Notifier {
    env: SenderEnv,
    settings: UserSettings,
    redactor: Arc<Redactor>,
    notices: Notices,
}

impl Notifier {
    pub(in crate::runner) fn new(env: &RunnerEnv, state: &State) -> Self {
        Self {
            env: sender_env(env),
            settings: UserSettings::default(),
            redactor: Arc::clone(&env.redactor),
            notices: Notices::new(env.workspace.store_root.root().to_owned(), state),
        }
    }

    /// Writes a notice's messages, and returns whether any is new.
    fn put(&self, notice: &Notice) -> io::Result<bool> {
        let posted = post(&self.env, &self.settings.settings().notify_policy, notice)?;
        if posted.rings {
            ring();
        }
        Ok(posted.is_new)
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
            crate::notify::ring(&self.env.dirs);
            return Ok(Reaction::Transient);
        }
        let is_news = clock::now().duration_since(fact.at) < NEWS && !fact.is_copied();
        let notices = self.notices.of(fact);
        if notices.is_empty() || !is_news {
            return Ok(Reaction::Transient);
        }
        self.settings.look(&self.env.dirs);
        let mut is_new = false;
        for notice in notices {
            is_new |= self.put(&self.redacted(notice))?;
        }
        if is_new {
            wake_sender(&self.env);
        }
        Ok(Reaction::Durable)
    }
}

/// Rings the bell of the terminal; tmux marks the window and passes it on.
fn ring() {
    let mut terminal = Term::stdout();
    if terminal.is_term() {
        let _ = terminal.write_all(b"\x07");
        let _ = terminal.flush();
    }
}
