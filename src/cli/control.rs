//! `ap pause|continue|stop|kill|attach|wait`: what a person says to a session that runs.
use super::context::Context;
use super::status::{find, is_alive};
use crate::clock;
use crate::engine::Phase;
use crate::error::{Error, ExitCode, Result};
use crate::exec::process::{self, Liveness};
use crate::model::{ProcessId, Request, SessionName};
use crate::runner;
use crate::store::inbox;
use crate::store::lock::{FileLock, SessionLock};
use crate::store::session::{Snapshot, load_cached, read_plan};
use crate::text::count;
use crate::ui::{out, report};
use clap::Args as ClapArgs;
use fs_err as fs;
use nix::sys::signal::Signal;
use std::time::Duration;

#[derive(ClapArgs, Debug)]
pub struct SessionArgs {
    /// Name of the session
    pub session: SessionName,
}

#[derive(ClapArgs, Debug)]
pub struct WaitArgs {
    /// Name of the session
    session: SessionName,
    /// Give up after this many seconds, with exit code 4
    #[arg(long, value_name = "SECONDS")]
    timeout: Option<u64>,
}

/// How long a request may take to be taken up: the runner may be in the middle of a write.
const TAKEN_UP: Duration = Duration::from_secs(10);
/// How long a stop may take: the agent gets 8 s to end, what it left behind 2 more.
const STOPPED: Duration = Duration::from_secs(30);

pub fn pause(args: &SessionArgs, context: &Context) -> Result<ExitCode> {
    ask(args, &Request::Pause, context)?;
    out(format!(
        "Session '{}' holds as soon as its iteration is over; `ap continue {}` goes on.\n",
        args.session, args.session
    ))?;
    Ok(ExitCode::Done)
}

pub fn go_on(args: &SessionArgs, context: &Context) -> Result<ExitCode> {
    ask(args, &Request::Continue, context)?;
    out(format!("Session '{}' goes on.\n", args.session))?;
    Ok(ExitCode::Done)
}

pub fn stop(args: &SessionArgs, context: &Context) -> Result<ExitCode> {
    let snapshot = ask(
        args,
        &Request::Stop {
            by: "ap stop".to_owned(),
        },
        context,
    )?;
    let gone = clock::wait_until(STOPPED, || !is_alive_now(args, context));
    if !gone {
        return Err(Error::failed(format!(
            "session '{}' is still ending its agent",
            args.session
        ))
        .hint(format!("`ap kill {}` does not wait", args.session)));
    }
    out(format!(
        "Session '{}' is stopped. Go on with `{} --resume`.\n",
        args.session, snapshot.plan.command
    ))?;
    Ok(ExitCode::Done)
}

/// Ends everything of a session at once, politeness aside. What is journalled stays true; it can be resumed.
pub fn kill(args: &SessionArgs, context: &Context) -> Result<ExitCode> {
    let dir = context.project.session(&args.session);
    let found = find(&args.session, context);
    // A journal that cannot be read is no reason to let its agents go on.
    let readable = found.is_ok();
    let (plan, runner) = match found {
        Ok(Snapshot { plan, state }) => (plan, state.runner),
        Err(error) => (read_plan(&dir).map_err(|_| error)?, None),
    };
    let runners = end_runners(args, runner, context)?;
    let ended = runners + runner::kill_all(&plan.run);
    let tmux = context.tmux();
    if let Ok(Some(found)) = tmux.find(&args.session)
        && found.run_dir == dir.root()
    {
        tmux.close(&found)?;
    }
    // A shim the runner was just starting has a copy of the lock until it has become itself.
    let lock = context.project.lock(&args.session);
    clock::wait_until(TAKEN_UP, || {
        !lock.exists() || SessionLock::remove_stale(&lock).unwrap_or(true)
    });
    if readable {
        runner::record_kill(&context.project, &args.session, "ap kill")?;
    }
    out(match ended {
        0 => format!("Nothing of session '{}' runs.", args.session),
        ended => {
            format!(
                "Session '{}' is killed ({} ended). Go on with `{} --resume`.",
                args.session,
                count(ended, "process"),
                plan.command
            )
        }
    })?;
    Ok(ExitCode::Done)
}

