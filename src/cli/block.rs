//! `ap block`: an agent asks for you. Its session runs no other agent before you have answered.
use super::context::Context;
use super::control;
use super::format::Format;
use super::inside::{Inside, InsideArgs, locate};
use super::session::runner_lives;
use crate::clock;
use crate::engine::Phase;
use crate::error::{Error, ErrorKind, ExitCode, Result};
use crate::exec::holder::is_running;
use crate::exec::process;
use crate::model::Request;
use crate::redact::Redactor;
use crate::store::inbox;
use nix::sys::signal::Signal;
use std::time::Duration;

/// Longest reason, in bytes.
const LONGEST: usize = 4096;
/// How long the runner may take to read the request.
const READ_TIMEOUT: Duration = Duration::from_secs(10);

#[derive(clap::Args, Debug)]
#[command(mut_arg("json", |json| json.help("Print JSON (`ap schema ap-control`)")))]
pub(super) struct Args {
    /// What the user has to decide or to do, and what was tried
    reason: String,
    #[command(flatten)]
    of: InsideArgs,
    #[command(flatten)]
    format: Format,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<ExitCode> {
    let reason = args.reason.trim();
    if reason.is_empty() {
        return Err(
            Error::usage("the reason is empty").hint("say what the user has to decide or to do")
        );
    }
    if LONGEST < reason.len() {
        return Err(
            Error::usage(format!("the reason has more than {LONGEST} bytes"))
                .hint("write the details to a file, and name that"),
        );
    }
    let inside = locate(&args.of, context)?;
    check(&inside)?;
    let redactor = Redactor::of_env(context.env.iter(), []);
    let request = Request::Block {
        cursor: inside.attempt.as_ref().map(|own| own.cursor),
        reason: redactor.hide(reason),
    };
    let is_read = leave(&inside, &request, context)?;
    let session = &inside.snapshot.plan.session;
    let when = if is_read {
        "The user is asked as soon as this agent has ended."
    } else {
        "The request is stored: the user is asked once the session has a runner again."
    };
    let message = format!(
        "{when} No other agent of session '{session}' runs before the answer. End your turn now."
    );
    control::report(session, args.format, "blocked", &message)?;
    Ok(ExitCode::Done)
}

/// Refuses for a session that can ask nothing.
fn check(inside: &Inside) -> Result<()> {
    let session = &inside.snapshot.plan.session;
    match inside.snapshot.state.phase {
        Phase::Ended { .. } => Err(Error::new(
            ErrorKind::NotRunning,
            format!("session '{session}' has ended"),
        )
        .hint(format!("`ap status {session}` shows how"))),
        Phase::Parallel => Err(Error::new(
            ErrorKind::NotYet,
            format!("session '{session}' runs a parallel block, whose agents ask for themselves"),
        )
        .hint(format!("pause it with `ap pause {session}`"))),
        Phase::New
        | Phase::Ready
        | Phase::Running { .. }
        | Phase::Exited { .. }
        | Phase::Waiting { .. } => Ok(()),
    }
}

/// Leaves a request in the inbox, and waits until the runner has read it, if there is one. Returns whether it has.
fn leave(inside: &Inside, request: &Request, context: &Context) -> Result<bool> {
    inbox::put(&inside.dir, request, clock::now())?;
    let runner = inside.snapshot.state.session.runner.as_ref();
    if !runner_lives(runner) && !is_running(&context.project, &inside.snapshot.plan.session) {
        return Ok(false);
    }
    if let Some(runner) = runner {
        process::send(runner, Signal::SIGUSR1);
    }
    Ok(clock::wait_until(READ_TIMEOUT, || {
        inbox::waiting(&inside.dir).is_ok_and(|left| left.is_empty())
    }))
}
