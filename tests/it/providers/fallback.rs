//! Fallback agents take over when an agent is out of quota, also after kills.
use super::{FOREGROUND, a_loop, calls, plays, project, sample, works};
use crate::project::{Project, Running};
use agent_pipelines::exec::process::{identity, send};
use nix::sys::signal::Signal;
use serde_json::{Value, json};

const RESUME: [&str; 4] = ["work", "s", "--foreground", "--resume"];

/// Is out of quota, as this sample says it.
fn limited(file: &str, exit: i32) -> Value {
    json!({ "print": [sample(file)], "exit": exit })
}

/// Returns who made each attempt, as the journal has it: iteration, attempt, agent.
fn attempts(project: &Project) -> Vec<String> {
    let shown = |event: Value| {
        let (cursor, by) = (
            &event["cursor"],
            event["agent"].as_str().unwrap_or_default(),
        );
        format!("{}.{} {by}", cursor["iteration"], cursor["attempt"])
    };
    project
        .events("s", "iteration_started")
        .into_iter()
        .map(shown)
        .collect()
}

/// Starts a session whose first agent is out of quota, and whose second works until `go` is there.
fn start_with_codex_running() -> (Project, Running) {
    let project = project();
    a_loop(
        &project,
        "termination: { type: fixed, iterations: 2 }\nmodel: sonnet\nfallback: [codex]",
    );
    plays(&project, "claude", &[limited("claude/quota-rejected", 1)]);
    let mut busy = works("codex");
    busy["wait"] = project.outside().join("go").as_str().into();
    plays(&project, "codex", &[busy]);
    let runner = project.start(&FOREGROUND);
    project.until("Codex", || calls(&project, "codex").len() == 1);
    project.until_event("s", "agent_started", 2);
    (project, runner)
}

#[test]
fn an_abler_agent_takes_over_after_failed_checks_and_until_one_passes() {
    let project = project();
    project.write(
        "check.sh",
        "n=$(($(cat n 2>/dev/null || echo 0) + 1)); echo $n >n\ncase $n in 3) echo '{\"passed\":true,\"prd_complete\":false}';; 5) echo '{\"passed\":true}';; *) echo '{\"passed\":false}';; esac\n",
    );
    a_loop(
        &project,
        "termination: { type: verify, command: sh check.sh, max: 9 }\nescalation: { after: 2, to: { model: haiku, effort: high } }",
    );
    plays(&project, "claude", &[works("claude")]);
    project.ap(&FOREGROUND).expect(0);
    let made = [
        "1.1 claude:opus",
        "2.1 claude:opus",
        "3.1 claude:haiku:high",
        "4.1 claude:opus",
        "5.1 claude:opus",
    ];
    assert_eq!(attempts(&project), made);
}

#[test]
fn the_next_agent_with_quota_makes_the_attempt_and_later_iterations() {
    let project = project();
    a_loop(
        &project,
        "termination: { type: fixed, iterations: 2 }\nfallback: [codex, gemini, \"opencode:x/y:high\", copilot, amp]",
    );
    plays(&project, "claude", &[limited("claude/quota-rejected", 1)]);
    plays(&project, "codex", &[limited("codex/usage-limit", 1)]);
    plays(&project, "gemini", &[limited("gemini/quota", 1)]);
    plays(&project, "opencode", &[limited("opencode/429", 1)]);
    plays(&project, "copilot", &[limited("copilot/quota", 1)]);
    plays(&project, "amp", &[works("amp")]);
    project.ap(&FOREGROUND).expect(0).says(&[
        "iteration 1/2 by claude:opus",
        "iteration 1/2 attempt 6 by amp",
        "iteration 2/2 by amp",
    ]);
    let made = [
        "1.1 claude:opus",
        "1.2 codex",
        "1.3 gemini",
        "1.4 opencode:x/y:high",
        "1.5 copilot",
        "1.6 amp",
        "2.1 amp",
    ];
    assert_eq!(attempts(&project), made);
    assert_eq!(
        project.events("s", "wait_started").len(),
        0,
        "no agent had to wait"
    );
    let state = project.status("s");
    assert_eq!(
        (
            &state["history"][0]["agent"],
            &state["history"][0]["attempts"]
        ),
        (&"amp".into(), &6.into())
    );
    let limited: Vec<&String> = state["limited"]
        .as_object()
        .expect("who is out of quota")
        .keys()
        .collect();
    assert_eq!(
        limited,
        [
            "claude:opus",
            "codex",
            "copilot",
            "gemini",
            "opencode:x/y:high"
        ]
    );
    // Each attempt is read in its own language.
    let logs = project.ap(&["logs", "s", "--iteration", "1"]).expect(0);
    logs.says(&[
        "attempt 2 by codex",
        "You've hit your usage limit",
        "attempt 3 by gemini",
        "exhausted your capacity",
        "by amp",
        "It passes.",
    ]);
    project
        .ap(&["logs", "s", "--events"])
        .expect(0)
        .says(&["iteration_started agent=codex cursor=0.1.2 fallback=1"]);
}

