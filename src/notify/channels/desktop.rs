//! The desktop: by `osascript` on macOS and `notify-send` elsewhere.
use super::reach::Parcel;
use crate::exec::command::{BoundedCommand, find_program};
use crate::model::Env;
use crate::notify::policy::{Delivery, cut_to};
use camino::{Utf8Path, Utf8PathBuf};
use std::time::Duration;

/// How long the desktop may take to accept a notification.
const LIMIT: Duration = Duration::from_secs(2);
/// Longer texts are cut off: the desktop shows no more.
const LONGEST: usize = 400;

/// Arguments reach AppleScript as data, never as a part of the script.
const APPLE_SCRIPT: [&str; 3] = [
    "on run argv",
    "display notification (item 2 of argv) with title (item 1 of argv)",
    "end run",
];

/// The program that shows notifications on this desktop.
#[derive(Clone, Debug)]
pub enum Desktop {
    /// macOS: `osascript`.
    AppleScript(Utf8PathBuf),
    /// Linux and the BSDs: `notify-send`.
    NotifySend(Utf8PathBuf),
}

impl Desktop {
    /// Finds the desktop that an environment belongs to, if there is one.
    pub fn find(vars: &Env) -> Option<Self> {
        let is_set = |name: &&str| vars.get(*name).is_some_and(|value| !value.is_empty());
        let find = |name: &str| find_program(name, vars.get("PATH"), Utf8Path::new("/"));
        let is_remote = is_set(&"SSH_CONNECTION");
        if let Some(program) = find("osascript").filter(|_| !is_remote) {
            return Some(Self::AppleScript(program));
        }
        let has_display = ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(is_set);
        let program = find("notify-send").filter(|_| has_display)?;
        Some(Self::NotifySend(program))
    }

    fn command(&self, title: &str, body: &str) -> BoundedCommand {
        match self {
            Self::AppleScript(program) => {
                let script = APPLE_SCRIPT.iter().flat_map(|line| ["-e", *line]);
                BoundedCommand::new(program).args(script.chain([title, body]))
            }
            Self::NotifySend(program) => {
                let body = escape_markup(body);
                let flags = ["--app-name", "Agent Pipelines", "--"];
                BoundedCommand::new(program).args(flags.into_iter().chain([title, body.as_str()]))
            }
        }
    }
}

pub(super) fn deliver(vars: &Env, parcel: &Parcel<'_>) -> Delivery {
    let Some(desktop) = Desktop::find(vars) else {
        return Delivery::Refused("there is no desktop here".to_owned());
    };
    let body = parcel.wording.body.lines().next().unwrap_or_default();
    let shown = desktop
        .command(
            &cut_to(&parcel.wording.title, LONGEST),
            &cut_to(body, LONGEST),
        )
        .clean_env(vars)
        .limit(LIMIT)
        .run();
    // What a desktop did not show in time is not worth to be shown an hour later.
    match shown {
        Ok(output) if output.is_success() => Delivery::Delivered(None),
        Ok(_) => Delivery::Refused("the desktop did not show it".to_owned()),
        Err(error) => Delivery::Refused(format!("the desktop did not show it: {error}")),
    }
}

/// Notification servers read the body as markup.
fn escape_markup(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;");
    escaped.replace('>', "&gt;")
}
