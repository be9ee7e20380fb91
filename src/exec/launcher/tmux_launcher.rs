//! A runner in a tmux window of its own.
use super::launch::{EndedRunner, Launch, Launched, Launcher, RunnerState};
use super::socket::{LaunchReply, LaunchSocket};
use super::tmux::{Found, Tmux};
use super::tmux_names::TmuxNames;
use super::tmux_window::NewWindow;
use crate::error::{Error, ErrorKind, Result};
use crate::exec::process;
use crate::model::SessionName;
use camino::{Utf8Path, Utf8PathBuf};
use serde::Serialize;

/// Starts the runners of a project in tmux.
#[derive(Clone, Debug)]
pub struct TmuxLauncher {
    pub tmux: Tmux,
    /// The root of the project.
    pub root: Utf8PathBuf,
    /// Whether a window stays readable after its runner's end.
    pub keep_window: bool,
}

impl TmuxLauncher {
    /// Returns the tmux name of the session with this run directory: the one it has, or will usually have.
    pub fn name(&self, session: &SessionName, run_dir: &Utf8Path) -> String {
        match self.tmux.find(run_dir) {
            Ok(Some(found)) => found.name,
            Ok(None) | Err(_) => TmuxNames::new(session, &self.root).usual,
        }
    }

    fn is_alive(&self, run_dir: &Utf8Path) -> bool {
        let found = self.tmux.find(run_dir);
        found.is_ok_and(|found| found.is_some_and(|found| !found.dead))
    }

    /// Opens the window under the first name that is free. What shows the end of a session of another project gives
    /// way; what lives keeps its name.
    fn open(&self, session: &SessionName, window: &NewWindow<'_>) -> Result<()> {
        let names = TmuxNames::new(session, &self.root);
        // Nearly always free, so it is tried before anything is listed.
        if self.tmux.open(&names.usual, window)? {
            return Ok(());
        }
        let others = self.tmux.list()?;
        for name in [&names.usual, &names.of_project] {
            let other = others.iter().find(|found| &found.name == name);
            match other {
                Some(found) if found.dead && !found.run_dir.is_empty() => self.tmux.close(found)?,
                Some(_) => continue,
                None => (),
            }
            // Another project may have taken the name since.
            if self.tmux.open(name, window)? {
                return Ok(());
            }
        }
        Err(self.names_in_use(session, &names, &others))
    }

    /// Returns the error for a session whose names both belong to something else in tmux.
    fn names_in_use(&self, session: &SessionName, names: &TmuxNames, others: &[Found]) -> Error {
        let owner = |name: &String| {
            let found = others.iter().find(|found| &found.name == name);
            match found.map_or("", |found| found.run_dir.as_str()) {
                "" => "it was not started by ap".to_owned(),
                run_dir => format!("it belongs to {run_dir}"),
            }
        };
        let message = format!(
            "tmux has sessions `{}` ({}) and `{}` ({}) already",
            names.usual,
            owner(&names.usual),
            names.of_project,
            owner(&names.of_project),
        );
        Error::new(ErrorKind::Exists, message)
        .hint(format!(
            "close one that you no longer need with `{}`, or run session '{session}' in this terminal with `--foreground`",
            self.tmux.close_line(&names.usual),
        ))
    }
}

impl<R: Serialize> Launcher<R> for TmuxLauncher {
    fn submit(&self, launch: &Launch<'_, R>) -> Result<Launched> {
        let socket = LaunchSocket::open()?;
        let path = socket.path()?;
        let window = NewWindow {
            title: launch.session.as_str(),
            cwd: launch.cwd,
            run_dir: launch.run_dir,
            argv: &[launch.exe.as_str(), "__runner", path.as_str()],
            keep: self.keep_window,
        };
        self.open(launch.session, &window)?;
        let reply = socket.send(&launch.request, launch.permit, || {
            self.is_alive(launch.run_dir)
        });
        if !matches!(reply, Ok(LaunchReply::Started)) {
            // The window shows nothing that the reply does not, and the reply matters more.
            let _ = Launcher::<R>::cancel(self, launch.session, launch.run_dir);
        }
        reply?.into_result()
    }

    fn state(&self, _session: &SessionName, run_dir: &Utf8Path) -> RunnerState {
        match self.tmux.find(run_dir) {
            Ok(Some(found)) if !found.dead => RunnerState::Running {
                host: process::current().host,
            },
            Ok(Some(_)) => RunnerState::Gone {
                why: "its window shows its end".to_owned(),
            },
            Ok(None) => RunnerState::Gone {
                why: "it has no window".to_owned(),
            },
            Err(why) => RunnerState::Unknown { why },
        }
    }

    fn cancel(&self, _session: &SessionName, run_dir: &Utf8Path) -> Result<()> {
        match self.tmux.find(run_dir)? {
            Some(found) => self.tmux.close(&found),
            None => Ok(()),
        }
    }

    fn ended(&self, runs: &Utf8Path) -> Result<Vec<EndedRunner>> {
        let ended = |found: Found| {
            let run_dir = Utf8PathBuf::from(found.run_dir);
            let session = run_dir.strip_prefix(runs).ok()?.as_str().parse().ok()?;
            found.dead.then_some(EndedRunner {
                session,
                run_dir,
                shown_in: found.name,
            })
        };
        Ok(self.tmux.list()?.into_iter().filter_map(ended).collect())
    }

    fn attach(&self, session: &SessionName, run_dir: &Utf8Path) -> Result<()> {
        self.tmux.attach(&self.name(session, run_dir))
    }
}
