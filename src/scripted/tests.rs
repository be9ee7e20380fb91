//! What the player prints and leaves behind, read as a session reads it.
use super::*;
use crate::agent::{Activity, Provider, Transcript};
use camino::Utf8PathBuf;

/// A player for one attempt in a folder of its own.
struct Stage {
    folder: tempfile::TempDir,
}

impl Stage {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn path(&self, name: &str) -> Utf8PathBuf {
        Utf8PathBuf::from_path_buf(self.folder.path().join(name)).unwrap()
    }

    /// Plays and returns whether it exited with 0, the transcript and what is shown of it.
    fn play(
        &self,
        script: &str,
        iteration: u32,
        attempt: u32,
        ap: &str,
    ) -> Result<(bool, Transcript, String)> {
        let paths = serde_json::json!({"status": self.path("status.json"), "progress": self.path("progress.md"), "output": "o"});
        let context =
            serde_json::json!({"session": "s", "iteration": iteration, "paths": paths}).to_string();
        let context = ScriptContext::new(&context, "ctx".to_owned(), attempt, ap.to_owned())?;
        let mut out = Vec::new();
        let code = play_in(
            context,
            &Script::parse("test", &format!("pause_ms: 0\n{script}"))?,
            None,
            &mut out,
        )?;
        let mut transcript = Transcript::new(Provider::SCRIPTED.adapter().output_format());
        let shown: Vec<String> = transcript.push(&out).iter().map(Activity::line).collect();
        let shown = shown
            .join("\n")
            .replace(self.folder.path().to_str().unwrap(), "")
            .replace(env!("CARGO_PKG_VERSION"), "V");
        Ok((code == ExitCode::SUCCESS, transcript, shown))
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }
}

#[test]
fn a_step_of_a_script_is_performed_and_printed() {
    let stage = Stage::new();
    let note = stage.path("deep/note.md");
    let script = format!(
        "iterations:\n- say: hello ${{ITERATION}}\n  write: {{ '{note}': 'n${{ITERATION}}' }}\n  append: {{ '${{PROGRESS}}': \"line\\n\" }}\n  run: [[echo, out], ['false']]\n  cost_usd: 0.5\n  status: {{ decision: continue, summary: '${{SESSION_NAME}}' }}\n"
    );
    let (ok, transcript, shown) = stage.play(&script, 2, 1, "ap").unwrap();
    insta::assert_snapshot!(shown, @r"
    started: scripted (version V)
    text: hello 2
    Write /deep/note.md
    Edit /progress.md
    Bash echo out
    Bash false
    tool failed: no output
    Write /status.json
    finished: 6 turns, $0.50
    ");
    assert!(ok && transcript.saw_result());
    assert_eq!(
        (stage.read("deep/note.md"), stage.read("progress.md")),
        ("n2".to_owned(), "line\n".to_owned())
    );
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&stage.read("status.json")).unwrap()["summary"],
        "s"
    );
}

#[test]
fn iterations_and_attempts_have_steps_of_their_own_and_the_last_one_stays() {
    let script = "iterations:\n- exit: 3\n- attempts:\n  - exit: 4\n  - status: not json\n";
    let stage = Stage::new();
    for (iteration, attempt, ok) in [
        (1, 1, false),
        (2, 1, false),
        (2, 2, true),
        (2, 9, true),
        (7, 1, false),
    ] {
        assert_eq!(
            stage.play(script, iteration, attempt, "ap").unwrap().0,
            ok,
            "{iteration}.{attempt}"
        );
    }
    assert_eq!(stage.read("status.json"), "not json");
}

#[test]
fn each_rate_limit_message_is_recognized() {
    let stage = Stage::new();
    let (ok, transcript, _) = stage
        .play(
            "iterations: [{ rate_limit: { resets_in_s: 60 } }]",
            1,
            1,
            "ap",
        )
        .unwrap();
    assert!(
        !ok && transcript
            .rate_limit()
            .is_some_and(|limit| limit.rejected && limit.resets_at.is_some())
    );
    let (_, transcript, _) = stage
        .play("iterations: [{ rate_limit: {} }]", 1, 1, "ap")
        .unwrap();
    assert!(
        transcript
            .rate_limit()
            .is_some_and(|limit| limit.rejected && limit.resets_at.is_none())
    );
}

