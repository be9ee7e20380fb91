//! The real `claude` talks to the mock as it talks to the service: what `ap` relies on, seen on the program itself.
use crate::claude_cli::{Account, ClaudeEnv, Run, claude};
use crate::messages_api::{MockApi, Script, cut, hang, script, stall, status, turn};
use serde_json::{Value, json};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const SKIP: &str = "--dangerously-skip-permissions";

/// Runs the program once against a script; `None` where the tests do without the program.
fn run(
    script: Script,
    arguments: &[&str],
    setting: impl FnOnce(ClaudeEnv) -> ClaudeEnv,
) -> Option<(MockApi, ClaudeEnv, Run)> {
    let claude = claude()?;
    let api = MockApi::start(script);
    let environment = setting(ClaudeEnv::new(&api));
    let prompt = format!(
        "Do the work. Write your status to {}/status.json.",
        environment.home()
    );
    let run = environment.run(&claude, &prompt, arguments);
    Some((api, environment, run))
}

fn failed(run: &Run, api_status: &Value) {
    let result = run.result();
    assert_eq!(run.code, Some(1), "{run:#?}");
    assert_eq!(
        (&result["is_error"], &result["api_error_status"]),
        (&json!(true), api_status),
        "{result:#?}"
    );
}

fn succeeded(run: &Run) {
    let result = run.result();
    assert_eq!(run.code, Some(0), "{run:#?}");
    assert_eq!(
        (&result["is_error"], &result["terminal_reason"]),
        (&json!(false), &json!("completed")),
        "{result:#?}"
    );
}

fn in_an_hour() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("it is after 1970")
        .as_secs()
        + 3600
}

#[test]
fn tools_run_and_their_results_come_back() {
    let script = script().conversation(|request| {
        vec![
            turn()
                .text("First the file.")
                .write("made.txt", "made\n")
                .bash("printf 'TASK-%s' 7"),
            turn().bash(format!("echo {} > task.txt", request.tool_result(1))),
            turn().text("All done."),
        ]
    });
    let Some((api, environment, run)) = run(script, &[SKIP], |it| it) else {
        return;
    };
    succeeded(&run);
    assert_eq!(run.result()["result"], "All done.");
    assert_eq!(
        fs_err::read_to_string(environment.work().join("made.txt")).unwrap(),
        "made\n"
    );
    assert_eq!(
        fs_err::read_to_string(environment.work().join("task.txt")).unwrap(),
        "TASK-7\n"
    );
    let requests = api.requests();
    assert_eq!(requests.len(), 3, "{requests:#?}");
    assert!(
        requests[0].prompt().starts_with("Do the work."),
        "{}",
        requests[0].prompt()
    );
    assert!(
        requests
            .iter()
            .all(|request| request.session() == requests[0].session())
    );
    assert_eq!(
        run.events("system/init")[0]["session_id"],
        requests[0].session()
    );
}

#[test]
fn each_session_is_a_conversation_of_its_own() {
    let Some(claude) = claude() else { return };
    let api = MockApi::start(
        script()
            .conversation(|_| vec![turn().text("first")])
            .every(|nth, _| vec![turn().text(format!("number {nth}"))]),
    );
    let environment = ClaudeEnv::new(&api);
    let said = |prompt| environment.run(&claude, prompt, &[]).result()["result"].clone();
    assert_eq!(
        [said("a"), said("b"), said("c")],
        [json!("first"), json!("number 1"), json!("number 2")]
    );
}

#[test]
fn a_used_up_quota_ends_the_run_and_says_until_when() {
    let reset = in_an_hour();
    let script = script().conversation(move |_| {
        vec![
            turn().but(
                status(429)
                    .quota_used_up_until(reset)
                    .header("retry-after", "3600"),
            ),
        ]
    });
    let Some((api, _environment, run)) =
        run(script, &[SKIP], |it| it.account(Account::Subscription))
    else {
        return;
    };
    failed(&run, &json!(429));
    assert_eq!(api.requests().len(), 1, "a quota is not retried");
    let said = &run
        .events("rate_limit_event")
        .last()
        .expect("the program tells about the quota")["rate_limit_info"];
    assert_eq!(
        (&said["status"], &said["resetsAt"], &said["rateLimitType"]),
        (&json!("rejected"), &json!(reset), &json!("five_hour"))
    );
}

