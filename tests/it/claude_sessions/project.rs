//! A git repository with a backlog and a loop of its own, and `ap` at work in it.
use crate::claude_cli::ClaudeEnv;
use agent_pipelines::clock;
use agent_pipelines::exec::process;
use agent_pipelines::store::atomic;
use camino::{Utf8Path, Utf8PathBuf};
use nix::sys::signal::{self, Signal};
use nix::unistd::Pid;
use serde_json::Value;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A session that takes longer than this hangs.
pub(super) const LIMIT: Duration = Duration::from_secs(100);
/// The session of every test.
pub(super) const SESSION: &str = "it";

const PROMPT: &str = "\
Do one task of the backlog, iteration ${ITERATION} of session ${SESSION_NAME}.
Context: ${CTX}
Status: ${STATUS}
Progress: ${PROGRESS}
";

/// The repository and the environment of the person who works in it.
pub(super) struct Project {
    env: ClaudeEnv,
}

impl Project {
    /// Makes the repository. `settings` are further lines for the loop's definition.
    pub(super) fn new(env: ClaudeEnv, tasks: &[&str], settings: &str) -> Self {
        let project = Self { env };
        let yaml = format!(
            "name: e2e\ndescription: One task at a time\ntermination: {{ type: queue, max: 10 }}\nqueue: {{ provider: backlog }}\nmodel: sonnet\ndelay: 0\n{settings}\n"
        );
        let backlog: String = tasks.iter().map(|task| format!("- [ ] {task}\n")).collect();
        project.put(".claude/loops/e2e/loop.yaml", &yaml);
        project.put(".claude/loops/e2e/prompt.md", PROMPT);
        project.put("backlog.md", &backlog);
        project.git(&["init", "-q", "-b", "main"]);
        // The author variables of the caller do not reach agents.
        project.git(&["config", "user.name", "Agent"]);
        project.git(&["config", "user.email", "agent@example.invalid"]);
        project.git(&["add", "-A"]);
        project.git(&["commit", "-q", "-m", "The plan"]);
        project
    }

    pub(super) fn root(&self) -> Utf8PathBuf {
        self.env.work().canonicalize_utf8().expect("it exists")
    }

    pub(super) fn put(&self, path: &str, text: &str) {
        let path = self.root().join(path);
        fs_err::create_dir_all(path.parent().expect("it is inside"))
            .expect("a folder in a temporary folder");
        atomic::replace(&path, text.as_bytes()).expect("a file in a temporary folder");
    }

    pub(super) fn read(&self, path: impl AsRef<Utf8Path>) -> String {
        fs_err::read_to_string(self.root().join(path)).expect("a file the session leaves")
    }

    pub(super) fn json(&self, path: impl AsRef<Utf8Path>) -> Value {
        serde_json::from_str(&self.read(path)).expect("JSON")
    }

    pub(super) fn git(&self, arguments: &[&str]) -> String {
        let output = self
            .env
            .command("git")
            .args(arguments)
            .output()
            .expect("git runs");
        assert!(
            output.status.success(),
            "git {arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    /// The run directory, relative to the project.
    pub(super) fn run(&self, path: &str) -> Utf8PathBuf {
        Utf8PathBuf::from(format!(".claude/pipeline-runs/{SESSION}")).join(path)
    }

    /// A file of an iteration, relative to the project.
    pub(super) fn iteration(&self, number: u32, file: &str) -> Utf8PathBuf {
        self.run(&format!("stage-00-e2e/iterations/{number:03}/{file}"))
    }

    pub(super) fn state(&self) -> Value {
        self.json(self.run("state.json"))
    }

    /// Every event of a kind in the journal.
    pub(super) fn events(&self, kind: &str) -> Vec<Value> {
        let journal = self.read(self.run("events.jsonl"));
        let events = journal
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).expect("JSON")["event"].clone());
        events.filter(|event| event["type"] == kind).collect()
    }

    /// The outcome of every attempt, in order.
    pub(super) fn outcomes(&self) -> Vec<Value> {
        self.events("agent_exited")
            .into_iter()
            .map(|event| event["outcome"].clone())
            .collect()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        self.program(env!("CARGO_BIN_EXE_ap"), arguments)
    }

    /// Returns a command for a program, in the project and its environment.
    pub(super) fn program(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = self.env.command(program);
        command.args(arguments);
        command
    }