#[test]
fn an_empty_queue_stops_the_loop() {
    let stage = Stage::new();
    let ap = stage.path("ap");
    program(&ap, "#!/bin/sh\nexit 1\n");
    let script = "iterations: [{ claim: true, close: true, status: { decision: continue } }]";
    assert!(
        stage.play(script, 1, 1, ap.as_str()).is_err(),
        "a failing queue is not an empty one"
    );
    program(&ap, "#!/bin/sh\nexit 4\n");
    assert!(stage.play(script, 1, 1, ap.as_str()).unwrap().0);
    assert!(stage.read("status.json").contains("\"stop\""));
}

#[test]
fn the_demo_claims_and_closes_its_task() {
    let stage = Stage::new();
    let ap = stage.path("ap");
    program(
        &ap,
        "#!/bin/sh\necho \"$@\" >> \"$(dirname \"$0\")/asked\"\n[ \"$2\" = claim ] && echo '{\"id\":\"t1\",\"title\":\"Add a test\"}'\nexit 0\n",
    );
    let script = Script::parse("demo", DEMO).unwrap();
    assert!(
        script
            .step(5, 1)
            .is_some_and(|step| step.claim && step.close)
    );
    let claim = "iterations: [{ claim: true, say: '${TASK_ID} ${TASK_TITLE}', close: true, status: { decision: continue } }]";
    let (ok, transcript, _) = stage.play(claim, 1, 1, ap.as_str()).unwrap();
    assert!(ok);
    assert_eq!(transcript.final_text(), Some("t1 Add a test"));
    assert_eq!(
        stage.read("asked"),
        "queue claim --session s --json\nqueue close t1 --session s\n"
    );
}

#[test]
fn background_processes_of_a_command_are_not_awaited() {
    let stage = Stage::new();
    let script =
        "iterations: [{ run: [sh, -c, 'sleep 5 & echo started'], status: { decision: stop } }]";
    let began = std::time::Instant::now();
    assert!(stage.play(script, 1, 1, "ap").unwrap().0);
    assert!(began.elapsed() < std::time::Duration::from_secs(4));
}

#[test]
fn mistakes_in_a_script_are_located_and_explained() {
    for (script, parts) in [
        ("iterations: [{ sya: hi }]", &["unknown field `sya`"][..]),
        ("iterations: []", &["no iterations"]),
        (
            "iterations:\n- run: git status\n",
            &[
                "script.yaml:2:8: ",
                "string \"git status\"",
                "expected a command as a list of words",
            ],
        ),
        (
            "iterations:\n- say: hi\n- run: [sleep, 5]\n",
            &[
                "script.yaml:3:16: ",
                "integer `5`",
                "expected a word (in quotes",
            ],
        ),
        (
            "iterations:\n- run: [[git, status], push]\n",
            &[
                "script.yaml:2:",
                "expected either one command or a list of commands",
            ],
        ),
        ("iterations: 3\n", &["script.yaml:1:13: ", "integer `3`"]),
    ] {
        let error = Script::parse("script.yaml", script)
            .unwrap_err()
            .to_string();
        for part in parts {
            assert!(error.contains(part), "{part:?} is not in: {error}");
        }
        assert!(!error.contains("untagged"), "{error}");
    }
}

#[test]
fn mistakes_in_a_step_fail_its_attempt() {
    let stage = Stage::new();
    for (script, message) in [
        ("iterations: [{ crash: NOPE }]", "`NOPE` is not a signal"),
        ("iterations: [{ close: true }]", "`close` needs `claim`"),
    ] {
        let error = stage.play(script, 1, 1, "ap").unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
}

/// Writes an executable file.
fn program(path: &Utf8Path, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    crate::store::atomic::replace(path, text.as_bytes()).unwrap();
    fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}