#[test]
fn the_remaining_quota_is_reported() {
    let reset = in_an_hour();
    let script = script().conversation(move |_| vec![turn().text("done").quota_used(0.42, reset)]);
    let Some((_api, _environment, run)) =
        run(script, &[SKIP], |it| it.account(Account::Subscription))
    else {
        return;
    };
    succeeded(&run);
    let events = run.events("rate_limit_event");
    let window = &events.last().expect("the program tells about the quota")["rate_limit_info"]["unifiedWindows"]
        ["five_hour"];
    assert_eq!(
        (&window["utilization"], &window["resetsAt"]),
        (&json!(0.42), &json!(reset)),
        "{events:#?}"
    );
}

#[test]
fn a_plain_429_is_retried_and_then_fails() {
    let script = script().conversation(|_| vec![turn().but(status(429))]);
    let Some((api, _environment, run)) = run(script, &[SKIP], |it| it) else {
        return;
    };
    failed(&run, &json!(429));
    assert_eq!(api.requests().len(), 2);
    let retries = run.events("system/api_retry");
    assert_eq!(
        (retries.len(), &retries[0]["error_status"]),
        (1, &json!(429))
    );
    assert!(
        run.events("rate_limit_event").is_empty(),
        "an API key has no quota to tell about"
    );
}

#[test]
fn an_overloaded_service_is_retried() {
    let script = script().conversation(|_| vec![turn().text("done").but(status(529).times(1))]);
    let Some((api, _environment, run)) = run(script, &[SKIP], |it| it) else {
        return;
    };
    succeeded(&run);
    assert_eq!(api.requests().len(), 2);
}

#[test]
fn a_refused_key_fails() {
    let script = script().conversation(|_| vec![turn().but(status(401))]);
    let Some((_api, _environment, run)) =
        run(script, &[SKIP], |it| it.var("CLAUDE_CODE_MAX_RETRIES", "0"))
    else {
        return;
    };
    failed(&run, &json!(401));
    assert_eq!(
        run.events("assistant").last().unwrap()["error"],
        "authentication_failed"
    );
}

#[test]
fn a_service_that_never_answers_is_given_up_on() {
    let script = script().conversation(|_| vec![turn().but(hang())]);
    let impatient = |it: ClaudeEnv| {
        it.var("API_TIMEOUT_MS", "1000")
            .var("CLAUDE_CODE_MAX_RETRIES", "0")
    };
    let Some((api, _environment, run)) = run(script, &[SKIP], impatient) else {
        return;
    };
    failed(&run, &Value::Null);
    assert_eq!(api.requests().len(), 1);
}

#[test]
fn a_stream_cut_once_is_retried() {
    let script = script().conversation(|_| {
        vec![
            turn()
                .text("a sentence that comes in several pieces")
                .but(cut(4).times(1)),
        ]
    });
    let Some((api, _environment, run)) = run(script, &[SKIP], |it| it) else {
        return;
    };
    succeeded(&run);
    assert_eq!(
        run.result()["result"],
        "a sentence that comes in several pieces"
    );
    assert_eq!(api.requests().len(), 2);
}

#[test]
fn a_stream_that_is_always_cut_fails() {
    let script = script().conversation(|_| {
        vec![
            turn()
                .text("a sentence that comes in several pieces")
                .but(cut(4)),
        ]
    });
    let Some((_api, _environment, run)) =
        run(script, &[SKIP], |it| it.var("CLAUDE_CODE_MAX_RETRIES", "0"))
    else {
        return;
    };
    failed(&run, &Value::Null);
}

#[test]
fn a_stalled_stream_keeps_the_program_waiting_until_it_is_stopped() {
    let Some(claude) = claude() else { return };
    let api = MockApi::start(script().conversation(|_| {
        vec![
            turn()
                .text("a sentence that comes in several pieces")
                .but(stall(4)),
        ]
    }));
    let environment = ClaudeEnv::new(&api);
    let mut command = environment.command(&claude);
    command
        .args(["-p", "work", "--model", "sonnet", "--output-format", "json"])
        .stdin(std::process::Stdio::null());
    let mut child = command.stdout(std::process::Stdio::null()).spawn().unwrap();
    api.wait_until(Duration::from_secs(10), |requests| requests.len() == 1);
    assert_eq!(child.try_wait().unwrap(), None);
    nix::sys::signal::kill(
        nix::unistd::Pid::from_raw(child.id().cast_signed()),
        nix::sys::signal::Signal::SIGTERM,
    )
    .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(143));
}

