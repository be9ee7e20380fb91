//! The real `claude` program in an environment of its own: no account, no home, nothing but the mock to talk to.
use crate::messages_api::MockApi;
use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::Once;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The version the tests are written for; behaviour differs between versions.
const VERSION: &str = "2.1.329";
/// A run that takes longer than this hangs.
const LIMIT: Duration = Duration::from_secs(30);

/// Finds the program, or fails the test with the way to get it; `None` only where the tests were told to do without.
#[expect(clippy::print_stderr, reason = "a skipped test must be seen")]
pub(crate) fn claude() -> Option<Utf8PathBuf> {
    static SKIPPED: Once = Once::new();
    let found = candidates().into_iter().find(|path| path.is_file());
    if found.is_none() && std::env::var("AP_TESTS_WITHOUT_CLAUDE").is_ok_and(|value| value == "1") {
        SKIPPED.call_once(|| {
            eprintln!("skipped: there is no claude {VERSION} and AP_TESTS_WITHOUT_CLAUDE=1");
        });
        return None;
    }
    assert!(
        found.is_some(),
        "this test needs claude {VERSION}: run `./run.sh test`, which installs it, or set CLAUDE_BIN to the program, or AP_TESTS_WITHOUT_CLAUDE=1 to do without"
    );
    found
}

fn candidates() -> Vec<Utf8PathBuf> {
    let named = std::env::var("CLAUDE_BIN").ok().map(Utf8PathBuf::from);
    let cache = std::env::var("XDG_CACHE_HOME").ok().map(Utf8PathBuf::from);
    let home = std::env::var("HOME")
        .ok()
        .map(|home| Utf8PathBuf::from(home).join(".cache"));
    let installed = |cache: Utf8PathBuf| {
        cache.join(format!(
            "agent-pipelines/claude-code-{VERSION}/node_modules/.bin/claude"
        ))
    };
    // A program that was named and is missing is a mistake, not a reason to take another.
    if named.is_some() {
        named.into_iter().collect()
    } else {
        cache.or(home).map(installed).into_iter().collect()
    }
}

/// Who the program believes pays. All are dummies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Account {
    ApiKey,
    Subscription,
    NotLoggedIn,
}

/// A private home, a private working directory and the environment to run `claude`, or `ap` with `claude`, in them.
pub(crate) struct ClaudeEnv {
    root: TempDir,
    vars: BTreeMap<String, String>,
}

impl ClaudeEnv {
    pub(crate) fn new(api: &MockApi) -> Self {
        let root = tempfile::Builder::new()
            .prefix("claude env ")
            .tempdir()
            .expect("a temporary folder");
        let mut environment = Self {
            root,
            vars: BTreeMap::new(),
        };
        for folder in ["", "config", "tmp", "cache", "data", "state", "claude"] {
            fs_err::create_dir_all(environment.home().join(folder))
                .expect("a folder in a temporary folder");
        }
        fs_err::create_dir_all(environment.work()).expect("a folder in a temporary folder");
        environment.fill(api);
        environment.account(Account::ApiKey)
    }

    fn fill(&mut self, api: &MockApi) {
        let home = self.home();
        let folders = [
            ("HOME", ""),
            ("CLAUDE_CONFIG_DIR", "claude"),
            ("TMPDIR", "tmp"),
            ("XDG_CONFIG_HOME", "config"),
            ("XDG_CACHE_HOME", "cache"),
            ("XDG_DATA_HOME", "data"),
            ("XDG_STATE_HOME", "state"),
        ];
        self.vars.extend(
            folders.map(|(name, folder)| (name.to_owned(), home.join(folder).into_string())),
        );
        let settings = [
            ("IS_SANDBOX", "1"),
            ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1"),
            ("DISABLE_TELEMETRY", "1"),
            ("DISABLE_ERROR_REPORTING", "1"),
            ("DISABLE_AUTOUPDATER", "1"),
            // Ten retries, the default, take three minutes.
            ("CLAUDE_CODE_MAX_RETRIES", "1"),
            ("API_TIMEOUT_MS", "5000"),
            ("CLAUDE_BYTE_STREAM_IDLE_TIMEOUT_MS", "10000"),
            ("CLAUDE_CODE_DISABLE_BACKGROUND_TASKS", "1"),
            ("LANG", "C.UTF-8"),
            ("TERM", "dumb"),
            ("SHELL", "/bin/bash"),
            ("GIT_AUTHOR_NAME", "Agent"),
            ("GIT_AUTHOR_EMAIL", "agent@example.invalid"),
            ("GIT_COMMITTER_NAME", "Agent"),
            ("GIT_COMMITTER_EMAIL", "agent@example.invalid"),
            ("GIT_CONFIG_NOSYSTEM", "1"),
        ];
        self.vars
            .extend(settings.map(|(name, value)| (name.to_owned(), value.to_owned())));
        self.vars.insert("ANTHROPIC_BASE_URL".to_owned(), api.url());
        self.vars.insert("PATH".to_owned(), search_path());
    }

