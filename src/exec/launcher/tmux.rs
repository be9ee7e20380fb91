//! tmux: each session in a window of its own. Arguments never pass through a shell, and only sessions
//! we have marked are ever touched.
use crate::error::{Error, ErrorKind, Result};
use crate::model::{caller_env, env_tag};
use crate::text::shell_quote;
use camino::Utf8Path;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Output, Stdio};

/// A tmux server.
#[derive(Clone, Debug)]
pub struct Tmux {
    /// `AP_TMUX_SOCKET`: the name or path of a private server.
    socket: Option<String>,
    /// Whether we are inside tmux ourselves.
    inside: bool,
}

/// A tmux session that is named like ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its tmux name: `pipeline-<session>`, and more if another project has that one.
    pub name: String,
    /// Our mark: the run directory; empty if the session is not one of ours.
    pub run_dir: String,
    /// Whether what ran in it has ended.
    pub dead: bool,
}

/// The user option that marks our sessions.
pub(super) const MARK: &str = "@ap_run_dir";

/// The user option that marks windows in which nothing runs that matters.
pub(super) const WATCH: &str = "@ap_watch";

impl Tmux {
    /// `socket` is the value of `AP_TMUX_SOCKET`, `inside` whether `TMUX` is set.
    pub fn new(socket: Option<String>, inside: bool) -> Self {
        Self {
            socket: socket.filter(|socket| !socket.is_empty()),
            inside,
        }
    }

    /// Returns the command that shows the tmux session of that name.
    pub fn attach_line(&self, name: &str) -> String {
        format!("{} attach -t {name}", self.call())
    }

    /// Returns the command that closes the tmux session of that name, and no other.
    pub fn close_line(&self, name: &str) -> String {
        let target = shell_quote(&format!("={name}"));
        format!("{} kill-session -t {target}", self.call())
    }

    /// Returns how tmux is called for this server.
    fn call(&self) -> String {
        match &self.socket {
            Some(path) if path.contains('/') => format!("tmux -S {}", shell_quote(path)),
            Some(name) => format!("tmux -L {}", shell_quote(name)),
            None => "tmux".to_owned(),
        }
    }

    /// Returns the tmux session with this mark: the one that shows the runner with this run directory.
    pub fn find(&self, run_dir: &Utf8Path) -> Result<Option<Found>> {
        let ours = |found: &Found| found.run_dir == run_dir;
        Ok(self.list()?.into_iter().find(ours))
    }

    /// Returns all sessions named like ours. A server that is not running has none.
    pub fn list(&self) -> Result<Vec<Found>> {
        let format = format!("#{{session_name}}\t#{{||:#{{pane_dead}},#{{{WATCH}}}}}\t#{{{MARK}}}");
        let output = run(self.command().args(["list-panes", "-a", "-F", &format]))?;
        if !output.status.success() && has_no_server(&output.stderr) {
            return Ok(Vec::new());
        }
        let output = check(output)?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let found = |line: &str| {
            let mut fields = line.splitn(3, '\t');
            let (name, dead, run_dir) = (fields.next()?, fields.next()?, fields.next()?);
            name.starts_with("pipeline-").then(|| Found {
                name: name.to_owned(),
                dead: dead == "1",
                run_dir: run_dir.to_owned(),
            })
        };
        let mut sessions: Vec<Found> = Vec::new();
        for pane in text.lines().filter_map(found) {
            match sessions
                .iter_mut()
                .find(|session| session.name == pane.name)
            {
                // A window that was split is dead when all its panes are.
                Some(session) => session.dead &= pane.dead,
                None => sessions.push(pane),
            }
        }
        Ok(sessions)
    }

    /// Ends a session of ours, and whatever runs in it.
    pub fn close(&self, found: &Found) -> Result<()> {
        if found.run_dir.is_empty() {
            return Err(Error::failed(format!(
                "tmux session `{}` was not started by ap",
                found.name
            ))
            .hint("it is left alone"));
        }
        let closed = check(run(self.command().args([
            "kill-session",
            "-t",
            &format!("={}", found.name),
        ]))?)
        .map(drop);
        // It may have closed by itself since it was found.
        let still_there = |left: &Found| left.name == found.name && left.run_dir == found.run_dir;
        if closed.is_err() && !self.list()?.iter().any(still_there) {
            Ok(())
        } else {
            closed
        }
    }