#[test]
fn a_slow_response_is_awaited() {
    let script =
        script().conversation(|_| vec![turn().text("done").after(Duration::from_millis(300))]);
    let Some((_api, _environment, run)) = run(script, &[SKIP], |it| it) else {
        return;
    };
    succeeded(&run);
    assert!(run.elapsed >= Duration::from_millis(300));
}

#[test]
fn a_run_whose_tools_were_all_refused_still_exits_with_0() {
    let script = script().conversation(|request| {
        vec![
            turn()
                .write(request.path("status.json"), "{}")
                .bash("echo no > no.txt"),
            turn().text("I could not."),
        ]
    });
    let Some((_api, environment, run)) = run(script, &["--permission-mode", "default"], |it| it)
    else {
        return;
    };
    succeeded(&run);
    assert_eq!(run.denied(), ["Write", "Bash"]);
    assert!(!environment.work().join("no.txt").exists());
    assert!(!environment.home().join("status.json").exists());
}

#[test]
fn a_missing_login_sends_no_request() {
    let Some((api, _environment, run)) =
        run(script(), &[SKIP], |it| it.account(Account::NotLoggedIn))
    else {
        return;
    };
    failed(&run, &Value::Null);
    assert_eq!(
        run.events("assistant").last().unwrap()["error"],
        "authentication_failed",
        "{}",
        run.stderr
    );
    assert!(api.requests().is_empty());
}

/// A structured result needs no permission, so it is how a status can come back in every mode.
fn structured_result(mode: &str) {
    let script = script().conversation(|request| {
        assert!(request.tools().contains(&"StructuredOutput"));
        vec![turn().structured(json!({ "decision": "stop", "reason": "done" }))]
    });
    let schema = json!({ "type": "object", "required": ["decision"],
        "properties": { "decision": { "enum": ["continue", "stop", "error"] }, "reason": { "type": "string" } } });
    let arguments = [
        "--permission-mode",
        mode,
        "--json-schema",
        &schema.to_string(),
    ];
    let Some((_api, _environment, run)) = run(script, &arguments, |it| it) else {
        return;
    };
    succeeded(&run);
    assert_eq!(
        run.result()["structured_output"],
        json!({ "decision": "stop", "reason": "done" })
    );
    assert_eq!(run.events("system/init")[0]["permissionMode"], mode);
    assert!(run.denied().is_empty());
}

#[test]
fn the_structured_result_comes_back_under_bypass_permissions() {
    structured_result("bypassPermissions");
}

#[test]
fn the_structured_result_comes_back_under_accept_edits() {
    structured_result("acceptEdits");
}

#[test]
fn the_structured_result_comes_back_under_dont_ask() {
    structured_result("dontAsk");
}

#[test]
fn the_structured_result_comes_back_under_plan() {
    structured_result("plan");
}

#[test]
fn the_structured_result_comes_back_under_default() {
    structured_result("default");
}

#[test]
fn the_structured_result_comes_back_under_auto() {
    structured_result("auto");
}

#[test]
fn a_structured_result_of_the_wrong_shape_goes_back_to_the_model() {
    let script = script().conversation(|_| {
        vec![
            turn().structured(json!({ "wrong": 1 })),
            turn().structured(json!({ "decision": "stop" })),
        ]
    });
    let schema = json!({ "type": "object", "required": ["decision"], "properties": { "decision": { "type": "string" } } }).to_string();
    let Some((api, _environment, run)) = run(script, &[SKIP, "--json-schema", &schema], |it| it)
    else {
        return;
    };
    succeeded(&run);
    assert_eq!(
        run.result()["structured_output"],
        json!({ "decision": "stop" })
    );
    assert_eq!(
        api.requests().last().unwrap().tool_results()[0]["is_error"],
        true
    );
}
