//! Brings a session's runner up: in a tmux window of its own, or in this terminal.
use super::context::Context;
use super::programs;
use crate::clock;
use crate::error::{Error, ExitCode, Result};
use crate::exec::launcher::Tmux;
use crate::exec::process;
use crate::fixture;
use crate::log;
use crate::model::SessionName;
use crate::runner::launch::{self, Door, Launch, Report};
use crate::runner::{self, Mode, Surroundings, Taken, Wanted, take};
use crate::store::crash;
use crate::store::layout::Project;
use crate::store::lock::FileLock;
use crate::store::session::{Session, is_running};
use crate::store::slots::Slots;
use crate::ui::{out, report};
use camino::{Utf8Path, Utf8PathBuf};
use etcetera::BaseStrategy as _;
use fs_err as fs;
use std::time::Duration;

/// How long a runner that has let go of its session may take to end.
const ABOUT_TO_END: Duration = Duration::from_secs(5);

pub(super) fn in_this_terminal(wanted: &Wanted, context: &Context) -> Result<ExitCode> {
    crash::role("runner");
    let mut around = Surroundings::new(
        context.project.clone(),
        context.exe.clone(),
        context.env.clone(),
    );
    around.slots = slots(context)?;
    programs::require(&wanted.plan, &around)?;
    match take(&context.project, wanted)? {
        Taken::Ours(session) => drive(*session, around),
        Taken::Complete(snapshot) => {
            out(format!(
                "Session '{}' is already complete; start over with --force",
                snapshot.plan.session
            ))?;
            Ok(ExitCode::Done)
        }
    }
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
    // Who waits for the session finds its recording.
    drop(session);
    Ok(report::exit_code(&ending))
}

/// `ap __replay`: runs what standard input says, for `ap test`.
pub(super) fn replay() -> Result<ExitCode> {
    let launch: Launch = serde_json::from_reader(std::io::stdin().lock()).map_err(Error::usage)?;
    let around = Surroundings::new(Project::new(launch.project), launch.exe, launch.env);
    match take(&around.project, &launch.wanted)? {
        Taken::Ours(session) => drive(*session, around),
        Taken::Complete(_) => Ok(ExitCode::Done),
    }
}

/// `ap __runner <door>`: the program in a session's tmux window.
pub(super) fn in_window(door: &Utf8Path) -> Result<ExitCode> {
    crash::role("runner");
    let (launch, line) = launch::fetch(door)?;
    let mut around = Surroundings::new(Project::new(launch.project), launch.exe, launch.env);
    around.slots = launch.slots;
    around.mux = Some(Tmux::new(around.env.get("AP_TMUX_SOCKET").cloned(), true));
    let run_dir = around.project.session(&launch.wanted.plan.session);
    log::to_file(&run_dir.log(), around.env.get("AP_LOG").map(String::as_str));
    match take(&around.project, &launch.wanted) {
        Ok(Taken::Ours(session)) => {
            // Whoever launched us may be gone by now; the session is not.
            let _ = launch::send(&line, &Report::Started);
            drop(line);
            drive(*session, around)
        }
        Ok(Taken::Complete(_)) => {
            launch::send(&line, &Report::Complete)?;
            Ok(ExitCode::Done)
        }
        Err(error) => {
            launch::send(&line, &Report::failed(&error))?;
            Ok(error.code)
        }
    }
}

pub(super) fn in_tmux(wanted: Wanted, attach: bool, context: &Context) -> Result<ExitCode> {
    let around = Surroundings::new(
        context.project.clone(),
        context.exe.clone(),
        context.env.clone(),
    );
    programs::require(&wanted.plan, &around)?;
    let (session, name) = (wanted.plan.session.clone(), wanted.plan.name.clone());
    if !in_background(wanted, context)? {
        out(format!(
            "Session '{session}' is already complete; start over with --force"
        ))?;
        return Ok(ExitCode::Done);
    }
    out(started(&session, &name, context))?;
    if attach {
        context.tmux().attach(&session).map(|()| ExitCode::Done)
    } else {
        Ok(ExitCode::Done)
    }
}

