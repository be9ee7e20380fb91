//! The runner as a program: in this terminal, in a tmux window, or for `ap test`.
use crate::error::{Error, ExitCode, Result};
use crate::exec::launcher::{self, LaunchReply, Launched, Tmux};
use crate::fixture;
use crate::log;
use crate::runner::{self, LaunchRequest, Surroundings, Taken, take};
use crate::store::crash;
use crate::store::layout::Project;
use crate::store::session::Session;
use crate::ui::{out, report};
use camino::Utf8Path;
use std::sync::Arc;

/// Runs a session in this process, to its end.
pub(super) fn here(request: &LaunchRequest) -> Result<Launched> {
    crash::role("runner");
    let env = environment(request);
    match take(&env.project, &request.wanted)? {
        Taken::Ours(session) => drive(*session, env).map(Launched::Ended),
        Taken::Complete(_) => Ok(Launched::Complete),
    }
}

/// `ap __replay`: runs what standard input says, for `ap test`.
pub(super) fn replay() -> Result<ExitCode> {
    let request: LaunchRequest =
        serde_json::from_reader(std::io::stdin().lock()).map_err(Error::usage)?;
    let env = environment(&request);
    match take(&env.project, &request.wanted)? {
        Taken::Ours(session) => drive(*session, env),
        Taken::Complete(_) => Ok(ExitCode::Done),
    }
}

/// `ap __runner <socket>`: the program in a session's tmux window.
pub(super) fn in_window(socket: &Utf8Path) -> Result<ExitCode> {
    crash::role("runner");
    let (request, line) = launcher::fetch::<LaunchRequest>(socket)?;
    let mut env = environment(&request);
    env.windows = Some(Arc::new(Tmux::new(
        env.env.get("AP_TMUX_SOCKET").cloned(),
        true,
    )));
    let run_dir = env.project.session(&request.wanted.plan.session);
    log::to_file(&run_dir.log(), env.env.get("AP_LOG").map(String::as_str));
    match take(&env.project, &request.wanted) {
        Ok(Taken::Ours(session)) => {
            // The launcher may be gone by now; the session is not.
            let _ = line.reply(&LaunchReply::Started);
            drive(*session, env)
        }
        Ok(Taken::Complete(_)) => {
            line.reply(&LaunchReply::Complete)?;
            Ok(ExitCode::Done)
        }
        Err(error) => {
            line.reply(&LaunchReply::failed(&error))?;
            Ok(error.code)
        }
    }
}

fn environment(request: &LaunchRequest) -> Surroundings {
    let project = Project::new(request.project.clone());
    let mut env = Surroundings::new(project, request.exe.clone(), request.env.clone());
    env.slots.clone_from(&request.slots);
    env
}

/// Runs a session that is ours to its end, and makes a fixture of it if that is wanted.
fn drive(session: Session, around: Surroundings) -> Result<ExitCode> {
    let (dir, project, env) = (
        session.dir.clone(),
        around.project.clone(),
        around.env.clone(),
    );
    let recorded = session.plan.record.is_some();
    fixture::begin(&session.plan, &dir, &project, &env)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let (ending, session) = runtime.block_on(runner::run(session, around))?;
    if recorded && let Some(folder) = fixture::record(&dir, &project, &env)? {
        out(format!(
            "Recorded in {folder}; run it without an account: ap test"
        ))?;
    }
    // `ap wait` returns once the session is released, and must find the recording.
    drop(session);
    Ok(report::exit_code(&ending))
}