    /// Shows the tmux session of that name in this terminal. Returns only if that fails, or inside tmux, where the
    /// client switches.
    pub fn attach(&self, name: &str) -> Result<()> {
        let target = format!("={name}");
        if self.inside && self.socket.is_none() {
            return check(run(self.command().args(["switch-client", "-t", &target]))?).map(drop);
        }
        // tmux refuses to nest unless TMUX is unset.
        let error = self
            .command()
            .env_remove("TMUX")
            .args(["attach-session", "-t", &target])
            .exec();
        Err(missing(&error))
    }

    /// Returns what `tmux -V` prints.
    pub fn version(&self) -> Result<String> {
        let output = check(run(Command::new("tmux").arg("-V").stdin(Stdio::null()))?)?;
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// Returns the process id of the server, if one runs.
    pub fn server(&self) -> Option<i32> {
        let output = run(self.command().args(["display-message", "-p", "#{pid}"])).ok()?;
        String::from_utf8_lossy(&output.stdout).trim().parse().ok()
    }

    /// Returns the arguments that name the server.
    pub fn server_args(&self) -> Vec<&str> {
        match &self.socket {
            Some(path) if path.contains('/') => vec!["-S", path],
            Some(name) => vec!["-L", name],
            None => Vec::new(),
        }
    }

    /// Returns the key that precedes tmux's own keys in this server: `Ctrl-b`.
    pub fn prefix(&self) -> Option<String> {
        let output = run(self.command().args(["display-message", "-p", "#{prefix}"])).ok()?;
        let key = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        (output.status.success() && !key.is_empty()).then(|| key.replacen("C-", "Ctrl-", 1))
    }

    pub(super) fn command(&self) -> Command {
        let mut command = Command::new("tmux");
        // Whatever the locale says: without `-u` tmux prints `_` for every letter that is not ASCII.
        // A server we start keeps our environment, and would be taken for a part of the agent that called us.
        command
            .arg("-u")
            .args(self.server_args())
            .env_remove(env_tag::RUN)
            .env_remove(env_tag::ATTEMPT);
        for name in caller_env::GIT {
            command.env_remove(name);
        }
        command
    }
}

pub(super) fn was_going(stderr: &[u8]) -> bool {
    let text = String::from_utf8_lossy(stderr);
    ["server exited", "lost server"]
        .iter()
        .any(|words| text.contains(words))
}

/// Whether tmux refused a name that it knows already.
pub(super) fn is_duplicate(stderr: &[u8]) -> bool {
    String::from_utf8_lossy(stderr).contains("duplicate session")
}

/// Whether tmux reports that no server runs, rather than that it cannot reach one.
fn has_no_server(stderr: &[u8]) -> bool {
    let text = String::from_utf8_lossy(stderr);
    let none = [
        "no server running",
        "No such file or directory",
        "Connection refused",
        // It has no session left and is about to go.
        "no current target",
    ];
    none.iter().any(|words| text.contains(words)) || was_going(stderr)
}

pub(super) fn run(command: &mut Command) -> Result<Output> {
    tracing::debug!(args = ?command.get_args().collect::<Vec<_>>(), "tmux");
    command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| missing(&error))
}

pub(super) fn check(output: Output) -> Result<Output> {
    if output.status.success() {
        return Ok(output);
    }
    Err(Error::new(
        ErrorKind::Program,
        format!("tmux: {}", String::from_utf8_lossy(&output.stderr).trim()),
    ))
}

fn missing(error: &std::io::Error) -> Error {
    if error.kind() != std::io::ErrorKind::NotFound {
        return Error::new(ErrorKind::Program, format!("cannot run tmux: {error}"));
    }
    Error::new(ErrorKind::ProgramMissing, "tmux is not installed")
        .hint("install it (`apt install tmux`, `dnf install tmux`, `brew install tmux`), or run in this terminal with `--foreground`")
}
