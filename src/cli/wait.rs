//! `ap wait`: waits for a session's end and exits with the session's own exit code.
use super::candidates;
use super::context::Context;
use super::format::Format;
use super::session::find;
use crate::clock;
use crate::engine::Phase;
use crate::error::{Error, ErrorKind, ExitCode, Result};
use crate::model::{SessionName, SessionStatus};
use crate::store::beneath;
use crate::store::layout::RunDir;
use crate::store::lock::FileLock;
use crate::store::session::load_cached;
use crate::text::clean;
use crate::ui::{self, report};
use serde::Serialize;
use std::time::{Duration, Instant};

/// How often the session is looked at for a question.
const QUESTION_POLL: Duration = Duration::from_millis(500);

#[derive(clap::Args, Debug)]
#[command(mut_arg("json", |json| json.help("Print JSON (`ap schema ap-wait`)")))]
pub(super) struct Args {
    /// Name of the session
    #[arg(add = candidates::sessions())]
    session: SessionName,
    /// Give up after this many seconds, with exit code 4
    #[arg(long, value_name = "SECONDS")]
    timeout: Option<u64>,
    /// Return with exit code 6 as soon as the session asks you something
    #[arg(long)]
    or_question: bool,
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
    let began = Instant::now();
    let mut waited = wait_for(&dir, args, began)?;
    // A runner that parked has a successor.
    while matches!(waited, Waited::Ended) && is_parked(&dir)? {
        clock::pause(QUESTION_POLL);
        waited = wait_for(&dir, args, began)?;
    }
    if let Waited::Asks(question) = &waited {
        return asks(args, question);
    }
    if let Waited::InVain = waited {
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

/// How a wait ended.
enum Waited {
    Ended,
    Asks(String),
    InVain,
}

/// Prints what the session asks.
fn asks(args: &Args, question: &str) -> Result<ExitCode> {
    let session = &args.session;
    let message = format!("Session '{session}' asks: {}", clean(question));
    match args.format {
        Format::Text => {
            ui::out(message)?;
            ui::note("`ap questions` shows how to answer");
        }
        Format::Json => ui::json::print(&WaitResult {
            session,
            status: SessionStatus::Asking,
            exit: ExitCode::Asking.number(),
            message: &message,
        })?,
    }
    Ok(ExitCode::Asking)
}

/// Waits until no runner holds the session's journal, or, with `--or-question`, until it asks you. The runner holds its
/// journal locked for as long as it lives, so the kernel wakes us when it is gone.
fn wait_for(dir: &RunDir, args: &Args, began: Instant) -> Result<Waited> {
    let limit = Duration::from_secs(args.timeout.unwrap_or(u64::from(u32::MAX)));
    let journal = beneath::open(&dir.journal())?;
    let (sender, gone) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let _ = sender.send(FileLock::exclusive(&journal).map(drop));
    });
    loop {
        if args.or_question
            && let Some(question) = question(dir)?
        {
            return Ok(Waited::Asks(question));
        }
        let left = limit.saturating_sub(began.elapsed());
        let step = if args.or_question {
            left.min(QUESTION_POLL)
        } else {
            left
        };
        if gone.recv_timeout(step).is_ok() && !(limit <= began.elapsed() && is_parked(dir)?) {
            return Ok(Waited::Ended);
        }
        if limit <= began.elapsed() {
            return Ok(Waited::InVain);
        }
    }
}

/// Whether the session has no runner because there is nothing to do for a while.
fn is_parked(dir: &RunDir) -> Result<bool> {
    let state = load_cached(dir)?.map(|snapshot| snapshot.state);
    Ok(state.is_some_and(|state| state.session.parked && state.phase.ending().is_none()))
}

/// Returns what the session asks now, if it does.
fn question(dir: &RunDir) -> Result<Option<String>> {
    let snapshot = load_cached(dir)?.filter(|it| it.state.is_asking());
    Ok(snapshot.and_then(|it| Some(it.state.first_question()?.text.clone())))
}
