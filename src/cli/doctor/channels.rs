//! Whether notifications reach you: each channel is sent a test message.
use super::check::Check;
use crate::cli::context::Context;
use crate::exec::command::BoundedCommand;
use crate::plan::{Channel, Target};
use serde::Deserialize;
use std::time::Duration;

const NAME: &str = "notifications";
const LIMIT: Duration = Duration::from_secs(60);

/// A line of `ap notify test --json`.
#[derive(Deserialize)]
struct Tested {
    channel: String,
    result: String,
    reason: Option<String>,
}

pub(super) fn check(offline: bool, context: &Context) -> Check {
    let Ok(settings) = context.settings() else {
        return Check::optional(NAME, "not known: config.yaml has mistakes");
    };
    let leaves_the_machine = |channel: &Channel| !matches!(channel.target, Target::Desktop);
    let channels = &settings.notify_policy.channels;
    if !channels.iter().any(leaves_the_machine) {
        return Check::optional(NAME, "no channel; `ap notify setup` prepares one");
    }
    if offline {
        return Check::optional(NAME, "not tested (--offline)");
    }
    let command = BoundedCommand::new(&context.exe)
        .args(["notify", "test", "--json"])
        .limit(LIMIT);
    let output = match command.run() {
        Ok(output) => output,
        Err(error) => return Check::warning(NAME, error.to_string(), "`ap notify test`"),
    };
    let tested: Vec<Tested> = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let failed = tested.iter().find(|it| it.result != "delivered");
    match failed {
        Some(failed) => {
            let reason = failed.reason.as_deref().unwrap_or_default();
            let found = format!("{}: {} {reason}", failed.channel, failed.result);
            Check::warning(NAME, found.trim_end(), "`ap notify test` tries again")
        }
        None if tested.is_empty() => {
            Check::warning(NAME, "the test said nothing", "`ap notify test` shows why")
        }
        None => Check::ok(NAME, format!("{} delivered", tested.len())),
    }
}
