//! Asks systemd and launchd to do something.
use crate::error::{Error, ErrorKind, Result};
use crate::exec::command::BoundedCommand;
use crate::text::first_line;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(90);

/// A systemd: the system's, or your own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Systemd {
    User,
    System,
}

impl Systemd {
    /// Runs `systemctl` and returns what it printed.
    pub(super) fn ctl(self, args: &[&str]) -> Result<String> {
        let user: &[&str] = match self {
            Self::User => &["--user"],
            Self::System => &[],
        };
        let words = [user, args].concat();
        run("systemctl", &words).map_err(|why| {
            let message = format!("`systemctl {}` failed: {why}", words.join(" "));
            Error::new(ErrorKind::Program, message).hint(advice(self, &why))
        })
    }

    /// Returns whether a unit has a property, as systemd says: `active`, `enabled` or why not.
    pub(super) fn is(self, question: &str, unit: &str) -> String {
        let user: &[&str] = match self {
            Self::User => &["--user"],
            Self::System => &[],
        };
        let words = [user, &[question, unit]].concat();
        let output = BoundedCommand::new("systemctl")
            .args(words)
            .limit(LIMIT)
            .run();
        match output {
            Ok(output) => {
                let printed = String::from_utf8_lossy(&output.stdout).trim().to_owned();
                let error = first_line(output.stderr_text().trim());
                if printed.is_empty() { error } else { printed }
            }
            Err(error) => error.to_string(),
        }
    }
}

/// Returns what to do where systemd does not answer.
fn advice(systemd: Systemd, why: &str) -> &'static str {
    match systemd {
        Systemd::System => "as root: `sudo ap service install --system --user NAME`",
        Systemd::User if why.contains("bus") || why.contains("XDG_RUNTIME_DIR") => {
            "your user has no service manager here: log in directly (not with su or sudo), or `loginctl enable-linger` as root first; without one: `ap start --unless-stopped` from cron"
        }
        Systemd::User => {
            "without systemd: `ap start --unless-stopped` from cron (`@reboot`) or a Task Scheduler, see docs/services.md"
        }
    }
}

/// Runs a program. The error is what it said.
pub(super) fn run(program: &str, args: &[&str]) -> std::result::Result<String, String> {
    let output = BoundedCommand::new(program).args(args).limit(LIMIT).run();
    match output {
        Ok(output) if output.is_success() => {
            Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
        }
        Ok(output) => {
            let said = output.stderr_text();
            let said = first_line(said.trim());
            Err(if said.is_empty() {
                format!("exit code {:?}", output.code)
            } else {
                said
            })
        }
        Err(error) => Err(error.to_string()),
    }
}

/// Returns the version of systemd, if it is installed.
pub(super) fn systemd_version() -> Option<u32> {
    let text = run("systemctl", &["--version"]).ok()?;
    text.split_whitespace().nth(1)?.parse().ok()
}
