//! Faults of the disk, of files and of arguments give a clear error and the right exit code, and lose nothing.
use crate::project::Project;
use nix::sys::signal::Signal;
use std::process::Command;

const ONE: &str = "termination: { type: fixed, max: 1 }\n";
const FOREGROUND: [&str; 3] = ["work", "s", "--foreground"];
const RESUME: [&str; 4] = ["work", "s", "--foreground", "--resume"];
const DONE: &str = r#"echo '{"decision": "continue"}' >"$status""#;

/// Runs one iteration whose agent leaves this status and returns the reason it did not count as one.
#[track_caller]
fn unreported(script: &str) -> String {
    let project = Project::new();
    project.shell_loop("work", ONE, script);
    let ran = project.ap(&FOREGROUND);
    assert!([0, 1].contains(&ran.code), "{}", ran.text());
    let outcome = &project.events("s", "agent_exited")[0]["outcome"];
    assert_eq!(outcome["kind"], "unreported", "{outcome}");
    assert_eq!(project.status("s")["history"][0]["decision"], "error");
    outcome["reason"].as_str().expect("a reason").to_owned()
}

#[test]
fn a_status_that_is_none_is_an_error_with_its_reason() {
    assert!(unreported("true").contains("wrote no status.json"));
    assert!(unreported(r#"head -c 50000000 /dev/zero >"$status""#).contains("50000000 bytes"));
    assert!(unreported(r#"echo '[1, 2]' >"$status""#).contains("must be an object"));
    assert!(
        unreported(r#"echo '{"decision": 5}' >"$status""#).contains("`decision` must be a string")
    );
    assert!(unreported(r#"echo '{"decision": "maybe"}' >"$status""#).contains("maybe"));
    assert!(unreported(r#"printf '{"decision":' >"$status""#).contains("not JSON"));
    assert!(unreported(r#"printf '\377\376' >"$status""#).contains("not UTF-8"));
    assert!(unreported(r#"mkdir "$status""#).contains("not a file"));
    assert!(unreported(r#"mkfifo "$status""#).contains("not a file"));
}

#[test]
fn a_status_of_an_earlier_attempt_is_not_believed() {
    let project = Project::new();
    project.shell_loop(
        "work",
        ONE,
        &format!("[ $attempt = 1 ] || exit 0\n{DONE}\nexit 1"),
    );
    project.ap(&FOREGROUND);
    let exits = project.events("s", "agent_exited");
    let kinds: Vec<_> = exits
        .iter()
        .map(|event| event["outcome"]["kind"].as_str().unwrap_or_default())
        .collect();
    assert_eq!(kinds, ["crashed", "unreported"]);
    let kept = project.run_file("s", "stage-00-work/iterations/001/attempts/1/status.json");
    assert!(
        project.read(&kept).contains("continue"),
        "the first attempt's status is kept"
    );
}

#[test]
fn names_that_could_escape_are_refused() {
    let project = Project::new();
    project.shell_loop("work", ONE, DONE);
    for name in [
        "../x",
        "..",
        "a/b",
        "a b",
        "a:b",
        "a.b",
        "$(touch x)",
        "",
        "ünï",
        "a\nb",
        &"x".repeat(65),
    ] {
        project.ap(&["work", name, "--foreground"]).expect(2);
        project.ap(&["status", name]).expect(2);
        project.ap(&["stop", name]).expect(2);
    }
    assert!(
        !project.root().join(".claude/pipeline-runs").exists(),
        "a refused start leaves nothing"
    );
    assert!(
        !project.root().join(".claude/locks").exists(),
        "a refused start leaves nothing"
    );
}

#[test]
fn a_missing_program_is_reported_before_anything_starts() {
    let project = Project::new();
    project.a_loop(
        "work",
        &format!("{ONE}provider: command\nprogram: no-such-program\n"),
        "x\n",
    );
    project
        .ap(&FOREGROUND)
        .expect(2)
        .says(&["there is no program `no-such-program` on PATH"]);
    assert!(!project.root().join(".claude/pipeline-runs/s").exists());
    project
        .ap(&["no-such-loop", "s"])
        .expect(2)
        .says(&["no-such-loop"]);
}

#[test]
fn a_damaged_journal_is_reported_and_kept() {
    let project = Project::new();
    project.shell_loop("work", ONE, DONE);
    project.ap(&FOREGROUND).expect(0);
    let path = project.run_file("s", "events.jsonl");
    let damaged = project
        .read(&path)
        .replacen("iteration_started", "iteration_s\0arted", 1);
    project.write(&path, &damaged);
    for args in [
        &FOREGROUND[..],
        &RESUME[..],
        &["status", "s"],
        &["wait", "s"],
    ] {
        project
            .ap(args)
            .expect(1)
            .says(&["events.jsonl:3", "the journal is damaged"]);
    }
    project.ap(&["list"]).expect(0).says(&["unreadable"]);
    assert_eq!(project.read(&path), damaged, "it is left as it is");
    project
        .ap(&["work", "s", "--foreground", "--force"])
        .expect(0);
    let archive = fs_err::read_dir(project.root().join(".claude/pipeline-runs/.archive"))
        .expect("an archive");
    let kept = archive
        .flatten()
        .next()
        .expect("the old run")
        .path()
        .join("events.jsonl");
    assert_eq!(fs_err::read_to_string(kept).expect("its journal"), damaged);
}

#[test]
fn the_plan_of_another_session_is_not_followed() {
    let project = Project::new();
    project.shell_loop("work", ONE, DONE);
    project.ap(&FOREGROUND).expect(0);
    for file in ["plan.json", "events.jsonl"] {
        project.write(
            &project.run_file("copy", file),
            &project.read(&project.run_file("s", file)),
        );
    }
    for args in [
        &["work", "copy", "--resume", "--foreground"][..],
        &["status", "copy"],
        &["kill", "copy"],
    ] {
        project
            .ap(args)
            .expect(1)
            .says(&["the plan of session 's', in the directory of 'copy'"]);
    }
    project
        .ap(&["work", "copy", "--foreground", "--force"])
        .expect(0);
    assert_eq!(
        (project.history("copy"), project.history("s")),
        (vec![1], vec![1])
    );
}

#[test]
fn a_journal_from_the_future_is_not_written() {
    let project = Project::new();
    project.shell_loop("work", ONE, DONE);
    project.ap(&FOREGROUND).expect(0);
    let path = project.run_file("s", "events.jsonl");
    let newer = project.read(&path).replace("{\"v\":2,", "{\"v\":9,");
    project.write(&path, &newer);
    project.ap(&RESUME).expect(1).says(&["newer version of ap"]);
    assert_eq!(project.read(&path), newer);
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let project = Project::new();
    project.shell_loop("work", ONE, DONE);
    project.write(".claude/pipeline-runs", "a file where a folder should be");
    project.ap(&FOREGROUND).expect(1).says(&["pipeline-runs"]);
    assert!(project.read(".claude/pipeline-runs").contains("a file"));
    project.nothing_left();
}

/// A file system of its own in a folder of the project, where we may mount one.
struct Disk {
    at: camino::Utf8PathBuf,
}

impl Disk {
    #[expect(clippy::print_stderr, reason = "a skipped test must be seen")]
    fn mount(at: camino::Utf8PathBuf, options: &str) -> Option<Self> {
        fs_err::create_dir_all(&at).expect("a folder");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", options, "tmpfs", at.as_str()])
            .output();
        if mounted.is_ok_and(|output| output.status.success()) {
            return Some(Self { at });
        }
        eprintln!("skipped: this test needs the right to mount a file system");
        None
    }

    fn remount(&self, options: &str) {
        let done = Command::new("mount")
            .args(["-o", &format!("remount,{options}"), self.at.as_str()])
            .status();
        assert!(done.expect("mount runs").success());
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount")
            .args(["-l", self.at.as_str()])
            .status();
    }
}

#[test]
fn a_session_waits_for_space_on_a_full_disk_or_resumes_when_it_is_free() {
    let project = Project::new();
    project.shell_loop(
        "work",
        "termination: { type: fixed, max: 30 }\nguardrails: { max_idle_iterations: 0 }\n",
        DONE,
    );
    let Some(disk) = Disk::mount(project.root().join(".claude/pipeline-runs"), "size=400k") else {
        return;
    };
    let runner = project.start(&FOREGROUND);
    let journal = project.root().join(project.run_file("s", "events.jsonl"));
    project.until("the journal", || journal.exists());
    let waits = || project.status("s")["waiting"]["reason"]["kind"] == "environment";
    // If the wait itself cannot be written, the runner ends.
    let has_ended = || project.status("s")["alive"] == false;
    project.until("the full disk", || waits() || has_ended());
    let before = project.history("s");
    assert!(!before.is_empty() && before.len() < 30, "{before:?}");
    disk.remount("size=20m");
    if waits() {
        project.ap(&["continue", "s"]).expect(0);
        assert_eq!(runner.ended(), 0);
    } else {
        assert_eq!(runner.ended(), 1);
        project.ap(&RESUME).expect(0);
    }
    assert_eq!(project.history("s"), (1..=30).collect::<Vec<u64>>());
    project.nothing_left();
    drop(disk);
}

#[test]
fn a_read_only_disk_is_reported() {
    let project = Project::new();
    project.shell_loop("work", ONE, DONE);
    let Some(disk) = Disk::mount(project.root().join(".claude/pipeline-runs"), "size=1m,ro") else {
        return;
    };
    project
        .ap(&FOREGROUND)
        .expect(1)
        .says(&["Read-only file system", "it must be writable by you"]);
    project.nothing_left();
    drop(disk);
}

#[test]
fn a_file_that_may_not_grow_is_an_error_not_a_loss() {
    let project = Project::new();
    project.shell_loop(
        "work",
        "termination: { type: fixed, max: 200 }\nguardrails: { max_idle_iterations: 0 }\n",
        DONE,
    );
    // 24 blocks of 512 bytes; without the trap the signal would end the process, as it ends others.
    let script = "trap '' XFSZ; ulimit -f 24; exec \"$0\" work s --foreground";
    let ran: crate::project::Ran = project
        .command("sh")
        .args(["-c", script, crate::project::AP])
        .output()
        .expect("sh runs")
        .into();
    ran.expect(1).says(&["File too large"]);
    let before = project.history("s").len() as u64;
    assert!(0 < before, "nothing ran before the limit");
    let resumed = project.start(&RESUME);
    project.until("it to continue", || {
        before + 2 < project.history("s").len() as u64
    });
    resumed.signal(Signal::SIGTERM);
    assert_eq!(resumed.ended(), 75);
    let history = project.history("s");
    assert!(
        history.windows(2).all(|pair| pair[1] == pair[0] + 1),
        "{history:?}"
    );
    project.nothing_left();
}