/// Returns how many agents may run at a time on this machine, if anybody said.
fn slots(context: &Context) -> Result<Option<Slots>> {
    let most = match context
        .env
        .get("AP_MAX_AGENTS")
        .filter(|most| !most.is_empty())
    {
        Some(most) => most.parse().map_err(|_| {
            Error::usage(format!(
                "AP_MAX_AGENTS is `{most}`, which is no whole number"
            ))
        })?,
        None => context.settings()?.max_agents.unwrap_or(0),
    };
    if most == 0 {
        return Ok(None);
    }
    let cache = etcetera::choose_base_strategy()
        .map_err(|error| Error::failed(format!("the home folder: {error}")))?
        .cache_dir();
    let cache = Utf8PathBuf::from_path_buf(cache)
        .map_err(|path| Error::failed(format!("{} is not UTF-8", path.display())))?;
    // A home folder may be on several machines.
    Ok(Some(Slots {
        folder: cache
            .join("agent-pipelines/slots")
            .join(process::current().host),
        most,
    }))
}

/// Starts a session in tmux and returns when it runs. Tells whether there was anything left to run.
pub(super) fn in_background(wanted: Wanted, context: &Context) -> Result<bool> {
    match launch_runner(wanted, context)? {
        Report::Started => Ok(true),
        Report::Complete => Ok(false),
        Report::Failed {
            code,
            message,
            hint,
        } => {
            let code = [ExitCode::Usage, ExitCode::AlreadyRunning]
                .into_iter()
                .find(|known| *known as u8 == code)
                .unwrap_or(ExitCode::Failed);
            let error = Error::new(code, message);
            Err(match hint {
                Some(hint) => error.hint(hint),
                None => error,
            })
        }
    }
}

fn launch_runner(wanted: Wanted, context: &Context) -> Result<Report> {
    let (project, session, tmux) = (
        &context.project,
        wanted.plan.session.clone(),
        context.tmux(),
    );
    // One launch at a time in a project, so that of many the first starts and the others see it run.
    fs::create_dir_all(project.locks())?;
    let _turn = FileLock::exclusive(&fs::File::open(project.locks())?)?;
    if wanted.mode != Mode::Force && is_running(project, &session) {
        return Err(report::already_running(project, &session));
    }
    let run_dir = project.session(&session).root().to_owned();
    let mode = wanted.mode;
    if let Some(found) = tmux.find(&session)? {
        if found.run_dir != run_dir {
            return Err(report::name_in_use(&found.name, &found.run_dir));
        }
        match (found.dead, mode) {
            (true, _) => tmux.close(&found)?,
            (false, Mode::Force) => {
                runner::stop_living(project, &session)?;
                tmux.close(&found)?;
            }
            (false, Mode::New | Mode::Resume) => close_when_dead(&tmux, &session, project)?,
        }
    }
    let door = Door::open()?;
    let keep = match context.env.get("AP_KEEP_WINDOW") {
        Some(keep) => keep != "0",
        None => context.settings()?.keep_window.unwrap_or(true),
    };
    let path = door.path()?;
    tmux.open(
        &session,
        project.root(),
        &run_dir,
        &[context.exe.as_str(), "__runner", path.as_str()],
        keep,
    )?;
    let launch = Launch {
        project: project.root().to_owned(),
        exe: context.exe.clone(),
        wanted,
        env: context.env.clone(),
        slots: slots(context)?,
    };
    let report = door.hand_over(&launch, || {
        tmux.find(&session)
            .is_ok_and(|found| found.is_some_and(|found| !found.dead))
    });
    if !matches!(report, Ok(Report::Started)) {
        // Leave nothing behind: the window has nothing to show that the report does not say.
        if let Ok(Some(found)) = tmux.find(&session) {
            tmux.close(&found)?;
        }
    }
    report
}

/// Closes the window of a runner that has let go of its session and is about to end. One that does not end lives on
/// without its lock file.
fn close_when_dead(tmux: &Tmux, session: &SessionName, project: &Project) -> Result<()> {
    let mut found = None;
    let gone = clock::wait_until(ABOUT_TO_END, || {
        found = tmux.find(session).ok().flatten();
        found.as_ref().is_none_or(|found| found.dead)
    });
    match found {
        Some(found) if gone => tmux.close(&found),
        Some(_) => Err(report::already_running(project, session)),
        None => Ok(()),
    }
}

fn started(session: &SessionName, name: &str, context: &Context) -> String {
    let watch = context.tmux().attach_line(session);
    format!(
        "Session '{session}' runs {name} in tmux.\n  watch   ap attach {session}   ({watch})\n  follow  ap logs {session} -f\n  status  ap status {session}\n  stop    ap stop {session}\n"
    )
}
