//! tmux: each session in a window of its own. Arguments never pass through a shell, and only sessions
//! we have marked are ever touched.
use crate::clock;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{SessionName, caller_env, env_tag};
use crate::text::shell_quote;
use camino::Utf8Path;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

/// A tmux server.
#[derive(Clone, Debug)]
pub struct Tmux {
    /// `AP_TMUX_SOCKET`: the name or path of a private server.
    socket: Option<String>,
    /// Whether we are inside tmux ourselves.
    inside: bool,
}

/// A tmux session of the name we would use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its tmux name: `pipeline-<session>`.
    pub name: String,
    /// Our mark: the run directory; empty if the session is not one of ours.
    pub run_dir: String,
    /// Whether what ran in it has ended.
    pub dead: bool,
}

/// The user option that marks our sessions.
const MARK: &str = "@ap_run_dir";

/// The user option that marks windows in which nothing runs that matters.
const WATCH: &str = "@ap_watch";

/// How long a server may take to go.
const GOING: Duration = Duration::from_secs(3);

impl Tmux {
    /// `socket` is the value of `AP_TMUX_SOCKET`, `inside` whether `TMUX` is set.
    pub fn new(socket: Option<String>, inside: bool) -> Self {
        Self {
            socket: socket.filter(|socket| !socket.is_empty()),
            inside,
        }
    }

    /// Returns the tmux name of a session.
    pub fn name(session: &SessionName) -> String {
        format!("pipeline-{session}")
    }

    /// Returns the command that shows a session.
    pub fn attach_line(&self, session: &SessionName) -> String {
        let server = match &self.socket {
            Some(path) if path.contains('/') => format!(" -S {}", shell_quote(path)),
            Some(name) => format!(" -L {}", shell_quote(name)),
            None => String::new(),
        };
        format!("tmux{server} attach -t {}", Self::name(session))
    }

    /// Starts a program in a new session with one window. It stays readable after its end if `keep`.
    pub fn open(
        &self,
        session: &SessionName,
        cwd: &Utf8Path,
        run_dir: &Utf8Path,
        argv: &[&str],
        keep: bool,
    ) -> Result<()> {
        let name = Self::name(session);
        let target = format!("={name}:");
        let mut command = self.command();
        // Not `-c`, in whose value tmux expands `#{…}` and runs `#(…)`: a new session begins where its client is.
        command.current_dir(cwd);
        // A size that output can be read at before a client attaches.
        command.args([
            "new-session",
            "-d",
            "-x",
            "160",
            "-y",
            "48",
            "-s",
            &name,
            "-n",
            session.as_str(),
            "--",
        ]);
        command
            .args(argv)
            .args([";", "set-option", "-t", &target, MARK, run_dir.as_str()]);
        command.args([";", "set-option", "-t", &target, "history-limit", "50000"]);
        command.args([
            ";",
            "set-option",
            "-w",
            "-t",
            &target,
            "automatic-rename",
            "off",
        ]);
        command.args([
            ";",
            "set-option",
            "-w",
            "-t",
            &target,
            "remain-on-exit",
            if keep { "on" } else { "off" },
        ]);
        let mut done = run(&mut command);
        // A server whose last session has just been closed takes a moment to go, and takes callers with it.
        clock::wait_until(GOING, || {
            let gone = done
                .as_ref()
                .is_ok_and(|output| !output.status.success() && was_going(&output.stderr));
            if gone {
                done = run(&mut command);
            }
            !gone
        });
        check(done?).map(drop)
    }

    /// Opens one more window in a session, for a program that only shows something; it closes when that ends.
    pub fn watch(
        &self,
        session: &SessionName,
        title: &str,
        cwd: &Utf8Path,
        argv: &[&str],
    ) -> Result<()> {
        let mut command = self.command();
        command.current_dir(cwd).args([
            "new-window",
            "-d",
            "-P",
            "-F",
            "#{window_id}",
            "-t",
            &format!("={}:", Self::name(session)),
        ]);
        let opened = check(run(command.args(["-n", title, "--"]).args(argv))?)?;
        let id = String::from_utf8_lossy(&opened.stdout).trim().to_owned();
        let options = [
            (WATCH, "1"),
            ("automatic-rename", "off"),
            ("remain-on-exit", "off"),
        ];
        let mut command = self.command();
        for (number, (option, value)) in options.into_iter().enumerate() {
            command
                .args(if number == 0 { &[] as &[&str] } else { &[";"] })
                .args(["set-option", "-w", "-t", &id, option, value]);
        }
        // One that has closed by itself has no options.
        run(&mut command).map(drop)
    }

    /// Returns the tmux session of that name, ours or not.
    pub fn find(&self, session: &SessionName) -> Result<Option<Found>> {
        let name = Self::name(session);
        Ok(self.list()?.into_iter().find(|found| found.name == name))
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

    /// Shows a session in this terminal. Returns only if that fails, or inside tmux, where the client switches.
    pub fn attach(&self, session: &SessionName) -> Result<()> {
        let target = format!("={}", Self::name(session));
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

    fn command(&self) -> Command {
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

fn was_going(stderr: &[u8]) -> bool {
    let text = String::from_utf8_lossy(stderr);
    ["server exited", "lost server"]
        .iter()
        .any(|words| text.contains(words))
}

/// Whether tmux reports that no server runs, rather than that it cannot reach one.
fn has_no_server(stderr: &[u8]) -> bool {
    let text = String::from_utf8_lossy(stderr);
    let none = [
        "no server running",
        "No such file or directory",
        "Connection refused",
    ];
    none.iter().any(|words| text.contains(words)) || was_going(stderr)
}

fn run(command: &mut Command) -> Result<Output> {
    tracing::debug!(args = ?command.get_args().collect::<Vec<_>>(), "tmux");
    command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| missing(&error))
}

fn check(output: Output) -> Result<Output> {
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