    /// Runs the project's loop in the foreground.
    pub(super) fn start(&self, arguments: &[&str]) -> Running<'_> {
        self.start_loop("e2e", arguments)
    }

    pub(super) fn start_loop(&self, name: &str, arguments: &[&str]) -> Running<'_> {
        self.start_session(name, SESSION, arguments)
    }

    /// Runs a loop in the foreground, as a session of that name.
    pub(super) fn start_session(
        &self,
        name: &str,
        session: &str,
        arguments: &[&str],
    ) -> Running<'_> {
        self.start_command(
            session,
            &[&[name, session, "10", "--foreground"], arguments].concat(),
        )
    }

    /// Runs a command that starts a session in the foreground.
    pub(super) fn start_command(&self, session: &str, arguments: &[&str]) -> Running<'_> {
        let window = self.root().join(format!("../window-{session}.txt"));
        let file = fs_err::OpenOptions::new()
            .create(true)
            .append(true)
            .open(&window)
            .expect("a file in a temporary folder");
        let both = file.into_parts().0;
        let mut command = self.command(arguments);
        command
            .stdin(Stdio::null())
            .stderr(both.try_clone().expect("a second handle"))
            .stdout(both);
        Running {
            project: self,
            child: command.spawn().expect("ap starts"),
            window,
        }
    }

    pub(super) fn tmux(&self) -> Tmux<'_> {
        Tmux { project: self }
    }

    /// Runs another command of `ap` to its end.
    pub(super) fn ap(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let output = self.command(arguments).output().expect("ap runs");
        let text = [output.stdout, output.stderr].concat();
        (
            output.status.code(),
            String::from_utf8(text).expect("UTF-8"),
        )
    }

    /// Waits for a file that a tool makes.
    pub(super) fn wait_for(&self, path: &str) {
        assert!(
            clock::wait_until(LIMIT, || self.root().join(path).exists()),
            "{path} is not made"
        );
    }

    /// The live processes of the session besides its runner: shim, agent, tools.
    pub(super) fn processes(&self) -> Vec<i32> {
        let Ok(plan) = fs_err::read(self.root().join(self.run("plan.json"))) else {
            return Vec::new();
        };
        let plan: Value = serde_json::from_slice(&plan).expect("JSON");
        let run = plan["run"].as_str().expect("a run has an id");
        let of_branch = format!("{run}_");
        let marked = process::find_tagged_by("AP_RUN", |found| {
            found == run || found.starts_with(&of_branch)
        });
        marked.into_iter().map(|process| process.pid).collect()
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        if std::thread::panicking() {
            // Whatever a failed test leaves would run on for ever.
            self.processes().into_iter().for_each(kill);
        }
    }
}

/// A tmux server of the project's own, which ends with the test.
pub(super) struct Tmux<'a> {
    project: &'a Project,
}

impl Tmux<'_> {
    /// What `AP_TMUX_SOCKET` should say, relative to where the project is worked in.
    pub(super) const SOCKET: &'static str = "./.git/tmux";

    fn run(&self, arguments: &[&str]) -> String {
        let output = self
            .project
            .env
            .command("tmux")
            .args(["-S", Self::SOCKET])
            .args(arguments)
            .output()
            .expect("tmux runs");
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    /// What a person sees in the session's window.
    pub(super) fn screen(&self) -> String {
        self.run(&["capture-pane", "-p", "-t", &format!("=pipeline-{SESSION}:")])
            .trim_end()
            .to_owned()
    }

    /// Waits until the window shows a text and returns all of it.
    pub(super) fn wait_to_show(&self, text: &str) -> String {
        let mut screen = String::new();
        let shown = clock::wait_until(LIMIT, || {
            screen = self.screen();
            screen.contains(text)
        });
        assert!(shown, "the window does not show {text:?} but\n{screen}");
        screen
    }
}

impl Drop for Tmux<'_> {
    fn drop(&mut self) {
        self.run(&["kill-server"]);
    }
}

/// `ap` in the foreground.
pub(super) struct Running<'a> {
    project: &'a Project,
    child: Child,
    window: Utf8PathBuf,
}

impl Running<'_> {
    /// Waits for the end and returns the exit code with everything the window showed.
    pub(super) fn end(mut self) -> (Option<i32>, String) {
        let mut code = None;
        let ended = clock::wait_until(LIMIT, || {
            code = self.child.try_wait().expect("our child can be asked");
            code.is_some()
        });
        let shown = self.shown();
        if !ended {
            kill(self.child.id().cast_signed());
            panic!("the session did not end within {LIMIT:?}; it showed\n{shown}");
        }
        (code.expect("it ended").code(), shown)
    }

    /// Kills the runner and nothing else.
    pub(super) fn kill(mut self) {
        kill(self.child.id().cast_signed());
        self.child.wait().expect("our child can be waited for");
    }

    /// Kills the runner and everything it started, all at once.
    pub(super) fn kill_all(mut self) {
        // The runner first: it would react to the death of the others.
        kill(self.child.id().cast_signed());
        let gone = clock::wait_until(LIMIT, || {
            let left = self.project.processes();
            left.iter().copied().for_each(kill);
            left.is_empty()
        });
        assert!(gone, "what was killed is gone");
        self.child.wait().expect("our child can be waited for");
    }

    /// Waits until the window shows a text.
    pub(super) fn wait_to_show(&self, text: &str) {
        let shown = clock::wait_until(LIMIT, || self.shown().contains(text));
        assert!(
            shown,
            "the window does not show {text:?} but\n{}",
            self.shown()
        );
    }

    fn shown(&self) -> String {
        fs_err::read_to_string(&self.window).expect("what it said is UTF-8")
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() && matches!(self.child.try_wait(), Ok(None)) {
            kill(self.child.id().cast_signed());
            // The receiver is gone.
            let _ = self.child.wait();
        }
    }
}

/// Kills one process; that it is gone already is as good.
fn kill(pid: i32) {
    let _ = signal::kill(Pid::from_raw(pid), Signal::SIGKILL);
}
