//! `ap wait`: waits for a session's end and exits with the session's own exit code.
use super::candidates;
use super::context::Context;
use super::format::Format;
use super::session::find;
use crate::engine::Phase;
use crate::error::{Error, ErrorKind, ExitCode, Result};
use crate::model::{SessionName, SessionStatus};
use crate::store::beneath;
use crate::store::layout::RunDir;
use crate::store::lock::FileLock;
use crate::store::session::load_cached;
use crate::ui::{self, report};
use serde::Serialize;
use std::time::Duration;

#[derive(clap::Args, Debug)]
#[command(mut_arg("json", |json| json.help("Print JSON (`ap schema ap-wait`)")))]
pub(super) struct Args {
    /// Name of the session
    #[arg(add = candidates::sessions())]
    session: SessionName,
    /// Give up after this many seconds, with exit code 4
    #[arg(long, value_name = "SECONDS")]
    timeout: Option<u64>,
    #[command(flatten)]
    format: Format,
}

/// The shape of `ap wait --json`.
#[derive(Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(super) struct WaitResult<'a> {
    session: &'a SessionName,
    status: SessionStatus,
    exit: u8,
    message: &'a str,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<ExitCode> {
    let session = &args.session;
    let dir = context.project.session(session);
    find(session, context)?;
    if !runner_ends(&dir, args.timeout)? {
        let message = format!("session '{session}' still runs");
        return Err(Error::new(ErrorKind::TimedOut, message)
            .hint(format!("follow it with `ap logs {session} -f`")));
    }
    let snapshot = load_cached(&dir)?.ok_or_else(|| {
        Error::new(
            ErrorKind::SessionNotFound,
            format!("session '{session}' is gone"),
        )
    })?;
    if let Phase::Ended { ending } = &snapshot.state.phase {
        let (code, message) = (report::exit_code(ending), report::ending(ending));
        let message = format!("Session '{session}' {message}");
        match args.format {
            Format::Text => ui::out(message)?,
            Format::Json => ui::json::print(&WaitResult {
                session,
                status: snapshot.state.status(),
                exit: code.number(),
                message: &message,
            })?,
        }
        return Ok(code);
    }
    Err(
        Error::new(ErrorKind::SessionFailed, report::failure(&snapshot))
            .hint(report::next_steps(&snapshot)),
    )
}

/// Waits until no runner holds the session's journal, and returns whether that happened in time. The runner holds
/// its journal locked for as long as it lives, so the kernel wakes us when it is gone.
fn runner_ends(dir: &RunDir, timeout: Option<u64>) -> Result<bool> {
    let limit = timeout.unwrap_or(u64::from(u32::MAX));
    let journal = beneath::open(&dir.journal())?;
    let (sender, gone) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let _ = sender.send(FileLock::exclusive(&journal).map(drop));
    });
    Ok(gone.recv_timeout(Duration::from_secs(limit)).is_ok())
}
