//! `ap stop` without a session: ends the supervisor, and the sessions it started.
use crate::cli::context::Context;
use crate::cli::format::Format;
use crate::cli::supervised::supervisor;
use crate::clock;
use crate::error::{Error, ErrorKind, ExitCode, Result};
use crate::fleet::{Desired, DesiredState, FleetRequest, StopHow};
use crate::store::fleet;
use crate::store::layout::StateFile;
use crate::store::lock::FileLock;
use crate::ui;
use serde::Serialize;
use std::time::Duration;

/// What became of a stop, as `--json` prints it.
#[derive(Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(in crate::cli) struct SupervisorStop {
    /// `stopped`, or `not_running`.
    result: &'static str,
    message: String,
}

/// Ends the supervisor, so that nothing starts it before you do.
pub(in crate::cli) fn run(
    how: StopHow,
    timeout: Duration,
    format: Format,
    context: &Context,
) -> Result<ExitCode> {
    let by = "ap stop".to_owned();
    // First, so that no service manager, cron line or reboot starts work again.
    let desired = Desired {
        state: DesiredState::Stop,
        by: by.clone(),
        at: clock::now(),
    };
    fleet::set_desired(&context.dirs, &desired)?;
    let holder = supervisor(context);
    // Its lock file may have been deleted.
    if holder.is_none() && !fleet::writes(&context.dirs)? {
        let message = "No supervisor runs, and none gives slices before `ap start`.";
        return report("not_running", message, format);
    }
    let successor = None;
    let request = FleetRequest::Stop { how, by, successor };
    fleet::request(&context.dirs, &request, clock::now())?;
    let lock = context.dirs.state_file(StateFile::SupervisorLock);
    let ended = clock::wait_until(timeout, || {
        !FileLock::is_held(&lock).unwrap_or(true) && !fleet::writes(&context.dirs).unwrap_or(true)
    });
    if !ended {
        let pid = holder.map_or_else(String::new, |holder| format!(" (pid {})", holder.pid));
        let message = format!(
            "the supervisor{pid} still waits for its sessions after {} s",
            timeout.as_secs()
        );
        return Err(Error::new(ErrorKind::NoAnswer, message).hint(
            "it ends as soon as they have; `ap status` shows them, `ap stop --leave` lets them run",
        ));
    }
    let sessions = match how {
        StopHow::Now => "; its sessions are stopped, and `ap start` continues them",
        StopHow::Drain => "; its sessions have completed their iterations",
        StopHow::Leave => "; its sessions continue",
    };
    let message = format!("The supervisor is stopped{sessions}.");
    report("stopped", &message, format)
}

fn report(result: &'static str, message: &str, format: Format) -> Result<ExitCode> {
    let message = message.to_owned();
    match format {
        Format::Text => ui::say(&message)?,
        Format::Json => ui::json::print(&SupervisorStop { result, message })?,
    }
    Ok(ExitCode::Done)
}
