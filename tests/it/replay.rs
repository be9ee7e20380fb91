//! `ap test` and `--record`: what is shipped does what is recorded, and what is recorded can be run again.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
use crate::project::{LIMIT, Project, Ran};
use agent_pipelines::clock::wait_until;
use camino::Utf8Path;
use serde_json::Value;

/// The names of what is in a folder of the repository, without those that have no definition.
fn shipped(folder: &str, name: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let folder = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let entries = folder
        .read_dir_utf8()
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_owned());
    let mut names: Vec<String> = entries.filter_map(|entry| name(&entry)).collect();
    names.sort();
    names
}

fn report(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {}", ran.text()))
}

#[test]
fn everything_shipped_does_what_is_recorded() {
    let project = Project::new();
    let ran = project.ap(&["test"]).expect(0);
    let said = |kind: &str| -> Vec<String> {
        let passed = ran.stdout.lines().filter_map(|line| {
            line.strip_prefix("PASS  ")?
                .strip_prefix(kind)?
                .split_whitespace()
                .next()
        });
        passed.map(str::to_owned).collect()
    };
    assert_eq!(
        said("loop "),
        shipped("loops", |name| Some(name.to_owned())),
        "{}",
        ran.text()
    );
    assert_eq!(
        said("pipeline "),
        shipped("pipelines", |name| name
            .strip_suffix(".yaml")
            .map(str::to_owned)),
        "{}",
        ran.text()
    );
    assert!(
        !project.root().join(".claude/pipeline-runs").exists(),
        "nothing of the project was touched"
    );
    assert!(
        fs_err::read_dir(project.outside().join("tmp"))
            .unwrap()
            .next()
            .is_none(),
        "nothing is left behind"
    );
}

/// A loop with a fixture that is as recorded.
fn tidy() -> Project {
    let project = Project::new();
    project.a_loop(
        "tidy",
        "termination: { type: judgment, consensus: 2, max: 4 }\n",
        "Tidy up. ${CTX} ${PROGRESS} ${STATUS}\n",
    );
    project.write(
        ".claude/loops/tidy/fixtures/script.yaml",
        "iterations:\n- status: { decision: continue }\n- run: [test, -e, a.txt]\n  status: { decision: stop }\n",
    );
    project.write(".claude/loops/tidy/fixtures/project/a.txt", "a\n");
    let never = project.ap(&["test", "tidy"]).expect(1);
    never.says(&[
        "NONE",
        "3 iterations",
        "nothing is recorded yet",
        "ap test tidy --update",
    ]);
    assert!(!never.stdout.contains("+++ now"), "{}", never.stdout);
    project
        .ap(&["test", "tidy", "--update"])
        .expect(0)
        .says(&["NEW", "2 agents in a row voted to stop"]);
    project.ap(&["test", "tidy"]).expect(0).says(&[
        "PASS",
        "3 iterations",
        "1 test: 1 passed, 0 failed",
    ]);
    project
}

#[test]
fn ap_test_answers_what_a_loop_asks() {
    let project = Project::new();
    project.a_loop(
        "unsure",
        "confirm: {before: first, after: every}\npermissions: ask\non_trouble: ask\ntermination: { type: fixed, max: 3 }\n",
        "${ANSWERS} ${STATUS}\n",
    );
    project.write(
        ".claude/loops/unsure/fixtures/script.yaml",
        "iterations:\n- status: { decision: ask, question: Which one?, choices: [the blue one, the red one] }\n- status: { decision: ask, question: Why? }\n- status: { decision: stop }\n",
    );
    let updated = project.ap(&["test", "unsure", "--update"]).expect(0);
    updated.says(&["NEW", "all 3 iterations ran"]);
    project.ap(&["test", "unsure"]).expect(0).says(&["PASS"]);
}

