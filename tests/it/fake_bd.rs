//! The stand-in for `bd` behaves like the real program, and fails where a test makes it fail.
mod faults;
mod replay;
mod states;

use crate::project::Ran;
use agent_pipelines::model::Env;
use agent_pipelines::store::atomic;
use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Value, json};
use std::process::{Command, Stdio};
use std::sync::Barrier;
use tempfile::TempDir;

/// The versions with a profile of their own.
const VERSIONS: &[&str] = &[
    "0.24.4",
    "0.29.0",
    "0.46.0",
    "0.47.0",
    "0.47.0-nodaemon",
    "0.49.5",
    "1.0.5",
    "1.3.0",
    "2.0.0",
];

/// A git repository in which the stand-in is some version of `bd`.
pub(crate) struct Bd {
    _folder: TempDir,
    pub(crate) root: Utf8PathBuf,
    program: String,
    vars: Vec<(String, String)>,
}

impl Bd {
    /// Makes a repository without a database.
    pub(crate) fn new(version: &str) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("bd tests ")
            .tempdir()
            .expect("a temporary folder");
        let top = Utf8PathBuf::from_path_buf(folder.path().canonicalize().expect("it is there"))
            .expect("a UTF-8 path");
        let root = top.join("repo");
        git(&top, &["init", "-q", "repo"]);
        let vars = vec![("FAKE_BD_VERSION".to_owned(), version.to_owned())];
        Self {
            _folder: folder,
            root,
            program: env!("CARGO_BIN_EXE_fake-bd").into(),
            vars,
        }
    }

    /// Makes a repository with an empty database.
    pub(crate) fn with_database(version: &str) -> Self {
        let bd = Self::new(version);
        bd.run(&["init", "--prefix", "demo", "--quiet"]).expect(0);
        bd
    }

    /// Makes a repository with an empty database of the real `bd` that `BD_BIN` names, which finds a home of its own.
    pub(crate) fn real() -> Self {
        let mut bd = Self::new("");
        let home = bd.root.join("../home");
        fs_err::create_dir(&home).expect("a home");
        bd.program = std::env::var("BD_BIN").expect("BD_BIN is set");
        bd.vars.clear();
        bd.set("HOME", home)
            .set("PATH", std::env::var("PATH").unwrap_or_default())
            .set("BEADS_NO_DAEMON", "1");
        bd.run(&["init", "--prefix", "demo", "--quiet"]).expect(0);
        bd
    }

    pub(crate) fn program(&self) -> String {
        self.program.clone()
    }

    /// Returns the environment its calls have.
    pub(crate) fn env(&self) -> Env {
        let mut env = Env::default();
        env.extend(self.vars.iter().cloned());
        env
    }

    pub(crate) fn set(&mut self, name: &str, value: impl Into<String>) -> &mut Self {
        self.vars.push((name.into(), value.into()));
        self
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(args)
            .current_dir(&self.root)
            .env_clear()
            .stdin(Stdio::null());
        command.envs(self.vars.iter().map(|(name, value)| (name, value)));
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        self.command(args).output().expect("fake-bd runs").into()
    }

    /// Runs a command that answers JSON, and takes it out of its envelope.
    #[track_caller]
    pub(crate) fn json(&self, args: &[&str]) -> Value {
        let ran = self.run(&[args, &["--json"]].concat()).expect(0);
        let mut answer: Value = serde_json::from_str(&ran.stdout)
            .unwrap_or_else(|error| panic!("{args:?}: {error}: {}", ran.text()));
        if answer.get("data").is_some() {
            answer["data"].take()
        } else {
            answer
        }
    }

    /// Creates an issue and returns its id.
    #[track_caller]
    pub(crate) fn create(&self, title: &str, flags: &[&str]) -> String {
        let answer = self.json(&[&["create", title, "-d", "x"], flags].concat());
        answer["id"].as_str().expect("an id").to_owned()
    }

    /// Writes the database itself, which is much faster than creating many issues.
    pub(crate) fn fill(&self, issues: &[Value]) {
        let state = json!({ "prefix": "demo", "issues": issues });
        atomic::replace(
            &self.root.join(".beads/fake-bd.json"),
            state.to_string().as_bytes(),
        )
        .expect("a database");
    }

    /// Runs a command of each actor at the same time.
    fn at_once(&self, actors: usize, args: &[&str]) -> Vec<Ran> {
        let barrier = Barrier::new(actors);
        let run = |actor: usize| {
            let mut command =
                self.command(&[args, &["--actor", &format!("agent-{actor}")]].concat());
            barrier.wait();
            Ran::from(command.output().expect("fake-bd runs"))
        };
        std::thread::scope(|scope| {
            let started: Vec<_> = (0..actors)
                .map(|actor| scope.spawn(move || run(actor)))
                .collect();
            started
                .into_iter()
                .map(|run| run.join().expect("it ends"))
                .collect()
        })
    }
}

