//! What agents call from inside their sessions: `ap checkpoint`, `ap block`, and `ap smoke`.
use crate::project::{Project, Ran};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

const FOREGROUND: [&str; 3] = ["work", "s", "--foreground"];
const TWICE: &str = "termination: { type: fixed, iterations: 2 }\n";
const CONTINUES: &str = "echo '{\"decision\": \"continue\"}' >\"$status\"";

/// Returns a project whose agents run this.
fn project(script: &str) -> Project {
    let project = Project::new();
    project.shell_loop("work", TWICE, script);
    project
}

fn prompt(project: &Project, iteration: u32) -> String {
    let path = format!("stage-00-work/iterations/00{iteration}/prompt.md");
    project.read(&project.run_file("s", &path))
}

#[test]
fn a_note_is_in_the_prompts_of_the_agents_after_it() {
    let project = project(&format!(
        "[ -e said ] || {{ ap checkpoint 'half of the parser is done' && touch said; }}\n{CONTINUES}"
    ));
    project.ap(&FOREGROUND).expect(0);
    let note = project.read(&project.run_file("s", "checkpoint.md"));
    assert!(
        note.contains("/0.1.1, ") && note.ends_with("the parser is done\n"),
        "{note}"
    );
    assert!(!prompt(&project, 1).contains("half of the parser"));
    assert!(prompt(&project, 2).contains("half of the parser is done"));
}

#[test]
fn a_note_comes_from_standard_input_too_and_from_you() {
    let project = project(CONTINUES);
    project.ap(&FOREGROUND).expect(0);
    let mut command = project.command("sh");
    let ap = crate::project::AP;
    command.args([
        "-c",
        "printf 'from a pipe\\n' | \"$0\" checkpoint --session s",
        ap,
    ]);
    let ran: Ran = command.output().expect("it runs").into();
    ran.expect(0);
    let note = project.read(&project.run_file("s", "checkpoint.md"));
    assert!(
        note.starts_with("<!-- you, ") && note.contains("from a pipe"),
        "{note}"
    );
    project.ap(&["checkpoint", " ", "--session", "s"]).expect(1);
    project
        .ap(&["checkpoint", "x"])
        .expect(64)
        .says(&["--session"]);
    project.ap(&["checkpoint", "--what"]).expect(64);
}

#[test]
fn a_blocked_session_runs_no_agent_before_you_answer_whatever_the_agent_reports() {
    for ends in [CONTINUES, "exit 0", "kill -9 $$"] {
        let project = project(&format!(
            "[ -e asked ] || {{ touch asked; ap block 'the key of the API is missing' || touch failed; {ends}; }}\n{CONTINUES}"
        ));
        let running = project.start(&FOREGROUND);
        project.until_event("s", "question_asked", 1);
        assert!(!project.root().join("failed").exists(), "{ends}");
        let needed = || project.read(".agent-pipelines/HUMAN_NEEDED.md");
        project.until("the file", || {
            let needed = needed();
            needed.contains("the key of the API is missing") && needed.contains("ap answer s")
        });
        assert_eq!(project.events("s", "iteration_started").len(), 1, "{ends}");
        assert_eq!(project.status("s")["status"], "asking");
        project.ap(&["answer", "s", "it is in the vault"]).expect(0);
        assert_eq!(running.ended(), 0, "{ends}");
        let answered = project
            .journal("s")
            .iter()
            .any(|line| line.to_string().contains("it is in the vault"));
        assert!(answered, "{ends}");
        assert!(
            !project
                .root()
                .join(".agent-pipelines/HUMAN_NEEDED.md")
                .exists()
        );
        project.nothing_left();
    }
}

#[test]
fn a_request_of_an_agent_whose_runner_is_dead_is_not_lost() {
    let project = project(&format!(
        "[ -e asked ] || {{ touch asked; until [ -e go ]; do sleep 0.02; done; ap block 'which one?' >said; touch left; until [ -e end ]; do sleep 0.02; done; exit 0; }}\n{CONTINUES}"
    ));
    let running = project.start(&FOREGROUND);
    project.until("the agent", || project.root().join("asked").exists());
    running.kill_9();
    project.write("go", "");
    project.until("the request", || project.root().join("left").exists());
    assert!(project.read("said").contains("stored"));
    project.write("end", "");
    let resumed = project.start(&["work", "s", "--foreground", "--resume"]);
    project.until_event("s", "question_asked", 1);
    project.ap(&["answer", "s", "B"]).expect(0);
    assert_eq!(resumed.ended(), 0);
    assert_eq!(project.events("s", "agent_blocked").len(), 1);
}