#[test]
fn without_quota_anywhere_the_earliest_reset_is_awaited() {
    let project = project();
    a_loop(
        &project,
        "termination: { type: fixed, iterations: 1 }\nfallback: [gemini, codex]",
    );
    let (rejected, well) = (limited("claude/quota-rejected", 1), works("claude"));
    plays(&project, "claude", &[rejected, well]);
    plays(&project, "gemini", &[limited("gemini/quota", 1)]);
    plays(&project, "codex", &[limited("codex/usage-limit", 1)]);
    let runner = project.start(&FOREGROUND);
    project.until_event("s", "wait_started", 1);
    let state = project.status("s");
    let reason = state["waiting"]["for"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    assert!(
        reason.contains("no other agent of the chain is available"),
        "{reason}"
    );
    let soonest = state["limited"]
        .as_object()
        .expect("who is out of quota")
        .values()
        .filter_map(Value::as_str)
        .min();
    assert_eq!(
        state["waiting"]["until"].as_str().map(|until| &until[..19]),
        soonest.map(|until| &until[..19]),
        "{state}"
    );
    project
        .ap(&["status", "s"])
        .expect(0)
        .says(&["Limited", "gemini until", "codex until"]);
    // `ap continue` ends the wait and tries all of them again, from the first.
    project.ap(&["continue", "s"]).expect(0);
    assert_eq!(runner.ended(), 0);
    assert_eq!(
        attempts(&project),
        [
            "1.1 claude:opus",
            "1.2 gemini",
            "1.3 codex",
            "1.4 claude:opus"
        ]
    );
}

#[test]
fn a_resumed_runner_adopts_the_fallback_agent() {
    let (project, runner) = start_with_codex_running();
    runner.kill_9();
    project.program("go", "");
    project.ap(&RESUME).expect(0);
    assert_eq!(
        attempts(&project),
        ["1.1 claude:sonnet", "1.2 codex", "2.1 codex"]
    );
    assert_eq!(
        (
            calls(&project, "claude").len(),
            calls(&project, "codex").len()
        ),
        (1, 2),
        "no agent was started twice"
    );
    let output = project.read(&project.run_file("s", "stage-00-work/iterations/001/output.md"));
    assert_eq!(
        output.trim_end(),
        "The test passes now.\nOne file is new.",
        "it is still read as Codex's"
    );
    project.nothing_left();
}

#[test]
fn a_killed_fallback_agent_is_retried() {
    let (project, runner) = start_with_codex_running();
    let shim = project
        .events("s", "agent_started")
        .last()
        .and_then(|event| event["shim"]["pid"].as_i64())
        .expect("a shim");
    runner.kill_9();
    assert!(send(
        &identity(shim.try_into().expect("a pid")).expect("it lives"),
        Signal::SIGKILL
    ));
    project.program("go", "");
    project.ap(&RESUME).expect(0);
    // Claude is still out of quota.
    assert_eq!(
        attempts(&project),
        ["1.1 claude:sonnet", "1.2 codex", "1.3 codex", "2.1 codex"]
    );
    assert_eq!(calls(&project, "claude").len(), 1);
    project.nothing_left();
}

#[test]
fn a_killed_wait_resumes_until_the_same_time() {
    let project = project();
    a_loop(
        &project,
        "termination: { type: fixed, iterations: 1 }\nfallback: [codex]",
    );
    plays(
        &project,
        "claude",
        &[limited("claude/quota-rejected", 1), works("claude")],
    );
    plays(&project, "codex", &[limited("codex/usage-limit", 1)]);
    let runner = project.start(&FOREGROUND);
    project.until_event("s", "wait_started", 1);
    let until = project.status("s")["waiting"]["until"].clone();
    runner.kill_9();
    let resumed = project.start(&RESUME);
    project.until_event("s", "runner_started", 2);
    assert_eq!(project.status("s")["waiting"]["until"], until);
    project.ap(&["continue", "s"]).expect(0);
    assert_eq!((resumed.ended(), attempts(&project).len()), (0, 3));
}

#[test]
fn a_stage_waits_for_agents_rate_limited_in_another_stage() {
    let project = project();
    plays(
        &project,
        "claude",
        &[limited("claude/quota-rejected", 1), works("claude")],
    );
    plays(&project, "codex", &[works("codex")]);
    let nodes = "  - { id: one, prompt: \"${ITERATION}\\n${STATUS}\\n\", fallback: [codex] }\n  - { id: two, prompt: \"${ITERATION}\\n${STATUS}\\n\" }\n";
    project.write(
        ".claude/pipelines/both.yaml",
        &format!("name: both\ndefaults: {{ delay: 0 }}\nnodes:\n{nodes}"),
    );
    let runner = project.start(&["pipeline", "both", "s", "--foreground"]);
    project.until_event("s", "wait_started", 1);
    assert_eq!(
        (
            project.status("s")["current_stage"].clone(),
            calls(&project, "claude").len()
        ),
        (1.into(), 1)
    );
    project.ap(&["continue", "s"]).expect(0);
    assert_eq!((runner.ended(), calls(&project, "claude").len()), (0, 2));
}

#[test]
fn each_branch_of_a_block_falls_back_by_itself() {
    let project = project();
    plays(&project, "claude", &[limited("claude/quota-rejected", 1)]);
    plays(&project, "codex", &[works("codex")]);
    plays(&project, "gemini", &[works("gemini")]);
    let block = "nodes:\n  - id: duel\n    parallel:\n      providers: [{ name: claude, fallback: [codex] }, gemini]\n      \
                 stages: [{ id: plan, prompt: \"${ITERATION}\\n${STATUS}\\n\" }]\n";
    project.write(
        ".claude/pipelines/both.yaml",
        &format!("name: both\ndefaults: {{ delay: 0 }}\n{block}"),
    );
    project
        .ap(&["pipeline", "both", "s", "--foreground"])
        .expect(0);
    let calls = ["claude", "codex", "gemini"].map(|name| calls(&project, name).len());
    assert_eq!(calls, [1, 1, 1]);
    project
        .ap(&["logs", "s", "--branch", "duel/claude"])
        .expect(0)
        .says(&["by claude:opus", "by codex", "The test passes now."]);
}
