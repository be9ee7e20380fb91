//! Files that were changed, removed or put in the way of a running session: it notices, says so, and continues.
use crate::project::{Project, Running};
use camino::Utf8PathBuf;
use fs_err as fs;
use nix::sys::signal::Signal;

const THREE: &str = "termination: {type: fixed, iterations: 3}\n";
const ARGS: [&str; 4] = ["work", "s", "3", "--foreground"];
const RESUME: [&str; 4] = ["work", "s", "--resume", "--foreground"];

/// Reports, once the folder of the iteration is there again.
const REPORT: &str = r#"
until [ -d "$(dirname "$status")" ]; do sleep 0.02; done
echo "{\"decision\": \"continue\", \"summary\": \"did $n\"}" >"$status""#;

/// Returns a project whose agent does something in its second iteration. `$run` is the run directory.
fn project_with(second: &str) -> Project {
    let project = Project::new();
    let commit = [
        "-c",
        "user.name=a",
        "-c",
        "user.email=a@b",
        "commit",
        "-q",
        "--allow-empty",
        "-m",
        "x",
    ];
    let committed = project.command("git").args(commit).status();
    assert!(committed.expect("git runs").success());
    let find = r#"run="$(cd "$(dirname "$status")/../../.." && pwd)"; here="$(dirname "$status")""#;
    let script =
        format!("{find}\nif [ \"$n\" = 2 ] && [ \"$attempt\" = 1 ]; then\n{second}\nfi\n{REPORT}");
    project.shell_loop("work", THREE, &script);
    project
}

/// Runs the session to its right end and returns the project.
pub(crate) fn completes(second: &str) -> Project {
    let project = project_with(second);
    project.ap(&ARGS).expect(0);
    assert_eq!(project.history("s"), [1, 2, 3], "{second}");
    project.journal("s");
    project
}

/// Whether every command says that the files were touched.
fn is_shown_as_touched(project: &Project) {
    assert_ne!(project.status("s")["touched"], serde_json::Value::Null);
    project.ap(&["status", "s"]).expect(0).says(&["Touched"]);
    project.ap(&["list"]).expect(0).says(&["touched"]);
    let list = project.ap(&["list", "--json"]).expect(0).stdout;
    assert!(!list.contains("\"touched\": 0"), "{list}");
}

#[test]
fn a_changed_journal_is_put_right_and_the_session_continues() {
    for damage in [
        "echo garbage >>\"$run/events.jsonl\"",
        ": >\"$run/events.jsonl\"",
        "truncate -s -10 \"$run/events.jsonl\"",
        "sed -i 's/\"iteration\":1/\"iteration\":5/' \"$run/events.jsonl\"",
        // In place, with the same length.
        "printf 9 | dd of=\"$run/events.jsonl\" bs=1 seek=30 conv=notrunc 2>/dev/null",
        "rm \"$run/events.jsonl\"",
        "rm \"$run/events.jsonl\"; mkfifo \"$run/events.jsonl\"",
        "mv \"$run/events.jsonl\" \"$run/x\"; mkdir \"$run/events.jsonl\"",
    ] {
        let project = completes(damage);
        is_shown_as_touched(&project);
    }
}

#[test]
fn what_was_added_to_the_journal_is_kept() {
    let project = completes("echo garbage >>\"$run/events.jsonl\"");
    let repaired = project.events("s", "journal_repaired");
    assert_eq!(repaired.len(), 1);
    assert_eq!(
        (&repaired[0]["bytes"], &repaired[0]["by"]["iteration"]),
        (&8.into(), &2.into())
    );
    let found = project.run_file("s", "events.found.jsonl");
    assert_eq!(project.read(&found), "garbage\n");
}

#[test]
fn a_session_survives_what_removes_its_run_directory() {
    for removal in [
        "git clean -fdxq",
        "git stash -aq",
        "rm -rf .claude",
        "rm -rf \"$run\"",
        "mv .claude elsewhere",
    ] {
        let project = completes(removal);
        is_shown_as_touched(&project);
        let status = project
            .command("git")
            .args(["status", "--porcelain"])
            .output();
        let status = String::from_utf8_lossy(&status.expect("git runs").stdout).into_owned();
        assert!(!status.contains("pipeline-runs"), "{removal}: {status}");
        let touched = project.events("s", "files_touched");
        assert!(touched[0].to_string().contains("restored"), "{removal}");
    }
}

#[test]
fn every_agent_may_clean_the_repository() {
    let project = Project::new();
    project.shell_loop("work", THREE, &format!("git clean -fdxq\n{REPORT}"));
    project.ap(&ARGS).expect(0);
    assert_eq!(project.history("s"), [1, 2, 3]);
    assert_eq!(
        project.events("s", "iteration_started").len(),
        3,
        "none twice"
    );
}

