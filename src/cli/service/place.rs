//! Where a service is written, and what is written there.
use super::systemctl::{Systemd, systemd_version};
use super::target::Target;
use super::unit::{Captured, LABEL, UNIT, Unit, plist};
use crate::cli::context::Context;
use crate::error::{Error, Result};
use crate::store::layout::StateFile;
use camino::{Utf8Path, Utf8PathBuf};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    User,
    System,
    Launchd,
}

/// Where a service is written.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) kind: Kind,
    pub(super) path: Utf8PathBuf,
    /// The file with its environment.
    pub(super) environment: Utf8PathBuf,
    user: Option<String>,
}

impl Place {
    pub(super) fn of(target: &Target, context: &Context) -> Result<Self> {
        let home = context.env.get("HOME").map(Utf8PathBuf::from);
        let home = home.ok_or_else(|| Error::usage("HOME is not set"));
        let kind = match (target.launchd, target.system) {
            (true, _) => Kind::Launchd,
            (false, true) => Kind::System,
            (false, false) => Kind::User,
        };
        let usual = match kind {
            Kind::System => "/etc/systemd/system".into(),
            Kind::Launchd => home?.join("Library/LaunchAgents"),
            Kind::User => {
                let config = context.env.get("XDG_CONFIG_HOME");
                let config = config
                    .filter(|it| it.starts_with('/'))
                    .map(Utf8PathBuf::from);
                config
                    .map_or_else(|| Ok(home?.join(".config")), Ok::<_, Error>)?
                    .join("systemd/user")
            }
        };
        let folder = match &target.target_dir {
            Some(folder) => camino::absolute_utf8(folder)?,
            None => usual,
        };
        let name = match kind {
            Kind::Launchd => format!("{LABEL}.plist"),
            Kind::User | Kind::System => UNIT.to_owned(),
        };
        let environment = match kind {
            Kind::System => Utf8PathBuf::from("/etc/agent-pipelines/service.env"),
            Kind::User | Kind::Launchd => context.dirs.config.join("service.env"),
        };
        Ok(Self {
            kind,
            environment: match &target.target_dir {
                Some(_) => folder.join("agent-pipelines.env"),
                None => environment,
            },
            path: folder.join(name),
            user: target.user.clone(),
        })
    }

    pub(super) fn folder(&self) -> &Utf8Path {
        self.path.parent().unwrap_or(&self.path)
    }

    /// Returns the systemd that it is of.
    pub(super) fn systemd(&self) -> Option<Systemd> {
        match self.kind {
            Kind::User => Some(Systemd::User),
            Kind::System => Some(Systemd::System),
            Kind::Launchd => None,
        }
    }

    /// Returns the command that shows its log.
    pub(super) fn journal(&self) -> String {
        match self.kind {
            Kind::User => format!("its log: `journalctl --user -u {UNIT} -n 50`"),
            Kind::System => format!("its log: `journalctl -u {UNIT} -n 50`"),
            Kind::Launchd => "its log is launchd.log in the state folder".to_owned(),
        }
    }

    /// Returns what is written.
    pub(super) fn text(&self, context: &Context) -> String {
        if self.kind == Kind::Launchd {
            let log = context.dirs.state_file(StateFile::Log).join("launchd.log");
            return plist(&context.exe, &Captured::of(&context.env), &log);
        }
        Unit {
            exe: &context.exe,
            environment: &self.environment,
            user: self.user.as_deref(),
            systemd: systemd_version().unwrap_or(0),
        }
        .text()
    }
}
