//! A project of its own for a test: a folder whose path has a space and an umlaut, a private home, loops, and `ap` to run in it.
mod ran;
mod running;
mod session;

pub(crate) use ran::Ran;
pub(crate) use running::Running;

use agent_pipelines::clock::wait_until;
use agent_pipelines::store::atomic;
use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;
use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::time::Duration;
use tempfile::TempDir;

/// `ap`, as built for the tests.
pub(crate) const AP: &str = env!("CARGO_BIN_EXE_ap");
/// Nothing that is awaited takes longer, unless it hangs.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);

/// The interpreter itself: what is called `python3` may be a slow script that looks for it.
pub(crate) static PYTHON: LazyLock<String> = LazyLock::new(|| {
    let usual = "/usr/bin/python3";
    if Utf8Path::new(usual).is_file() {
        return usual.to_owned();
    }
    let said = Command::new("python3")
        .args(["-c", "import sys; print(sys.executable)"])
        .output()
        .expect("python3 runs");
    String::from_utf8(said.stdout)
        .expect("a path")
        .trim()
        .to_owned()
});

/// A scratch git repository. Removed when dropped, after every process of its sessions has been ended.
pub(crate) struct Project {
    folder: TempDir,
    root: Utf8PathBuf,
    vars: BTreeMap<String, String>,
}

/// Starts a process, again where the system is out of processes for the moment.
fn retried<T>(mut start: impl FnMut() -> std::io::Result<T>) -> T {
    let mut started = None;
    wait_until(LIMIT, || {
        let result = start();
        let busy = |error: &std::io::Error| error.kind() == std::io::ErrorKind::WouldBlock;
        let done = !result.as_ref().is_err_and(busy);
        started = Some(result);
        done
    });
    started.expect("it was tried").expect("ap starts")
}

impl Project {
    /// Makes an empty project.
    pub(crate) fn new() -> Self {
        Self::named("a prüfung")
    }

    /// Makes an empty project in a folder of that name.
    pub(crate) fn named(name: &str) -> Self {
        Self::named_in(std::env::temp_dir(), name)
    }

    /// The same, in a temporary folder in `place`.
    pub(crate) fn named_in(place: impl AsRef<std::path::Path>, name: &str) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("ap tests ")
            .tempdir_in(place)
            .expect("a temporary folder");
        let top = Utf8PathBuf::from_path_buf(folder.path().to_owned()).expect("a UTF-8 path");
        let root = top.join(name);
        for made in [root.join(".claude"), top.join("home"), top.join("tmp")] {
            fs_err::create_dir_all(made).expect("a folder");
        }
        let init = Command::new("git")
            .args(["init", "-q"])
            .current_dir(&root)
            .status()
            .expect("git runs");
        assert!(init.success(), "git init");
        let path = std::env::var("PATH").unwrap_or_default();
        let vars = [
            ("PATH", path.as_str()),
            ("HOME", top.join("home").as_str()),
            ("AP_HOME", top.join("ap home").as_str()),
            ("TMPDIR", top.join("tmp").as_str()),
            ("TMUX_TMPDIR", top.as_str()),
            ("AP_TMUX_SOCKET", "tests"),
            // Agents of tests note their pids, which are others in a namespace; shim/orphans.rs tries all ways.
            ("AP_CONTAIN", "groups"),
            ("LANG", "C.UTF-8"),
            ("NO_COLOR", "1"),
            ("TERM", "dumb"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self {
            folder,
            root,
            vars: vars.into(),
        }
    }

    pub(crate) fn root(&self) -> &Utf8Path {
        &self.root
    }

    /// The folder around the project, for files that must not be in it.
    pub(crate) fn outside(&self) -> Utf8PathBuf {
        Utf8PathBuf::from_path_buf(self.folder.path().to_owned()).expect("a UTF-8 path")
    }

    /// Sets an environment variable for everything that runs here.
    pub(crate) fn set(&mut self, name: &str, value: impl AsRef<str>) -> &mut Self {
        self.vars.insert(name.to_owned(), value.as_ref().to_owned());
        self
    }

    pub(crate) fn var(&self, name: &str) -> &str {
        self.vars.get(name).map_or("", String::as_str)
    }

    /// Writes a file of the project.
    pub(crate) fn write(&self, path: &str, text: &str) -> &Self {
        let path = self.root.join(path);
        fs_err::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        atomic::replace(&path, text.as_bytes()).expect("a file");
        self
    }

    /// Reads a file of the project; a missing one is empty.
    pub(crate) fn read(&self, path: &str) -> String {
        fs_err::read(self.root.join(path))
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default()
    }

    /// Writes a loop with the prompt and the lines of `loop.yaml` given.
    pub(crate) fn a_loop(&self, name: &str, yaml: &str, prompt: &str) -> &Self {
        self.write(
            &format!(".claude/loops/{name}/loop.yaml"),
            &format!("name: {name}\ndescription: a test\n{yaml}"),
        );
        self.write(&format!(".claude/loops/{name}/prompt.md"), prompt)
    }

    /// Writes a loop whose agent is a shell script. It finds the paths of its status and its iteration in `$status` and
    /// `$n`, and its attempt in `$attempt`.
    pub(crate) fn shell_loop(&self, name: &str, yaml: &str, script: &str) -> &Self {
        let agent = self.program(
            &format!("{name}.sh"),
            &format!("#!/bin/sh\nread -r n; read -r status; cat >/dev/null; attempt=${{AP_ATTEMPT##*.}}\n{script}\n"),
        );
        let yaml =
            format!("provider: command\nprogram: \"{agent}\"\ndelay: 0\nretry_delay: 0\n{yaml}");
        self.a_loop(name, &yaml, "${ITERATION}\n${STATUS}\n")
    }

    /// Writes a loop as [`Self::shell_loop`] does, whose script may print events that say what it cost.
    pub(crate) fn priced_loop(&self, name: &str, yaml: &str, script: &str) -> &Self {
        self.shell_loop(name, yaml, script);
        let loop_file = format!(".claude/loops/{name}/loop.yaml");
        let priced = self
            .read(&loop_file)
            .replace("provider: command", "provider: priced");
        let config = self.outside().join("ap home/config");
        fs_err::create_dir_all(&config).expect("a folder");
        let provider = "providers: {priced: {program: /bin/false, output: stream-json}}\n";
        agent_pipelines::store::atomic::replace(&config.join("config.yaml"), provider.as_bytes())
            .expect("a file");
        self.write(&loop_file, &priced)
    }

    /// Writes a loop whose agent follows a script for the scripted agent.
    pub(crate) fn scripted_loop(&self, name: &str, yaml: &str, script: &str) -> &Self {
        let path = format!("{name}.script.yaml");
        self.write(&path, script);
        self.a_loop(
            name,
            &format!("provider: scripted\nargs: [{path}]\ndelay: 0\nretry_delay: 0\n{yaml}"),
            "Session ${SESSION_NAME}\n",
        )
    }

    /// Writes a program outside the project and returns its path.
    pub(crate) fn program(&self, name: &str, text: &str) -> Utf8PathBuf {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.outside().join(name);
        fs_err::create_dir_all(path.parent().expect("a folder")).expect("its folder");
        atomic::replace(&path, text.as_bytes()).expect("a program");
        fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("its mode");
        path
    }

    /// Returns a command that runs in the project, in its environment and nothing else.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(&self.root)
            .env_clear()
            .envs(&self.vars)
            .stdin(Stdio::null());
        command
    }