#[test]
fn ap_test_shows_a_change_and_update_accepts_it() {
    let project = tidy();
    let expected: Value =
        serde_json::from_str(&project.read(".claude/loops/tidy/fixtures/expected.json")).unwrap();
    assert_eq!(
        expected["ending"],
        "complete: 2 agents in a row voted to stop"
    );
    assert_eq!(
        expected["nodes"][0]["iterations"],
        serde_json::json!(["continue", "stop", "stop"])
    );

    project.a_loop(
        "tidy",
        "termination: { type: judgment, consensus: 3, max: 5 }\n",
        "Tidy up. ${CTX} ${PROGRESS} ${STATUS}\n",
    );
    let ran = project.ap(&["test", "tidy"]).expect(1);
    ran.says(&[
        "-  \"ending\": \"complete: 2 agents in a row voted to stop\"",
        "+  \"ending\": \"complete: 3 agents in a row voted to stop\"",
    ]);
    project.ap(&["test", "tidy", "--update"]).expect(0);

    project.write(
        ".claude/loops/tidy/prompt.md",
        "Tidy up well. ${CTX} ${PROGRESS} ${STATUS}\n",
    );
    project
        .ap(&["test", ".claude/loops/tidy"])
        .expect(1)
        .says(&["ap test .claude/loops/tidy/loop.yaml --update"]);
    let ran = project.ap(&["test", "tidy", "--json"]).expect(1);
    let tested = &report(&ran)["tested"][0];
    assert_eq!(
        (&tested["result"], &tested["expected"]["ending"]),
        (
            &"differs".into(),
            &"complete: 3 agents in a row voted to stop".into()
        )
    );
    let diff = tested["diff"].as_str().unwrap();
    let changed: Vec<&str> = diff
        .lines()
        .skip(2)
        .filter(|line| line.starts_with(['-', '+']))
        .collect();
    assert!(
        changed.len() == 2 && changed.iter().all(|line| line.contains("\"prompt\"")),
        "{diff}"
    );
}

#[test]
fn mistakes_are_errors_with_locations() {
    let project = tidy();
    project.write(
        ".claude/loops/tidy/fixtures/script.yaml",
        "iterations:\n- status: { decision: stop }\n  sya: hello\n",
    );
    project.ap(&["test", "tidy"]).expect(2).says(&[
        ".claude/loops/tidy/fixtures/script.yaml:3:3",
        "unknown field `sya`",
        "ap explain test",
    ]);
    project.write(
        ".claude/loops/tidy/fixtures/script.yaml",
        "iterations: []\n",
    );
    project
        .ap(&["test", "tidy"])
        .expect(2)
        .says(&["the script has no iterations"]);
    project.write(
        ".claude/loops/tidy/fixtures/expected.json",
        "{\n  \"ending\": 1\n}\n",
    );
    project
        .ap(&["test", "tidy"])
        .expect(2)
        .says(&["expected.json:2:13", "ap test --update"]);
    project
        .ap(&["test", "tdiy"])
        .expect(2)
        .says(&["there is no loop `tdiy`", "did you mean `tidy`?"]);
    project.ap(&["test", "work", "--update"]).expect(0);

    project.a_loop(
        "bare",
        "termination: { type: fixed, iterations: 1 }\n",
        "${STATUS}\n",
    );
    project.ap(&["test", "bare"]).expect(2).says(&[
        "loop `bare` has no fixture",
        ".claude/loops/bare/fixtures",
        "ap bare --record",
    ]);
    project.write(".claude/loops/bare/fixtures/project/a.txt", "");
    project
        .ap(&["test", "bare"])
        .expect(2)
        .says(&["there is no script for node `bare`", "script.yaml"]);
    project.a_loop(
        "judged",
        "termination: { type: judge, criteria: done }\n",
        "${STATUS}\n",
    );
    project.write(
        ".claude/loops/judged/fixtures/script.yaml",
        "iterations: [{ status: { decision: stop } }]\n",
    );
    project
        .ap(&["test", "judged"])
        .expect(2)
        .says(&["has a judge", "gates: { 0:"]);
}

#[test]
fn a_script_answers_for_gates_and_judges() {
    let project = Project::new();
    project.a_loop(
        "judged",
        "termination:\n  any:\n  - { type: judge, criteria: done, confidence: 0.5 }\n  - { type: verify, command: 'false' }\n  max: 5\n",
        "${STATUS}\n",
    );
    project.write(
        ".claude/loops/judged/fixtures/script.yaml",
        "iterations:\n- status: { decision: continue }\n  gates: { 0: { kind: continue, reason: no }, 1: { kind: broken, reason: no shell } }\n- status: { decision: continue }\n  gates: { 0: { kind: continue, reason: no }, 1: { kind: stop, reason: yes } }\n",
    );
    project.ap(&["test", "judged", "--update"]).expect(0);
    let expected: Value =
        serde_json::from_str(&project.read(".claude/loops/judged/fixtures/expected.json")).unwrap();
    assert_eq!(
        expected["nodes"][0]["iterations"],
        serde_json::json!([
            "continue; judge: not done; verify: broken",
            "continue; judge: not done; verify: done"
        ])
    );
    assert_eq!(
        expected["ending"],
        "complete: `verify` reports that it is done"
    );
}