    /// Chooses who pays.
    pub(crate) fn account(mut self, account: Account) -> Self {
        self.vars.remove("ANTHROPIC_API_KEY");
        self.vars.remove("CLAUDE_CODE_OAUTH_TOKEN");
        match account {
            Account::ApiKey => self.var("ANTHROPIC_API_KEY", "sk-ant-dummy-tests-0000"),
            Account::Subscription => {
                self.var("CLAUDE_CODE_OAUTH_TOKEN", "sk-ant-oat01-dummy-tests-0000")
            }
            Account::NotLoggedIn => self,
        }
    }

    pub(crate) fn var(mut self, name: &str, value: impl Into<String>) -> Self {
        self.vars.insert(name.to_owned(), value.into());
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.vars.remove(name);
        self
    }

    pub(crate) fn home(&self) -> Utf8PathBuf {
        self.path("home")
    }

    /// Where the agent works; its path has a space in it.
    pub(crate) fn work(&self) -> Utf8PathBuf {
        self.path("work")
    }

    fn path(&self, name: &str) -> Utf8PathBuf {
        Utf8Path::from_path(self.root.path())
            .expect("temporary folders have UTF-8 names")
            .join(name)
    }

    /// Any program in this environment and nothing of ours.
    pub(crate) fn command(&self, program: impl AsRef<Utf8Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        command
            .env_clear()
            .envs(&self.vars)
            .current_dir(self.work());
        command
    }

    /// Runs `claude -p` on a prompt to its end, as `ap` does.
    pub(crate) fn run(&self, claude: &Utf8Path, prompt: &str, arguments: &[&str]) -> Run {
        let started = Instant::now();
        let mut command = self.command(claude);
        command
            .args([
                "-p",
                "--output-format",
                "stream-json",
                "--verbose",
                "--model",
                "sonnet",
            ])
            .args(arguments);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("claude starts");
        let mut input = child.stdin.take().expect("stdin is a pipe");
        // A program that ends before it reads its prompt says why in its own words.
        let _ = input.write_all(prompt.as_bytes());
        drop(input);
        let lines = lines(&mut child);
        let stderr = rest(&mut child);
        let events = collect(&lines, &mut child);
        let code = child.wait().expect("our child can be waited for").code();
        Run {
            code,
            events,
            stderr: stderr.join().expect("reading does not panic"),
            elapsed: started.elapsed(),
        }
    }
}

/// The tests' own search path, with the real program before any other of its name.
fn search_path() -> String {
    let path = std::env::var("PATH").unwrap_or_default();
    let folder = claude().and_then(|claude| claude.parent().map(Utf8Path::to_owned));
    folder.map_or(path.clone(), |folder| format!("{folder}:{path}"))
}

fn lines(child: &mut Child) -> Receiver<String> {
    let (sender, receiver) = channel();
    let stdout = BufReader::new(child.stdout.take().expect("stdout is a pipe"));
    thread::spawn(move || {
        stdout
            .lines()
            .map_while(Result::ok)
            .try_for_each(|line| sender.send(line))
    });
    receiver
}

fn rest(child: &mut Child) -> thread::JoinHandle<String> {
    let mut stderr = child.stderr.take().expect("stderr is a pipe");
    thread::spawn(move || {
        let mut text = String::new();
        // What was read before an error is still worth showing.
        let _ = stderr.read_to_string(&mut text);
        text
    })
}

fn collect(lines: &Receiver<String>, child: &mut Child) -> Vec<Value> {
    let end = Instant::now() + LIMIT;
    let mut events = Vec::new();
    loop {
        match lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
            Ok(line) => events.push(serde_json::from_str(&line).unwrap_or(Value::String(line))),
            Err(RecvTimeoutError::Disconnected) => return events,
            Err(RecvTimeoutError::Timeout) => {
                child.kill().expect("our child can be killed");
                panic!("claude did not end within {LIMIT:?}; it said {events:#?}");
            }
        }
    }
}

/// How a run of the program ended and what it said.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) events: Vec<Value>,
    pub(crate) stderr: String,
    pub(crate) elapsed: Duration,
}

impl Run {
    /// The last result: a run may print several.
    pub(crate) fn result(&self) -> &Value {
        self.events
            .iter()
            .rfind(|event| event["type"] == "result")
            .unwrap_or_else(|| panic!("there is no result in {self:#?}"))
    }

    /// The events of a kind, such as `system/api_retry` or `rate_limit_event`.
    pub(crate) fn events(&self, kind: &str) -> Vec<&Value> {
        let (kind, subtype) = kind
            .split_once('/')
            .map_or((kind, None), |(kind, subtype)| (kind, Some(subtype)));
        let fits = |event: &&Value| {
            event["type"] == kind && subtype.is_none_or(|subtype| event["subtype"] == subtype)
        };
        self.events.iter().filter(fits).collect()
    }

    /// The names of the tools that were refused.
    pub(crate) fn denied(&self) -> Vec<&str> {
        let denials = self.result()["permission_denials"]
            .as_array()
            .into_iter()
            .flatten();
        denials
            .filter_map(|denial| denial["tool_name"].as_str())
            .collect()
    }
}