/// `ap` finds its session by what the runner wrote, and believes no other.
#[test]
fn nobody_speaks_for_another_session_or_for_an_attempt_that_is_over() {
    let project = project(&format!(
        "cp \"$AP_CONTEXT\" kept.json; echo \"$AP_ATTEMPT\" >tag; ap block why --session other 2>other.txt; echo $? >code; {CONTINUES}"
    ));
    project.ap(&FOREGROUND).expect(0);
    assert_eq!(project.read("code"), "64\n");
    assert!(
        project
            .read("other.txt")
            .contains("cannot speak for session 'other'")
    );
    let late = |file: &str| {
        let mut command = project.ap_command(&["block", "why"]);
        command
            .env("AP_CONTEXT", project.root().join(file))
            .env("AP_ATTEMPT", project.read("tag").trim());
        Ran::from(command.output().expect("it runs"))
    };
    late("kept.json").expect(1).says(&["is over"]);
    late("missing.json").expect(1).says(&["AP_CONTEXT"]);
    let elsewhere = Project::new();
    let mut command = elsewhere.ap_command(&["checkpoint", "x"]);
    command.env("AP_CONTEXT", project.root().join("kept.json"));
    Ran::from(command.output().expect("it runs"))
        .expect(64)
        .says(&["cannot speak for"]);
    project.ap(&["block", "", "--session", "s"]).expect(64);
    project
        .ap(&["block", "why", "--session", "s"])
        .expect(1)
        .says(&["has ended"]);
    assert!(project.events("s", "agent_blocked").is_empty());
}

#[test]
fn an_agent_of_a_branch_asks_for_its_branch() {
    let project = Project::new();
    let agent = project.program(
        "agent.sh",
        &format!("#!/bin/sh\nread -r n; read -r status; cat >/dev/null\n[ -e asked ] || {{ touch asked; ap block 'which one?' >said 2>&1; }}\n{CONTINUES}\n"),
    );
    project.a_loop(
        "step",
        &format!("termination: {{ type: fixed }}\nretries: 0\ndelay: 0\nprovider: command\nprogram: \"{agent}\"\n"),
        "${ITERATION}\n${STATUS}\n",
    );
    project.write(
        ".claude/pipelines/p.yaml",
        "description: a test\nnodes:\n  - id: both\n    parallel:\n      providers:\n        - { id: one, name: command, program: AGENT }\n        - { id: two, name: command, program: AGENT }\n      stages:\n        - { id: think, loop: step, runs: 1 }\n"
            .replace("AGENT", &format!("\"{agent}\""))
            .as_str(),
    );
    let running = project.start(&["pipeline", "p", "s", "--foreground"]);
    project.until("the question", || {
        project
            .ap(&["questions", "--json"])
            .stdout
            .contains("which one?")
    });
    let asked: serde_json::Value =
        serde_json::from_str(&project.ap(&["questions", "--json"]).stdout).expect("JSON");
    assert!(asked.to_string().contains("\"branch\":\""), "{asked}");
    let branch = asked[0]["branch"].as_str().expect("a branch");
    project
        .ap(&["answer", "s", "B", "--branch", branch])
        .expect(0);
    assert_eq!(running.ended(), 0);
}

fn smoke(project: &Project, script: &str, args: &[&str]) -> Ran {
    let path = project.program("smoked", &format!("#!/bin/sh\n{script}\n"));
    project.ap(&[&["smoke", path.as_str()], args].concat())
}

#[test]
fn a_smoke_test_passes_as_soon_as_the_script_ends_well_or_has_lived_long_enough() {
    let project = Project::new();
    smoke(&project, "exit 0", &[]).expect(0).says(&["SMOKE_OK"]);
    let ran = smoke(
        &project,
        "sleep 600 & echo $! >\"$HOME/pid\"; wait",
        &["--min-alive", "1", "--timeout-sec", "600"],
    );
    ran.expect(0)
        .says(&["SMOKE_OK: still running after 1 second"]);
    project.until("the end of all it started", || {
        project.left_over().is_empty()
    });
}

#[test]
fn a_smoke_test_fails_with_the_last_lines_and_is_refused_where_it_cannot_run() {
    let project = Project::new();
    let failed = smoke(
        &project,
        "for i in $(seq 99); do echo line $i >&2; done; pwd >&2; exit 3",
        &[],
    );
    let (stdout, stderr) = (failed.stdout.clone(), failed.stderr.clone());
    failed.expect(1);
    assert!(stdout.contains("SMOKE_FAIL: exited with 3"), "{stdout}");
    assert!(
        !stderr.contains("line 70\n") && stderr.contains("line 99\n"),
        "{stderr}"
    );
    assert!(
        stderr.trim_end().ends_with(project.outside().as_str()),
        "in its own folder: {stderr}"
    );
    project.write("plain.sh", "exit 0\n");
    project
        .ap(&["smoke", "plain.sh"])
        .expect(2)
        .says(&["executable"]);
    project
        .ap(&["smoke", "missing.sh"])
        .expect(2)
        .says(&["does not exist"]);
    smoke(
        &project,
        "exit 0",
        &["--timeout", "1", "--min-alive-sec", "2"],
    )
    .expect(2);
    smoke(&project, "exit 0", &["--workdir", "nowhere"]).expect(2);
}

/// Returns how a smoke test ends that Ctrl-C interrupts.
pub(crate) fn interrupted_smoke() -> Ran {
    let project = Project::new();
    let path = project.program("smoked", "#!/bin/sh\ntouch \"$HOME/up\"; exec sleep 600\n");
    let mut command = project.ap_command(&["smoke", path.as_str()]);
    let child = command
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("it starts");
    let up = camino::Utf8PathBuf::from(project.var("HOME")).join("up");
    project.until("the script", || up.exists());
    kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGINT).expect("it lives");
    let ran = child.wait_with_output().expect("it ends").into();
    project.until("the end of all it started", || {
        project.left_over().is_empty()
    });
    ran
}
