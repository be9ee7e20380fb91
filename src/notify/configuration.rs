//! What a sender works with: it reads the user's files before each round, so that a token that was put right counts.
use super::http::Http;
use crate::error::Result;
use crate::model::Env;
use crate::plan::NotifyPolicy;
use crate::store::layout::UserDirs;
use crate::store::secrets::{self, Secrets};
use crate::store::user_settings;
use camino::{Utf8Path, Utf8PathBuf};
use jiff::tz::TimeZone;

/// Where a sender runs.
#[derive(Clone, Debug)]
pub struct SenderEnv {
    pub dirs: UserDirs,
    pub vars: Env,
    /// `ap` itself.
    pub exe: Utf8PathBuf,
    pub zone: TimeZone,
}

/// The user's configuration as it is now.
#[derive(Debug)]
pub struct Configuration {
    pub policy: NotifyPolicy,
    pub secrets: Secrets,
    pub http: Http,
}

impl SenderEnv {
    /// Returns the user's home folder.
    pub fn home(&self) -> Option<&Utf8Path> {
        self.vars.get("HOME").map(Utf8Path::new)
    }

    /// Reads how the user is notified.
    pub fn policy(&self) -> Result<NotifyPolicy> {
        user_settings::read(&self.dirs).map(|settings| settings.notify_policy)
    }

    /// Reads the user's configuration. What is wrong with files of secrets fails only what needs a secret of them.
    pub fn configuration(&self) -> Result<Configuration> {
        let policy = self.policy()?;
        let secrets = secrets::read_usable(&self.dirs, self.home());
        let http = Http::new(&self.vars, policy.ca.as_deref())?;
        Ok(Configuration {
            policy,
            secrets,
            http,
        })
    }
}