#[test]
fn a_recorded_queue_loop_runs_again() {
    let mut project = Project::new();
    project.set("SHOP_TOKEN", "swordfish-9");
    project.write(
        "backlog.md",
        "# Shop\n\n- [ ] One (#one)\n- [ ] Two (#two)\n- [ ] Three\n- [x] Zero (#zero)\n",
    );
    // Put together here, so that no file holds what looks like a token.
    let token = ["s", "k-", "Zx8vQ2mN4kLp7RtY1wSd9fGh3"].concat();
    // It closes one, leaves one unfinished, adds one and lets one be, by hand.
    let script = "pause_ms: 0\niterations:\n- claim: true\n  close: true\n  say: 'by swordfish-9, @TOKEN@'\n  status: { decision: continue, reason: closed }\n- claim: true\n  say: cannot\n  status: { decision: error, reason: 'no way', errors: [none] }\n- claim: true\n  append: { backlog.md: \"- [ ] Four (#four)\\n\" }\n  close: true\n  status: { decision: continue }\n- claim: true\n  close: true\n  status: { decision: continue }\n";
    project.scripted_loop(
        "shop",
        "termination: { type: queue }\n",
        &script.replace("@TOKEN@", &token),
    );
    project
        .ap(&["shop", "shop", "9", "--foreground", "--record"])
        .expect(0)
        .says(&["Recorded in"]);
    let fixtures = ".claude/loops/shop/fixtures";
    let script = project.read(&format!("{fixtures}/script.yaml"));
    assert!(
        script.contains("by [secret], [secret]") && !script.contains("swordfish"),
        "{script}"
    );
    let expected: Value =
        serde_json::from_str(&project.read(&format!("{fixtures}/expected.json"))).unwrap();
    assert_eq!(expected["start"]["max"], 9);
    assert_eq!(
        expected["nodes"][0]["iterations"][1],
        "error; 2 tasks left; released: two"
    );
    project
        .ap(&["test", "shop"])
        .expect(0)
        .says(&["PASS", "shop"]);

    project
        .ap(&["shop", "again", "9", "--foreground", "--record"])
        .expect(2)
        .says(&["would overwrite it", "--record=DIR"]);
    project
        .ap(&["shop", "shop", "--resume", "--record"])
        .expect(2);
}

#[test]
fn a_recorded_session_with_gates_runs_again_without_them() {
    let project = Project::new();
    project.scripted_loop(
        "gated",
        "check_before: true\ntermination: { type: verify, command: test -e done.txt, max: 4 }\n",
        "iterations:\n- status: { decision: continue }\n- write: { done.txt: yes }\n  status: { decision: continue, summary: wrote it }\n",
    );
    project
        .ap(&["gated", "gated", "--foreground", "--record=recorded/gated"])
        .expect(0);
    let text = project.read("recorded/gated/script.yaml");
    assert!(
        text.contains("gates:") && text.contains("before:"),
        "{text}"
    );
    let fixture = project.root().join(".claude/fixtures/loops/gated");
    fs_err::create_dir_all(fixture.parent().unwrap()).unwrap();
    fs_err::rename(project.root().join("recorded/gated"), fixture).unwrap();
    project.ap(&["test", "gated"]).expect(0).says(&[
        "PASS",
        "2 iterations",
        ".claude/fixtures/loops/gated",
    ]);
}

#[test]
fn a_recorded_failure_fails_again() {
    let project = Project::new();
    project.scripted_loop(
        "bad",
        "termination: { type: fixed, iterations: 3 }\n",
        "pause_ms: 0\niterations: [{ status: { decision: continue } }, { exit: 3 }]\n",
    );
    project
        .ap(&["bad", "bad", "--foreground", "--record"])
        .expect(1)
        .says(&["Recorded in"]);
    let fixtures = ".claude/loops/bad/fixtures";
    assert!(
        project
            .read(&format!("{fixtures}/script.yaml"))
            .contains("exit: 1")
    );
    let expected: Value =
        serde_json::from_str(&project.read(&format!("{fixtures}/expected.json"))).unwrap();
    assert_eq!(expected["ending"], "failed: an agent never came to its end");
    project
        .ap(&["test", "bad"])
        .expect(0)
        .says(&["PASS", "1 iteration"]);
}

