//! What a sender works with: it reads the user's files before each round, so that a token that was put right counts.
use super::http::Http;
use crate::compile::{Settings, SourceText};
use crate::error::{Error, Result};
use crate::model::Env;
use crate::plan::NotifyPolicy;
use crate::store::layout::UserDirs;
use crate::store::secrets::{self, Secrets};
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use jiff::tz::TimeZone;
use std::io;

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

    /// Reads the user's configuration.
    pub fn configuration(&self) -> Result<Configuration> {
        let policy = policy(&self.dirs)?;
        let secrets = secrets::read(&self.dirs, self.home())?;
        let http = Http::new(&self.vars, policy.ca.as_deref())?;
        Ok(Configuration {
            policy,
            secrets,
            http,
        })
    }
}

/// Reads how the user is notified.
fn policy(dirs: &UserDirs) -> Result<NotifyPolicy> {
    let file = dirs.config.join("config.yaml");
    let text = match fs::read_to_string(&file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok(NotifyPolicy::default());
        }
        text => text?,
    };
    let source = SourceText {
        file: file.into_string(),
        text,
    };
    let settings = Settings::read(&source).map_err(|problems| {
        let first = problems.first().map(ToString::to_string);
        Error::usage(first.unwrap_or_default()).hint("`ap lint` shows every mistake in it")
    })?;
    Ok(settings.notify_policy)
}
