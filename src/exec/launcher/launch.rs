//! What a place for runners must be able to do.
use crate::error::{Error, ExitCode, Result};
use crate::model::SessionName;
use camino::{Utf8Path, Utf8PathBuf};

/// A runner to be started. `R` is what it asks for once it is up.
pub struct Launch<'a, R> {
    pub session: &'a SessionName,
    /// The folder it starts in.
    pub cwd: &'a Utf8Path,
    /// Tells sessions of the same name in different projects apart.
    pub run_dir: &'a Utf8Path,
    /// `ap` itself.
    pub exe: &'a Utf8Path,
    pub request: R,
    /// Asked once the runner is up, before it gets its request: nothing of the session is created if this fails.
    pub permit: &'a dyn Fn() -> Result<()>,
}

/// What became of a launch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Launched {
    /// The runner has the session and has recorded its start.
    Running,
    /// The runner has ended with this code.
    Ended(ExitCode),
    /// There was nothing to run: the session has reached its goal already.
    Complete,
}

/// Whether a session's runner lives, as far as its launcher knows.
#[derive(Debug)]
pub enum RunnerState {
    Running {
        host: String,
    },
    /// It will run once its launcher has room for it.
    Queued,
    Gone {
        why: String,
    },
    /// The launcher cannot find out. It is never treated as gone: nothing is started in its place.
    Unknown {
        why: Error,
    },
}

/// A runner that has ended and is still shown somewhere.
#[derive(Debug)]
pub struct EndedRunner {
    pub session: SessionName,
    pub run_dir: Utf8PathBuf,
    /// The name of what shows it.
    pub shown_in: String,
}

/// A place where runners live.
pub trait Launcher<R> {
    /// Starts a runner, and returns once it has the session or cannot have it.
    fn submit(&self, launch: &Launch<'_, R>) -> Result<Launched>;

    /// Returns whether the runner of the session with this run directory lives.
    fn state(&self, session: &SessionName, run_dir: &Utf8Path) -> RunnerState;

    /// Ends the session's runner and removes what still shows it.
    fn cancel(&self, session: &SessionName, run_dir: &Utf8Path) -> Result<()>;

    /// Returns the ended runners whose run directories are in a folder and that are still shown.
    fn ended(&self, runs: &Utf8Path) -> Result<Vec<EndedRunner>>;

    /// Shows the session's runner in this terminal.
    fn attach(&self, session: &SessionName, run_dir: &Utf8Path) -> Result<()>;
}

/// Opens windows beside a runner's own, in which a program shows something.
pub trait Windows: std::fmt::Debug + Send + Sync {
    fn open(&self, title: &str, cwd: &Utf8Path, argv: &[&str]) -> Result<()>;

    /// Returns the keys that leave the windows and let everything in them run: `Ctrl-b d`.
    fn leave_keys(&self) -> Option<String>;
}