#[test]
fn progress_survives_a_removed_run_directory() {
    let project = Project::new();
    let script = format!(
        "progress=\"$(cd \"$(dirname \"$status\")/../../..\" && pwd)/progress-s.md\"\n[ \"$n\" != 2 ] || rm -rf .claude\n{REPORT}\necho \"learned $n\" >>\"$progress\""
    );
    project.shell_loop("work", THREE, &script);
    project.ap(&ARGS).expect(0);
    let progress = project.read(&project.run_file("s", "progress-s.md"));
    assert!(
        progress.contains("learned 1\nlearned 2\nlearned 3"),
        "{progress}"
    );
}

/// Starts a session whose second agent waits, after what it does first, until `go` exists.
fn held(first: &str) -> (Project, Running, Utf8PathBuf) {
    let project = project_with(&format!(
        "echo \"$attempt\" >>\"$OUTSIDE/agents\"\n{first}\necho >>\"$OUTSIDE/waits\"\nuntil [ -e \"$OUTSIDE/go\" ]; do sleep 0.02; done"
    ));
    let agent = fs::read_to_string(project.outside().join("work.sh")).expect("the agent");
    let outside = format!("#!/bin/sh\nOUTSIDE='{}'\n", project.outside());
    project.program("work.sh", &agent.replacen("#!/bin/sh\n", &outside, 1));
    let runner = project.start(&ARGS);
    let waits = project.outside().join("waits");
    project.until("the agent", || waits.exists());
    let go = project.outside().join("go");
    (project, runner, go)
}

#[test]
fn a_second_start_finds_the_first_runner_whatever_was_deleted() {
    let (project, runner, go) = held("rm -rf .claude");
    project.a_loop(
        "work",
        &format!("provider: command\nprogram: sh\n{THREE}"),
        "x ${STATUS}",
    );
    for args in [ARGS, RESUME] {
        project.ap(&args).expect(3).says(&["already running"]);
    }
    fs::File::create(go).expect("go");
    assert_eq!(runner.ended(), 0);
    assert_eq!(project.history("s"), [1, 2, 3]);
}

#[test]
fn an_agent_is_adopted_after_its_folder_and_its_runner_are_gone() {
    let (project, runner, go) = held("rm -rf .claude");
    project.until("the journal to be back", || {
        project
            .root()
            .join(project.run_file("s", "events.jsonl"))
            .exists()
    });
    runner.signal(Signal::SIGKILL);
    runner.ended();
    fs::remove_dir_all(project.root().join(project.run_file("s", ""))).expect("removed again");
    project.a_loop(
        "work",
        &format!("provider: command\nprogram: sh\n{THREE}"),
        "x ${STATUS}",
    );
    let runner = project.start(&RESUME);
    project.until_event("s", "runner_started", 2);
    fs::File::create(go).expect("go");
    assert_eq!(runner.ended(), 0);
    assert_eq!(project.history("s"), [1, 2, 3]);
    let agents = fs::read_to_string(project.outside().join("agents")).expect("agents");
    assert_eq!(agents, "1\n", "one agent of the second iteration");
}

#[test]
fn a_living_attempt_is_adopted_after_an_earlier_one_removed_the_folder() {
    let project = Project::new();
    let outside = project.outside();
    let script = format!(
        "echo \"$n.$attempt\" >>'{outside}/agents'\ncase $attempt in 1) rm -rf \"$(dirname \"$status\")\"; exit 1;; esac\nuntil [ -e '{outside}/go' ]; do sleep 0.02; done\necho '{{\"decision\": \"continue\"}}' >\"$status\""
    );
    project.shell_loop(
        "work",
        "termination: {type: fixed, iterations: 1}\n",
        &script,
    );
    let runner = project.start(&["work", "s", "1", "--foreground"]);
    let agents = || fs::read_to_string(outside.join("agents")).unwrap_or_default();
    project.until("the second attempt", || agents().contains("1.2"));
    runner.signal(Signal::SIGKILL);
    runner.ended();
    let runner = project.start(&RESUME);
    project.until_event("s", "runner_started", 2);
    fs::File::create(outside.join("go")).expect("go");
    assert_eq!(runner.ended(), 0);
    assert_eq!(agents(), "1.1\n1.2\n", "the living agent was adopted");
}

