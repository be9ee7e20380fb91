//! The runner as a program: in this terminal, in a tmux window, or for `ap test`.
use super::resources;
use crate::error::{Error, ErrorKind, ExitCode, Result};
use crate::exec::launcher::{self, LaunchReply, Launched, SessionWindows, Tmux};
use crate::fixture::{self, Recorder};
use crate::log;
use crate::runner::{self, Acquired, LaunchRequest, RunEnd, RunnerEnv, acquire};
use crate::store::crash;
use crate::store::layout::{Project, UserDirs};
use crate::store::observer::SharedObserver;
use crate::store::session::{Session, Snapshot};
use crate::ui::caller::Caller;
use crate::ui::next_command::NextCommand;
use crate::ui::{note, out, report};
use crate::workspace::Workspace;
use camino::Utf8Path;
use std::io::Read as _;
use std::sync::Arc;

/// Runs a session in this process, to its end.
pub(super) fn here(request: &LaunchRequest) -> Result<Launched> {
    crash::role("runner");
    resources::check()?;
    let env = environment(request);
    match acquire(&env.workspace, &request.session)? {
        Acquired::Session(session) => drive(*session, env).map(Launched::Ended),
        Acquired::Complete(snapshot) => {
            notify_missed(&env, &snapshot);
            Ok(Launched::Complete)
        }
    }
}

/// `ap __replay`: runs the request on standard input, for `ap test`.
pub(super) fn replay() -> Result<ExitCode> {
    let mut text = Vec::new();
    std::io::stdin().lock().read_to_end(&mut text)?;
    let request: LaunchRequest = serde_json::from_slice(&text).map_err(Error::bad_value)?;
    let env = environment(&request);
    match acquire(&env.workspace, &request.session)? {
        Acquired::Session(session) => drive(*session, env),
        Acquired::Complete(_) => Ok(ExitCode::Done),
    }
}

/// `ap __runner <socket>`: the program in a session's tmux window.
pub(super) fn in_window(socket: &Utf8Path) -> Result<ExitCode> {
    crash::role("runner");
    let (request, line) = launcher::fetch::<LaunchRequest>(socket)?;
    let mut env = environment(&request);
    if let Some(program) = env.vars.get("AP_CALLED_AS") {
        let program = program.clone();
        let project = None;
        Caller { program, project }.remember();
    }
    let run_dir = env
        .workspace
        .store_root
        .session(&request.session.plan.session);
    env.windows = Some(Arc::new(SessionWindows {
        tmux: Tmux::new(env.vars.get("AP_TMUX_SOCKET").cloned(), true),
        run_dir: run_dir.root().to_owned(),
    }));
    let directives = env.vars.get("AP_LOG").map(String::as_str);
    log::to_file(&run_dir.log(), directives, Arc::clone(&env.redactor));
    if let Err(error) = resources::check() {
        line.reply(&LaunchReply::failed(&error))?;
        return Ok(error.exit_code());
    }
    match acquire(&env.workspace, &request.session) {
        Ok(Acquired::Session(session)) => {
            // The launcher may have ended by now; the session continues without it.
            let _ = line.reply(&LaunchReply::Started);
            drive(*session, env)
        }
        Ok(Acquired::Complete(snapshot)) => {
            notify_missed(&env, &snapshot);
            line.reply(&LaunchReply::Complete)?;
            Ok(ExitCode::Done)
        }
        Err(error) => {
            let error = Error::from(error);
            line.reply(&LaunchReply::failed(&error))?;
            Ok(error.exit_code())
        }
    }
}

/// Writes messages of a session that its last runner was killed before. Nothing depends on them.
fn notify_missed(env: &RunnerEnv, snapshot: &Snapshot) {
    if env.notify
        && let Err(error) = runner::notify_missed(env, snapshot)
    {
        tracing::warn!(%error, "messages of the session were not written");
    }
}

fn environment(request: &LaunchRequest) -> RunnerEnv {
    let home = request.env.get("HOME").map(Utf8Path::new);
    let dirs = UserDirs::new(&request.env, home);
    let project = Project::new(request.project.clone()).with_state(&dirs.state);
    let workspace = Workspace::in_place(project);
    let mut env = RunnerEnv::new(workspace, request.exe.clone(), request.env.clone());
    env.slots.clone_from(&request.slots);
    env.keeps_quota = request.keeps_quota;
    env.notify = request.notify;
    env.answers_questions = request.answers_questions;
    env.redacts_transcripts = request.redacts_transcripts;
    env.shows_on_stderr = request.shows_on_stderr;
    env.contain = request.contain;
    env.slice.clone_from(&request.session.slice);
    env
}

/// Adds to the error that ended a runner how to continue its session, if what failed may work again.
fn interrupted(error: Error, resume: &str) -> Error {
    let hint = match (error.kind(), error.help()) {
        (ErrorKind::DiskFull, _) => {
            format!(
                "free some space, then resume with `{resume}`; nothing that was recorded is lost"
            )
        }
        (ErrorKind::Io | ErrorKind::NotPermitted, None) => {
            format!("nothing that was recorded is lost: resume with `{resume}`")
        }
        (ErrorKind::NotPermitted, Some(hint)) => format!("{hint}, then resume with `{resume}`"),
        _ => return error,
    };
    error.hint(hint)
}

/// Runs an acquired session to its end, and records a fixture if the plan asks for one.
fn drive(mut session: Session, env: RunnerEnv) -> Result<ExitCode> {
    let (dir, project) = (session.dir.clone(), env.workspace.store_root.clone());
    let shows_on_stderr = env.shows_on_stderr;
    fixture::begin(&session.plan, &dir, &project, &env.vars)?;
    let recorder = SharedObserver::new(Recorder::new(dir, project, env.vars.clone()));
    if session.plan.record.is_some() {
        session.attach(recorder.clone())?;
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let resume = NextCommand::resume_as_started(&session.plan).to_string();
    let (ending, session) = runtime
        .block_on(runner::run(session, env))
        .map_err(|error| interrupted(error, &resume))?;
    let recorded = recorder.lock().take_result()?;
    if let Some(folder) = recorded {
        let message = format!("Recorded in {folder}; run it without an account: ap test");
        if shows_on_stderr {
            note(message);
        } else {
            out(message)?;
        }
    }
    // Before the session is released, because `ap wait` returns then and callers expect the recording.
    drop(session);
    Ok(match ending {
        RunEnd::Ended(ending) => report::exit_code(&ending),
        RunEnd::Parked => ExitCode::Done,
    })
}
