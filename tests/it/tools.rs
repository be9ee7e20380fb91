//! Commands that show and clean up sessions, run in a project and a home of their own.
mod logs;

use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use serde_json::Value;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, Command, Output, Stdio};
use tempfile::TempDir;

const THREE: &str = "
iterations:
  - attempts:
      - { say: one fails, crash: KILL }
      - { say: one is done, status: { decision: continue, summary: first } }
  - { say: two is done, status: { decision: continue, summary: second } }
  - { say: three is done, status: { decision: continue, summary: third } }
";

/// A project with a loop `steps` that a scripted agent plays.
struct Scene {
    root: TempDir,
}

impl Scene {
    fn new(script: &str, max: u32) -> Self {
        let scene = Self {
            root: tempfile::Builder::new()
                .prefix("tools ")
                .tempdir()
                .expect("a temporary folder"),
        };
        for folder in ["home", "tmp", "project/.claude/loops/steps", "project/.git"] {
            fs::create_dir_all(scene.path(folder)).expect("a folder in a temporary folder");
        }
        let script_path = scene.path("script.yaml");
        write(&script_path, script);
        let definition = format!(
            "name: steps\ndescription: for tests\ntermination: {{ type: fixed, max: {max} }}\ndelay: 0\nprovider: scripted\nargs: [\"{script_path}\"]\n"
        );
        write(
            &scene.path("project/.claude/loops/steps/loop.yaml"),
            &definition,
        );
        write(
            &scene.path("project/.claude/loops/steps/prompt.md"),
            "Do it.\n",
        );
        scene
    }

    fn path(&self, below: &str) -> Utf8PathBuf {
        Utf8Path::from_path(self.root.path())
            .expect("a temporary folder is UTF-8")
            .join(below)
    }

