//! Writes the messages of notices into the outbox, and makes sure that they are sent.
use crate::exec::zone::user_zone;
use crate::model::Env;
use crate::notify::{Notice, SenderEnv, post, wake_sender};
use crate::plan::NotifyPolicy;
use crate::redact::Redactor;
use crate::store::layout::UserDirs;
use camino::Utf8PathBuf;
use std::io;

/// Writes messages by your rules, each once by its name.
pub(super) struct NoticePost {
    env: SenderEnv,
    redactor: Redactor,
    policy: NotifyPolicy,
}

impl NoticePost {
    pub(super) fn new(dirs: &UserDirs, exe: Utf8PathBuf, vars: Env, redactor: Redactor) -> Self {
        Self {
            env: SenderEnv {
                dirs: dirs.clone(),
                zone: user_zone(&vars),
                exe,
                vars,
            },
            redactor,
            policy: NotifyPolicy::default(),
        }
    }

    /// Writes the messages of notices, without secrets.
    pub(super) fn post(&mut self, notices: Vec<Notice>) -> io::Result<()> {
        if notices.is_empty() {
            return Ok(());
        }
        match self.env.policy() {
            Ok(policy) => self.policy = policy,
            Err(error) => {
                tracing::warn!(%error, "config.yaml cannot be read; the previous rules stay");
            }
        }
        let mut is_new = false;
        for notice in notices {
            is_new |= post(&self.env, &self.policy, &self.redacted(notice))?.is_new;
        }
        if is_new {
            wake_sender(&self.env);
        }
        Ok(())
    }

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