    /// Returns `ap` with these arguments.
    pub(crate) fn ap_command(&self, args: &[&str]) -> Command {
        let mut command = self.command(AP);
        command.args(args);
        command
    }

    /// Runs `ap` to its end.
    pub(crate) fn ap(&self, args: &[&str]) -> Ran {
        retried(|| self.ap_command(args).output()).into()
    }

    /// Starts `ap` and lets it run. What it says goes nowhere.
    pub(crate) fn start(&self, args: &[&str]) -> Running {
        Running(retried(|| {
            self.ap_command(args)
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
        }))
    }

    /// Waits for something, or fails the test.
    #[track_caller]
    pub(crate) fn until(&self, what: &str, there: impl FnMut() -> bool) {
        assert!(
            wait_until(LIMIT, there),
            "waited in vain for {what}\n{}",
            self.ap(&["list"]).text()
        );
    }

    /// Returns the processes that carry the mark of a run in this project, dead runs included.
    pub(crate) fn left_over(&self) -> Vec<i32> {
        let mut runs = Vec::new();
        let folder = self.root.join(".claude/pipeline-runs");
        for at in [folder.clone(), folder.join(".archive")] {
            let entries = fs_err::read_dir(at).into_iter().flatten().flatten();
            let plans =
                entries.filter_map(|entry| fs_err::read(entry.path().join("plan.json")).ok());
            runs.extend(plans.filter_map(|text| {
                serde_json::from_slice::<Value>(&text).ok()?["run"]
                    .as_str()
                    .map(str::to_owned)
            }));
        }
        // A branch of a parallel block is a run within the run.
        let marked = |run: &String| {
            let run: agent_pipelines::model::RunId = run.parse().expect("a run id");
            agent_pipelines::exec::process::find_tagged_by("AP_RUN", |found| run.covers(found))
        };
        runs.iter()
            .flat_map(marked)
            .map(|process| process.pid)
            .collect()
    }

    /// Fails the test if a session of the project left a process or a lock.
    #[track_caller]
    pub(crate) fn nothing_left(&self) {
        self.until("the last process of the project's sessions to end", || {
            self.left_over().is_empty()
        });
        let locks = fs_err::read_dir(self.root.join(".claude/locks"))
            .into_iter()
            .flatten()
            .flatten();
        let left: Vec<_> = locks
            .map(|entry| entry.file_name())
            .filter(|name| name.to_string_lossy().ends_with(".lock"))
            .collect();
        assert!(left.is_empty(), "locks left: {left:?}");
    }

    /// Returns the names of the tmux sessions on the project's own server.
    pub(crate) fn tmux_sessions(&self) -> Vec<String> {
        self.tmux(&["list-sessions", "-F", "#{session_name}"])
            .stdout
            .lines()
            .map(str::to_owned)
            .collect()
    }

    /// Removes an environment variable for everything that runs here.
    pub(crate) fn unset(&mut self, name: &str) -> &mut Self {
        self.vars.remove(name);
        self
    }

    /// Runs tmux on the project's own server.
    pub(crate) fn tmux(&self, args: &[&str]) -> Ran {
        let output = self
            .command("tmux")
            .args(["-L", self.var("AP_TMUX_SOCKET")])
            .args(args)
            .output();
        output.expect("tmux runs").into()
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        // tmux made the folder of its socket: a server was started.
        let entries = fs_err::read_dir(self.folder.path())
            .into_iter()
            .flatten()
            .flatten();
        if entries
            .into_iter()
            .any(|entry| entry.file_name().to_string_lossy().starts_with("tmux-"))
        {
            self.tmux(&["kill-server"]);
        }
        for pid in self.left_over() {
            let _ = nix::sys::signal::kill(
                nix::unistd::Pid::from_raw(pid),
                nix::sys::signal::Signal::SIGKILL,
            );
        }
    }
}