#[test]
fn cleanup_removes_the_sandbox_of_a_killed_test() {
    let project = Project::new();
    project.a_loop(
        "stuck",
        "termination: { type: fixed, iterations: 1 }\n",
        "${STATUS}\n",
    );
    project.write(
        ".claude/loops/stuck/fixtures/script.yaml",
        "iterations: [{ say: I hang., hang: true }]\n",
    );
    let test = project.start(&["test", "stuck"]);
    let sandboxes = || -> Vec<camino::Utf8PathBuf> {
        let entries = camino::Utf8Path::new(project.var("TMPDIR"))
            .read_dir_utf8()
            .unwrap();
        entries
            .map(|entry| entry.unwrap().into_path())
            .filter(|path| path.file_name().unwrap().starts_with("ap-test-"))
            .collect()
    };
    let runs = || {
        sandboxes()
            .first()
            .map(|folder| folder.join("project/.claude/pipeline-runs/test"))
    };
    let hangs = || {
        runs().is_some_and(|run| {
            fs_err::read_to_string(run.join("stage-00-stuck/iterations/001/stdout.log"))
                .is_ok_and(|said| said.contains("I hang."))
        })
    };
    assert!(wait_until(LIMIT, hangs));
    project
        .ap(&["cleanup"])
        .expect(0)
        .says(&["Nothing to clean up."]);
    let plan: Value =
        serde_json::from_str(&fs_err::read_to_string(runs().unwrap().join("plan.json")).unwrap())
            .unwrap();
    let alive =
        || agent_pipelines::exec::process::find_tagged("AP_RUN", plan["run"].as_str().unwrap());
    assert!(!alive().is_empty());
    test.kill_9();
    project
        .ap(&["cleanup", "--dry-run"])
        .expect(0)
        .says(&["to be removed test", "its `ap test` has ended"]);
    assert!(sandboxes().len() == 1 && !alive().is_empty());
    project.ap(&["cleanup"]).expect(0).says(&["removed test"]);
    assert!(
        sandboxes().is_empty() && alive().is_empty(),
        "{:?}",
        alive()
    );
    project
        .ap(&["cleanup"])
        .expect(0)
        .says(&["Nothing to clean up."]);
}

#[test]
fn a_recorded_pipeline_with_a_block_runs_again() {
    let project = Project::new();
    project.scripted_loop(
        "look",
        "termination: { type: fixed, iterations: 2 }\n",
        "iterations: [{ say: looked, status: { decision: continue } }]\n",
    );
    project.scripted_loop(
        "agree",
        "termination: { type: judgment, consensus: 1, max: 3 }\n",
        "iterations: [{ say: not yet, status: { decision: continue } }, { say: yes, status: { decision: stop } }]\n",
    );
    project.write(
        ".claude/pipelines/duel.yaml",
        "name: duel\ndescription: a test\nnodes:\n- { id: brief, loop: look }\n- id: both\n  parallel:\n    providers: [{ id: red, provider: scripted, args: [agree.script.yaml] }, { id: blue, provider: scripted, args: [agree.script.yaml] }]\n    stages: [{ id: agree, loop: agree }]\n- { id: decide, loop: look, runs: 1, inputs: { from_parallel: agree } }\n",
    );
    project
        .ap(&["pipeline", "duel", "duel", "--record"])
        .expect(0);
    project.ap(&["wait", "duel"]).expect(0);
    let fixture = ".claude/pipelines/fixtures/duel";
    for script in ["brief", "both/red/agree", "both/blue/agree", "decide"] {
        assert!(
            project
                .read(&format!("{fixture}/scripts/{script}.yaml"))
                .contains("iterations:"),
            "{script}"
        );
    }
    let ran = project.ap(&["test", "duel", "--json"]).expect(0);
    let tested = &report(&ran)["tested"][0];
    let nodes: Vec<&str> = tested["expected"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|node| node["node"].as_str())
        .collect();
    assert_eq!(
        nodes,
        [
            "brief",
            "both",
            "both/red/agree",
            "both/blue/agree",
            "decide"
        ]
    );
    assert_eq!(
        tested["expected"]["nodes"][4]["inputs"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
}
