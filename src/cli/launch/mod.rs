//! Starts a session's runner: in a tmux window of its own, or in this terminal.
use super::context::Context;
use super::early_end::completion;
use super::format::Format;
use super::notify::note_refused_secrets;
use super::started::{StartResult, Started};
use super::{agent_slots, containment, early_end, nested, run_session};
use crate::clock;
use crate::error::{Error, ExitCode, Result};
use crate::exec::holder::is_running;
use crate::exec::launcher::{Foreground, Launch, Launched, Launcher, RunnerState, TmuxLauncher};
use crate::model::SessionName;
use crate::runner::{self, LaunchRequest, Mode, SessionRequest};
use crate::store::layout::Project;
use crate::store::lock::FileLock;
use crate::ui::report;
use fs_err as fs;
use std::time::Duration;

/// How long a runner that has released its session may take to end.
const END_TIMEOUT: Duration = Duration::from_secs(5);

/// Runs a session in this terminal, to its end.
pub(super) fn in_this_terminal(
    session_request: SessionRequest,
    format: Format,
    permit: &dyn Fn() -> Result<()>,
    context: &Context,
) -> Result<ExitCode> {
    let (session, project) = (
        session_request.plan.session.clone(),
        context.project.clone(),
    );
    let launcher = Foreground {
        project: project.clone(),
        run: run_session::here,
    };
    let run_dir = project.session(&session);
    let launched = launcher.submit(&Launch {
        session: &session,
        cwd: project.root(),
        run_dir: run_dir.root(),
        exe: &context.exe,
        request: LaunchRequest {
            shows_on_stderr: format == Format::Json,
            ..request(session_request, context)?
        },
        permit,
    })?;
    match launched {
        Launched::Ended(code) if format == Format::Text => return Ok(code),
        Launched::Running | Launched::Ended(_) => {
            Started::new(&session, StartResult::Ended, completion, context)?
        }
        Launched::Complete => Started::already_complete(&session, context)?,
    }
    .print(format, context)?;
    Ok(ExitCode::Done)
}

/// Starts a session in tmux and prints what became of it. Returns whether it runs.
pub(super) fn in_tmux(
    session_request: SessionRequest,
    format: Format,
    permit: &dyn Fn() -> Result<()>,
    context: &Context,
) -> Result<bool> {
    let session = session_request.plan.session.clone();
    let started = match in_background(session_request, permit, context)? {
        Launched::Complete => Started::already_complete(&session, context)?,
        Launched::Running | Launched::Ended(_) => {
            // tmux is asked while the agent starts.
            let (ended, tmux_name) = std::thread::scope(|scope| {
                let name = scope.spawn(|| tmux_name(&session, context));
                (early_end::wait(&session, context), name.join())
            });
            if ended.is_some() {
                Started::new(&session, StartResult::Ended, completion, context)?
            } else {
                let tmux_name = tmux_name.map_err(|_| Error::failed("tmux could not be asked"))?;
                Started::running(&session, tmux_name, context)?
            }
        }
    };
    started.print(format, context)?;
    Ok(started.runs())
}

/// Shows the window of a session.
pub(super) fn attach(session: &SessionName, context: &Context) -> Result<()> {
    let run_dir = context.project.session(session);
    launcher(context).attach(session, run_dir.root())
}

/// Starts a session in tmux and returns when it runs.
pub(super) fn in_background(
    session_request: SessionRequest,
    permit: &dyn Fn() -> Result<()>,
    context: &Context,
) -> Result<Launched> {
    nested::check(context)?;
    let launcher = TmuxLauncher {
        // A supervisor's runners come and go.
        keep_window: session_request.slice.is_none() && keep_window(context)?,
        ..tmux_launcher(context)
    };
    let (session, mode) = (session_request.plan.session.clone(), session_request.mode);
    let run_dir = context.project.session(&session);
    let launch = Launch {
        session: &session,
        cwd: context.project.root(),
        run_dir: run_dir.root(),
        exe: &context.exe,
        request: request(session_request, context)?,
        permit,
    };
    submit(&launcher, &launch, mode, &context.project)
}