/// Kills the runner named in the lock file and the one named in the journal: one of them may be wrong. Returns how many lived.
fn end_runners(
    args: &SessionArgs,
    journalled: Option<ProcessId>,
    context: &Context,
) -> Result<usize> {
    let holder =
        SessionLock::holder(&context.project.lock(&args.session)).map(|holder| holder.process);
    if let Some(holder) = holder
        .as_ref()
        .filter(|holder| process::liveness(holder) == Liveness::Unknown)
    {
        return Err(Error::failed(format!(
            "session '{}' runs on another machine, {}",
            args.session, holder.host
        ))
        .hint("kill it there"));
    }
    let mut runners: Vec<ProcessId> = holder.into_iter().chain(journalled).collect();
    runners.dedup();
    let told: Vec<ProcessId> = runners
        .into_iter()
        .filter(|runner| process::send(runner, Signal::SIGKILL))
        .collect();
    // It keeps the session locked until it is really gone.
    clock::wait_until(TAKEN_UP, || {
        told.iter()
            .all(|runner| process::liveness(runner) == Liveness::Dead)
    });
    Ok(told.len())
}

pub fn attach(args: &SessionArgs, context: &Context) -> Result<ExitCode> {
    let tmux = context.tmux();
    let run_dir = context.project.session(&args.session);
    match tmux.find(&args.session)? {
        Some(found) if found.run_dir == run_dir.root() => {
            tmux.attach(&args.session).map(|()| ExitCode::Done)
        }
        Some(found) => Err(report::taken_name(&found.name, &found.run_dir)),
        None => {
            find(&args.session, context)?;
            Err(
                Error::failed(format!("session '{}' has no window", args.session)).hint(format!(
                    "see `ap status {0}` and `ap logs {0}`",
                    args.session
                )),
            )
        }
    }
}

/// Waits for the end and returns the session's own exit code.
pub fn wait(args: &WaitArgs, context: &Context) -> Result<ExitCode> {
    let dir = context.project.session(&args.session);
    find(&args.session, context)?;
    let limit = args.timeout.map_or(
        Duration::from_secs(u64::from(u32::MAX)),
        Duration::from_secs,
    );
    // The runner holds its journal locked for as long as it lives: the kernel wakes us when it is gone.
    let journal = fs::File::open(dir.journal())?;
    let (sender, gone) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let _ = sender.send(FileLock::exclusive(&journal).map(drop));
    });
    if gone.recv_timeout(limit).is_err() {
        return Err(Error::new(
            ExitCode::Short,
            format!("session '{}' still runs", args.session),
        ));
    }
    let snapshot = load_cached(&dir)?
        .ok_or_else(|| Error::failed(format!("session '{}' is gone", args.session)))?;
    match &snapshot.state.phase {
        Phase::Ended { ending } => {
            out(format!(
                "Session '{}' {}\n",
                args.session,
                report::ending(ending)
            ))?;
            Ok(report::exit_code(ending))
        }
        Phase::New
        | Phase::Ready
        | Phase::Running
        | Phase::Parallel
        | Phase::Exited { .. }
        | Phase::Waiting { .. } => {
            Err(Error::failed(report::failure(&snapshot)).hint(report::ways_on(&snapshot)))
        }
    }
}

fn is_alive_now(args: &SessionArgs, context: &Context) -> bool {
    load_cached(&context.project.session(&args.session))
        .ok()
        .flatten()
        .is_some_and(|snapshot| is_alive(&context.project, &snapshot))
}

/// Leaves a request, wakes the runner and waits until it has taken it up.
fn ask(args: &SessionArgs, request: &Request, context: &Context) -> Result<Snapshot> {
    let snapshot = find(&args.session, context)?;
    if !is_alive(&context.project, &snapshot) {
        let status = snapshot.state.status();
        let what = if status.is_active() {
            report::failure(&snapshot)
        } else {
            format!(
                "session '{}' does not run: it is {}",
                args.session,
                status.label()
            )
        };
        return Err(Error::failed(what).hint(report::ways_on(&snapshot)));
    }
    let dir = context.project.session(&args.session);
    inbox::put(&dir, request, clock::now())?;
    if let Some(runner) = &snapshot.state.runner {
        process::send(runner, Signal::SIGUSR1);
    }
    let taken = clock::wait_until(TAKEN_UP, || {
        inbox::waiting(&dir).is_ok_and(|left| left.is_empty())
    });
    if taken {
        Ok(snapshot)
    } else {
        Err(Error::failed(format!(
            "the runner of session '{}' does not answer",
            args.session
        ))
        .hint("see `ap doctor`"))
    }
}