pub(crate) fn git(folder: &Utf8Path, args: &[&str]) {
    let identity = ["-c", "user.name=Tess", "-c", "user.email=tess@example.com"];
    let done = Command::new("git")
        .args(identity)
        .args(args)
        .current_dir(folder)
        .output()
        .expect("git runs");
    assert!(
        done.status.success(),
        "git {args:?}: {}",
        String::from_utf8_lossy(&done.stderr)
    );
}

fn won(runs: &[Ran]) -> usize {
    runs.iter()
        .filter(|ran| ran.code == 0 && ran.stdout.contains("in_progress"))
        .count()
}

#[test]
fn a_racing_claim_is_won_twice() {
    let mut bd = Bd::with_database("0.47.0");
    let id = bd.create("a", &[]);
    bd.set("FAKE_BD_CLAIM_GAP_MS", "1000");
    assert_eq!(
        won(&bd.at_once(2, &["update", &id, "--claim", "--json"])),
        2
    );
}

#[test]
fn an_atomic_claim_is_won_once() {
    for version in ["0.49.5", "1.0.5", "1.3.0", "2.0.0"] {
        let mut bd = Bd::with_database(version);
        let id = bd.create("a", &[]);
        bd.set("FAKE_BD_CLAIM_GAP_MS", "1000");
        assert_eq!(
            won(&bd.at_once(8, &["update", &id, "--claim", "--json"])),
            1,
            "{version}"
        );
    }
}

#[test]
fn many_issues_and_many_callers_lose_nothing() {
    let bd = Bd::with_database("1.3.0");
    let issue = |n: usize| json!({ "id": format!("demo-{n:05}"), "title": format!("Issue {n}"), "labels": ["pipeline/s"] });
    bd.fill(&(0..10_000).map(issue).collect::<Vec<_>>());
    let all = bd.json(&["list", "--label", "pipeline/s", "--all", "--limit", "0"]);
    assert_eq!(all.as_array().map(Vec::len), Some(10_000));
    for _ in 0..2 {
        let runs = bd.at_once(
            8,
            &[
                "create",
                "one more",
                "-l",
                "pipeline/s",
                "-d",
                "x",
                "--silent",
            ],
        );
        assert!(runs.iter().all(|ran| ran.code == 0));
        assert_eq!(
            won(&bd.at_once(8, &["ready", "--claim", "--label", "pipeline/s", "--json"])),
            8
        );
    }
    assert_eq!(
        bd.json(&["count", "--label", "pipeline/s"])["count"],
        10_016
    );
    let claimed = bd.json(&["list", "--status", "in_progress"]);
    assert_eq!(claimed.as_array().map(Vec::len), Some(16));
}