/// Returns the launcher of the tmux server to use.
pub(super) fn tmux_launcher(context: &Context) -> TmuxLauncher {
    TmuxLauncher {
        tmux: context.tmux(),
        root: context.project.root().to_owned(),
        keep_window: true,
    }
}

/// Returns the launcher of sessions that were started in the background.
pub(super) fn launcher(context: &Context) -> impl Launcher<LaunchRequest> {
    tmux_launcher(context)
}

/// Removes the window of a session, if it has one.
pub(super) fn close_window(session: &SessionName, context: &Context) -> Result<()> {
    let run_dir = context.project.session(session);
    launcher(context).cancel(session, run_dir.root())
}

fn keep_window(context: &Context) -> Result<bool> {
    Ok(match context.env.get("AP_KEEP_WINDOW") {
        Some(keep) => keep != "0",
        None => context.settings()?.keep_window.unwrap_or(true),
    })
}

/// Returns the tmux command that shows a session.
pub(super) fn attach_line(session: &SessionName, context: &Context) -> String {
    context.tmux().attach_line(&tmux_name(session, context))
}

/// Returns the name of a session's window in tmux, if it has one.
pub(super) fn window(session: &SessionName, context: &Context) -> Option<String> {
    let run_dir = context.project.session(session);
    let found = tmux_launcher(context).tmux.find(run_dir.root());
    Some(found.ok()??.name)
}

/// Returns the name of a session in tmux: the one it has, or will usually have.
pub(super) fn tmux_name(session: &SessionName, context: &Context) -> String {
    let run_dir = context.project.session(session);
    tmux_launcher(context).name(session, run_dir.root())
}

fn request(session_request: SessionRequest, context: &Context) -> Result<LaunchRequest> {
    note_refused_secrets(context)?;
    Ok(LaunchRequest {
        project: context.project.root().to_owned(),
        exe: context.exe.clone(),
        session: session_request,
        env: context.env.clone(),
        slots: agent_slots::read(context)?,
        keeps_quota: true,
        answers_questions: false,
        contain: containment::wanted(context)?,
        redacts_transcripts: context.settings()?.redact.transcripts,
        notify: true,
        shows_on_stderr: false,
    })
}

/// Submits a launch once no other runner of the session is in its way.
fn submit<R>(
    launcher: &dyn Launcher<R>,
    launch: &Launch<'_, R>,
    mode: Mode,
    project: &Project,
) -> Result<Launched> {
    // One launch at a time in a project, so that the first of many starts the session and the others see it run. The
    // locked folder exists already: a refused launch creates nothing.
    let _turn = FileLock::exclusive(&fs::File::open(project.root())?)?;
    if mode != Mode::Force && is_running(project, launch.session) {
        return Err(report::already_running(project, launch.session));
    }
    match (launcher.state(launch.session, launch.run_dir), mode) {
        (RunnerState::Gone { .. }, _) => (),
        (RunnerState::Running { .. } | RunnerState::Queued, Mode::Force) => {
            fs::create_dir_all(project.locks())?;
            runner::stop_runner(project, launch.session)?;
        }
        (RunnerState::Running { .. }, Mode::New | Mode::Resume) => {
            // The runner has released its session, so it is about to end, unless its lock file was deleted.
            let gone = clock::wait_until(END_TIMEOUT, || {
                let state = launcher.state(launch.session, launch.run_dir);
                matches!(state, RunnerState::Gone { .. })
            });
            if !gone {
                return Err(report::already_running(project, launch.session));
            }
        }
        (RunnerState::Queued, Mode::New | Mode::Resume) => {
            return Err(report::already_running(project, launch.session));
        }
        (RunnerState::Unknown { why }, _) => return Err(why),
    }
    launcher.cancel(launch.session, launch.run_dir)?;
    launcher.submit(launch)
}

#[cfg(test)]
mod tests;
