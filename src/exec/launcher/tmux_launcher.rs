//! A runner in a tmux window of its own.
use super::launch::{EndedRunner, Launch, Launched, Launcher, RunnerState, Windows};
use super::socket::{LaunchReply, LaunchSocket};
use super::tmux::{Found, Tmux};
use crate::error::{Error, ErrorKind, Result};
use crate::exec::process;
use crate::model::SessionName;
use camino::{Utf8Path, Utf8PathBuf};
use serde::Serialize;

/// Starts runners in tmux.
#[derive(Clone, Debug)]
pub struct TmuxLauncher {
    pub tmux: Tmux,
    /// Whether a window stays readable after its runner's end.
    pub keep_window: bool,
}

impl TmuxLauncher {
    /// Returns the session's window; an error if tmux has one of that name that belongs to something else.
    pub fn find(&self, session: &SessionName, run_dir: &Utf8Path) -> Result<Option<Found>> {
        match self.tmux.find(session)? {
            Some(found) if found.run_dir != run_dir => Err(name_in_use(&found)),
            found => Ok(found),
        }
    }

    fn is_alive(&self, session: &SessionName) -> bool {
        self.tmux
            .find(session)
            .is_ok_and(|found| found.is_some_and(|found| !found.dead))
    }
}

impl<R: Serialize> Launcher<R> for TmuxLauncher {
    fn submit(&self, launch: &Launch<'_, R>) -> Result<Launched> {
        let socket = LaunchSocket::open()?;
        let path = socket.path()?;
        let argv = [launch.exe.as_str(), "__runner", path.as_str()];
        self.tmux.open(
            launch.session,
            launch.cwd,
            launch.run_dir,
            &argv,
            self.keep_window,
        )?;
        let reply = socket.send(&launch.request, || self.is_alive(launch.session));
        if !matches!(reply, Ok(LaunchReply::Started)) {
            // The window shows nothing that the reply does not, and the reply matters more.
            let _ = Launcher::<R>::cancel(self, launch.session, launch.run_dir);
        }
        reply?.into_result()
    }

    fn state(&self, session: &SessionName, run_dir: &Utf8Path) -> RunnerState {
        match self.find(session, run_dir) {
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

    fn cancel(&self, session: &SessionName, run_dir: &Utf8Path) -> Result<()> {
        match self.find(session, run_dir)? {
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

    fn attach(&self, session: &SessionName) -> Result<()> {
        self.tmux.attach(session)
    }
}

impl Windows for Tmux {
    fn open(
        &self,
        session: &SessionName,
        title: &str,
        cwd: &Utf8Path,
        argv: &[&str],
    ) -> Result<()> {
        self.watch(session, title, cwd, argv)
    }
}

/// Returns the error for a name that another session has in tmux.
fn name_in_use(found: &Found) -> Error {
    let owner = match found.run_dir.as_str() {
        "" => "it was not started by ap".to_owned(),
        run_dir => format!("it belongs to {run_dir}"),
    };
    Error::new(
        ErrorKind::Exists,
        format!("tmux session `{}` exists already; {owner}", found.name),
    )
    .hint("choose another session name, or set AP_TMUX_SOCKET for a tmux server of its own")
}