#[test]
fn a_plan_that_was_only_formatted_can_be_resumed() {
    let project = Project::new();
    project.shell_loop("work", THREE, "exit 1");
    project.ap(&ARGS).expect(1);
    let path = project.run_file("s", "plan.json");
    let plan: serde_json::Value = serde_json::from_str(&project.read(&path)).expect("a plan");
    project.write(&path, &plan.to_string());
    project.shell_loop("work", THREE, REPORT);
    project.ap(&RESUME).expect(0);
    assert_eq!(project.history("s"), [1, 2, 3]);
}

/// Makes the lock and the journal of a session name another machine.
fn move_to_another_machine(project: &Project) {
    let lock = ".claude/locks/s.lock";
    let mut holder: serde_json::Value = serde_json::from_str(&project.read(lock)).expect("a lock");
    holder["process"]["host"] = "node-a".into();
    project.write(lock, &holder.to_string());
    let mut lines = project.journal("s");
    for line in &mut lines {
        if line["event"]["type"] == "runner_started" {
            line["event"]["runner"]["host"] = "node-a".into();
        }
    }
    project.write_journal("s", lines);
}

#[test]
fn a_lock_that_names_another_machine_is_respected() {
    let (project, runner, go) = held("");
    runner.signal(Signal::SIGKILL);
    runner.ended();
    move_to_another_machine(&project);
    for args in [
        &ARGS[..],
        &RESUME,
        &["work", "s", "3", "--force", "--foreground"],
    ] {
        project
            .ap(args)
            .expect(3)
            .says(&["node-a", "last sign of life", "--take-over"]);
    }
    fs::File::create(go).expect("go");
    let take_over = [&RESUME[..], &["--take-over"]].concat();
    project.ap(&take_over).expect(0);
    assert_eq!(project.history("s"), [1, 2, 3]);
}

#[test]
fn an_agent_that_changes_another_session_is_noticed() {
    for (policy, code) in [("note", 0), ("fail", 1)] {
        let project = project_with("sed -i 's/{/{ /' \"$run/../other/plan.json\"");
        project.shell_loop(
            "once",
            "termination: {type: fixed, iterations: 1}\n",
            "exit 1",
        );
        project.ap(&["once", "other", "--foreground"]).expect(1);
        let definition = ".claude/loops/work/loop.yaml";
        let guarded = format!(
            "{}guardrails: {{on_tampering: {policy}}}\n",
            project.read(definition)
        );
        project.write(definition, &guarded);
        project.ap(&ARGS).expect(code);
        let touched = project.events("s", "files_touched");
        let file = &touched[0]["files"][0];
        assert_eq!(
            file["path"], ".claude/pipeline-runs/other/plan.json",
            "{policy}"
        );
        assert_eq!(file["how"], "changed", "{policy}");
    }
}

#[test]
fn an_agent_that_changes_its_own_plan_holds_the_session() {
    for (verb, code, history) in [
        ("continue", 0, &[1, 2, 3][..]),
        ("approve", 0, &[1, 2, 3]),
        ("reject", 5, &[1, 2]),
    ] {
        let project = project_with(
            "sed -i 's/\"max_iterations\": 3/\"max_iterations\": 9/' \"$run/plan.json\"",
        );
        let runner = project.start(&ARGS);
        project.until_event("s", "agent_started", 1);
        project.until("the question", || project.status("s")["status"] == "asking");
        let question = project.status("s")["question"].clone();
        assert_eq!(question["subject"]["kind"], "tampering");
        project.ap(&[verb, "s"]).expect(0);
        assert_eq!(runner.ended(), code, "{verb}");
        assert_eq!(project.history("s"), history, "{verb}");
    }
}

#[test]
fn a_damaged_journal_is_repaired_by_cleanup() {
    let project = Project::new();
    project.shell_loop("work", THREE, "exit 1");
    project.ap(&ARGS).expect(1);
    let path = project.run_file("s", "events.jsonl");
    let journal = project.read(&path);
    let damaged = journal.replacen("iteration_started", "iteration_st4rted", 1);
    project.write(&path, &damaged);
    project
        .ap(&["status", "s"])
        .expect(1)
        .says(&["events.jsonl:3", "ap cleanup --repair s"]);
    project.ap(&["cleanup", "--repair", "s"]).expect(0).says(&[
        "repaired",
        "none is lost",
        "events.jsonl.found-1",
    ]);
    assert!(
        project.read(&path).starts_with(&journal),
        "every line is back"
    );
    assert_eq!(project.read(&format!("{path}.found-1")), damaged);
    is_shown_as_touched(&project);
    project
        .ap(&["cleanup", "--repair", "s"])
        .expect(0)
        .says(&["Nothing to repair"]);
    project.shell_loop("work", THREE, REPORT);
    project.ap(&RESUME).expect(0);
    assert_eq!(project.history("s"), [1, 2, 3]);
}