#[test]
fn a_worktree_uses_the_database_of_its_repository() {
    let mut bd = Bd::with_database("0.49.5");
    bd.create("a", &[]);
    git(&bd.root, &["commit", "-q", "--allow-empty", "-m", "first"]);
    git(&bd.root, &["worktree", "add", "-q", "../tree"]);
    let main = std::mem::replace(&mut bd.root, Utf8PathBuf::new());
    bd.root = main.join("../tree");
    assert_eq!(bd.json(&["count"])["count"], 1);
    bd.set("BEADS_DIR", main.join("none").as_str());
    let ran = bd.run(&["count", "--json"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
}

#[test]
fn a_lease_is_kept_by_its_holder_only() {
    let bd = Bd::with_database("1.3.0");
    let id = bd.create("a", &[]);
    let claimed = bd.json(&["update", &id, "--claim", "--actor", "one"]);
    assert!(
        claimed[0]["lease_expires_at"].is_string() && claimed[0]["heartbeat_at"].is_string(),
        "{claimed}"
    );
    bd.run(&["heartbeat", &id, "--actor", "one"]).expect(0);
    bd.run(&["hb", &id, "--actor", "two"]).expect(1);
    bd.run(&["lease", "disarm"]).expect(0);
    bd.run(&["hb", &id, "--actor", "one"]).expect(1);
    assert!(bd.json(&["show", &id])[0]["lease_expires_at"].is_null());
}

#[test]
fn differences_between_versions_match_the_recordings() {
    let bd = Bd::with_database("1.0.5");
    let epic = bd.create("epic", &["-t", "epic", "-l", "pipeline/s"]);
    let child = bd.create("child", &["--parent", &epic]);
    assert_eq!(
        bd.json(&["show", &child])[0]["labels"],
        json!(["pipeline/s"])
    );
    bd.run(&["close", &epic]).expect(1);
    bd.run(&["update", &child, "--status", "review"]).expect(1);
    bd.run(&[
        "config",
        "set",
        "status.custom",
        "review:active,shipped:done",
    ])
    .expect(0);
    assert_eq!(
        bd.json(&["config", "get", "status.custom"])["value"],
        "review:active,shipped:done"
    );
    assert_eq!(
        bd.json(&["update", &child, "--status", "review"])[0]["status"],
        "review"
    );
    let lost = bd.run(&["update", &child, "--claim", "--actor", "one", "--json"]);
    assert_eq!(
        (lost.code, lost.stdout.as_str()),
        (1, ""),
        "its status is not open"
    );
    assert_eq!(
        bd.json(&["list", "--status", "open,review"])
            .as_array()
            .map(Vec::len),
        Some(2)
    );
    assert_eq!(bd.json(&["count"])["schema_version"], 1);
    assert_eq!(
        bd.run(&["--no-daemon", "list"])
            .expect(1)
            .stderr
            .lines()
            .next(),
        Some("Error: unknown flag: --no-daemon")
    );
    bd.run(&["close", &child]).expect(0);
    bd.run(&["close", &epic]).expect(0);
}

#[test]
fn the_envelope_is_the_default_in_2_0_and_optional_before() {
    let bd = Bd::with_database("2.0.0");
    assert_eq!(
        bd.run(&["ready", "--json"]).stdout,
        "{\n  \"schema_version\": 1,\n  \"data\": []\n}\n"
    );
    let mut bd = Bd::with_database("1.3.0");
    assert_eq!(bd.run(&["ready", "--json"]).stdout, "[]\n");
    bd.set("BD_JSON_ENVELOPE", "1");
    assert_eq!(
        bd.run(&["ready", "--json"]).stdout,
        "{\n  \"schema_version\": 1,\n  \"data\": []\n}\n"
    );
}

#[test]
fn claims_of_free_closed_issues_match_the_recordings() {
    let claim = |version: &str| {
        let bd = Bd::with_database(version);
        let id = bd.create("a", &[]);
        bd.run(&["close", &id]).expect(0);
        let ran = bd.run(&["update", &id, "--claim", "--json"]);
        (
            ran.code,
            ran.stdout.is_empty(),
            bd.json(&["show", &id])[0]["status"]
                .as_str()
                .map(str::to_owned),
        )
    };
    assert_eq!(claim("0.47.0"), (0, false, Some("in_progress".into())));
    assert_eq!(claim("0.49.5"), (0, true, Some("closed".into())));
    assert_eq!(claim("1.0.5"), (1, true, Some("closed".into())));
}

#[test]
fn a_version_without_a_profile_says_its_own_name() {
    let bd = Bd::with_database("1.7.2");
    assert_eq!(bd.run(&["version"]).stdout, "bd version 1.7.2 (dev)\n");
    let id = bd.create("a", &[]);
    assert!(bd.json(&["update", &id, "--claim"])[0]["lease_expires_at"].is_string());
}