    fn ap(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ap"));
        command
            .args(args)
            .current_dir(self.path("project"))
            .env_clear()
            .stdin(Stdio::null());
        command
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.path("home"))
            .env("TZ", "UTC");
        command
            .env("XDG_CONFIG_HOME", self.path("home/config"))
            .env("TMPDIR", self.path("tmp"));
        command.env("AP_TMUX_SOCKET", self.path("tmp/tmux.socket"));
        command
    }

    fn run(&self, args: &[&str]) -> Output {
        self.ap(args).output().expect("ap runs")
    }

    /// Returns what a command that must work says.
    fn says(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert!(
            output.status.success(),
            "{args:?}: {}",
            text(&output.stderr)
        );
        text(&output.stdout)
    }

    /// Runs the loop to its end.
    fn played(script: &str, max: u32) -> Self {
        let scene = Self::new(script, max);
        scene.says(&["steps", "s", "--foreground"]);
        scene
    }

    /// Starts the loop in the foreground and waits until its agent has spoken.
    fn playing(&self) -> Child {
        let mut runner = self
            .ap(&["steps", "s", "--foreground"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("ap runs");
        let mut said = BufReader::new(runner.stdout.take().expect("a pipe"));
        let mut line = String::new();
        while !line.contains("hello") {
            line.clear();
            assert!(
                0 < said.read_line(&mut line).expect("it speaks"),
                "the runner ended"
            );
        }
        // It continues to write, so its output must be read.
        std::thread::spawn(move || said.read_to_end(&mut Vec::new()));
        runner
    }
}

fn write(path: &Utf8Path, text: &str) {
    fs::File::create(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .expect("a file in a temporary folder");
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn parse(text: &str) -> Value {
    serde_json::from_str(text).expect("it is JSON")
}

#[test]
fn cleanup_removes_leftovers_and_keeps_running_sessions() {
    let scene = Scene::new("iterations:\n  - { say: hello, hang: true }\n", 1);
    let mut runner = scene.playing();
    let (stale, held) = (
        scene.path("project/.claude/locks/old.lock"),
        scene.path("project/.claude/locks/s.lock"),
    );
    write(&stale, "half a {");
    let rehearsal = parse(&scene.says(&["cleanup", "--dry-run", "--json"]));
    assert_eq!(
        rehearsal["found"].as_array().map(Vec::len),
        Some(1),
        "{rehearsal}"
    );
    assert_eq!(
        (
            &rehearsal["found"][0]["kind"],
            &rehearsal["found"][0]["done"]
        ),
        (&"lock".into(), &false.into())
    );
    assert!(stale.exists());
    let done = parse(&scene.says(&["cleanup", "--json"]));
    assert_eq!(
        (&done["found"][0]["session"], &done["found"][0]["done"]),
        (&"old".into(), &true.into()),
        "{done}"
    );
    assert!(!stale.exists() && held.exists());
    assert_eq!(scene.says(&["cleanup"]), "Nothing to clean up.\n");

    // Without its runner the agent still belongs to the session: a resume adopts it.
    runner.kill().expect("it lives");
    runner.wait().expect("it ends");
    let draft = scene.path("project/.claude/pipeline-runs/s/.state.json.999999999.tmp");
    write(&draft, "half a {");
    let left = scene.says(&["cleanup"]);
    assert!(
        left.contains("left alone     agent of session 's': attempt 0.1.1, pid "),
        "{left}"
    );
    assert!(
        left.contains("removed        lock of session 's'")
            && left.contains("removed        draft of session 's'"),
        "{left}"
    );
    assert!(!held.exists() && !draft.exists());
    let ended = scene.says(&["cleanup", "--orphans"]);
    assert!(
        ended.contains("ended          agent of session 's'"),
        "{ended}"
    );
    assert_eq!(scene.says(&["cleanup"]), "Nothing to clean up.\n");
}

#[test]
fn killing_ends_everything_even_when_the_journal_is_damaged() {
    let scene = Scene::new("iterations:\n  - { say: hello, hang: true }\n", 1);
    let mut runner = scene.playing();
    let run = scene.path("project/.claude/pipeline-runs/s");
    for view in ["checkpoint.json", "state.json"] {
        drop(fs::remove_file(run.join(view)));
    }
    let journal = fs::read_to_string(run.join("events.jsonl")).expect("a journal");
    write(
        &run.join("events.jsonl"),
        &journal.replacen("session_started", "session_star}ted", 1),
    );
    let killed = scene.says(&["kill", "s"]);
    assert!(killed.starts_with("Session 's' is killed ("), "{killed}");
    runner.wait().expect("it ends");
    assert!(!scene.path("project/.claude/locks/s.lock").exists());
    assert_eq!(
        scene.says(&["kill", "s"]),
        "Session 's' has no processes.\n"
    );
}

#[test]
fn an_agent_receives_the_signal_that_ends_it() {
    let scene = Scene::new("iterations: []\n", 1);
    let definition = "name: steps\ntermination: { type: fixed, max: 1 }\nprovider: command\nprogram: sh\nargs: [-c, \"trap 'touch asked; exit' INT; echo hello; while :; do :; done\"]\n";
    write(
        &scene.path("project/.claude/loops/steps/loop.yaml"),
        definition,
    );
    let mut runner = scene.playing();
    scene.says(&["stop", "s"]);
    runner.wait().expect("it ends");
    assert!(
        scene.path("project/asked").exists(),
        "it was killed without being asked"
    );
}

#[test]
fn the_doctor_prints_findings_and_advice() {
    let scene = Scene::new(THREE, 1);
    let output = scene.run(&["doctor", "--json"]);
    let report = parse(&text(&output.stdout));
    let checks = report["checks"].as_array().expect("a list");
    let names: Vec<&str> = checks
        .iter()
        .filter_map(|check| check["name"].as_str())
        .collect();
    assert_eq!(
        names,
        [
            "tmux",
            "git",
            "claude",
            "bd",
            "tmux server",
            "logout",
            "ap",
            "locks",
            "containment",
            "disk",
            "clock",
            "quota",
            "account",
            "user",
            "secrets",
            "inotify",
            "service",
            "notifications",
            "other programs"
        ],
        "{report}"
    );
    let rank = |verdict: &Value| {
        ["optional", "ok", "warning", "problem"]
            .iter()
            .position(|word| verdict == word)
            .expect("a verdict")
    };
    assert_eq!(
        checks.iter().map(|check| rank(&check["verdict"])).max(),
        Some(rank(&report["verdict"]))
    );
    assert!(
        checks
            .iter()
            .all(|check| rank(&check["verdict"]) < 2 || check["advice"].is_string()),
        "{report}"
    );
    assert_eq!(output.status.success(), report["verdict"] != "problem");
    assert!(
        scene
            .path("project/.claude")
            .read_dir_utf8()
            .expect("a folder")
            .count()
            == 1,
        "it leaves nothing behind"
    );
    let alone = scene
        .ap(&["doctor"])
        .env("PATH", "")
        .output()
        .expect("ap runs");
    assert_eq!(
        alone.status.code(),
        Some(1),
        "without tmux sessions cannot run"
    );
    assert!(
        text(&alone.stdout).contains("problem  tmux            not installed\n"),
        "{}",
        text(&alone.stdout)
    );
}

#[test]
fn each_command_has_a_manual_page() {
    let scene = Scene::new(THREE, 1);
    let main = scene.says(&["man"]);
    assert!(
        main.contains(".TH ap 1") && main.contains("ap\\-doctor(1)") && !main.contains("__"),
        "{main}"
    );
    scene.says(&["man", "--out", scene.path("pages").as_str()]);
    for page in ["ap", "ap-logs", "ap-queue-claim", "ap-loop"] {
        let page = scene.path(&format!("pages/{page}.1"));
        assert!(
            fs::read_to_string(&page).is_ok_and(|text| text.contains(".SH SYNOPSIS")),
            "{page}"
        );
    }
    assert!(!scene.path("pages/ap-help.1").exists());
}
