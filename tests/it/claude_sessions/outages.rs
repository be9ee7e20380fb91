//! A service that does not serve: the session waits as the class of the failure has it, and completes.
use super::project::Project;
use super::{API_KEY, ONE, kinds, prepare, works};
use crate::claude_cli::{Account, ClaudeEnv, claude};
use crate::messages_api::{MockApi, Script, Turn, script, status, turn};
use serde_json::Value;
use std::net::TcpListener;

/// Claude Code itself tries twice, and the waits of `ap` are shorter by this factor.
fn impatient(env: ClaudeEnv, factor: &str) -> ClaudeEnv {
    env.var("CLAUDE_CODE_MAX_RETRIES", "1")
        .var("AP_WAIT_FACTOR", factor)
}

/// Fails in so many conversations, then works.
fn failing(times: usize, fails: impl Fn() -> Turn + Send + 'static) -> Script {
    script().every(move |number, request| {
        if number < times {
            vec![fails()]
        } else {
            works(request)
        }
    })
}

fn waits(project: &Project) -> Vec<String> {
    let waits = project.events("wait_started");
    let kind = |wait: &Value| wait["reason"]["kind"].as_str().map(str::to_owned);
    waits.iter().filter_map(kind).collect()
}

fn classes(project: &Project) -> Vec<Value> {
    let exits = project.events("agent_exited");
    exits.iter().map(|exit| exit["class"].clone()).collect()
}

/// Runs a session to its end and checks that so many attempts were waited for, and that none of them counted.
#[track_caller]
fn completes_after(script: Script, times: usize, class: &str, factor: &str) {
    let short = |env| impatient(env, factor);
    let Some((_api, project)) = prepare(script, &ONE, "retries: 0", short) else {
        return;
    };
    let (code, shown) = project.start(API_KEY).end();
    assert_eq!(code, Some(0), "{shown}");
    let mut expected = vec![Value::from(class); times];
    // A wait that is over before its queue was checked is none.
    let waits = waits(&project);
    assert!(
        (1..=times).contains(&waits.len()),
        "{waits:?}
{shown}"
    );
    assert!(waits.iter().all(|wait| wait == class), "{waits:?}");
    expected.push(Value::Null);
    assert_eq!(classes(&project), expected, "{shown}");
    let state = project.state();
    assert_eq!(state["status"], "complete");
    assert_eq!(state["iterations_total"], 1, "no iteration was used");
    assert_eq!(project.read("backlog.md"), "- [x] lay the table\n");
}

#[test]
fn an_overloaded_service_is_waited_for_until_it_serves_again() {
    // Two requests each.
    let script = failing(5, || turn().but(status(529)));
    completes_after(script, 5, "outage", "0.01");
}

#[test]
fn a_failing_service_is_waited_for() {
    let script = failing(1, || turn().but(status(500)));
    completes_after(script, 1, "outage", "0.2");
}

#[test]
fn throttling_without_a_window_is_waited_for() {
    let script = failing(2, || turn().but(status(429).header("retry-after", "120")));
    completes_after(script, 2, "throttle", "0.05");
}

#[test]
fn a_refused_connection_is_waited_for_until_the_service_listens() {
    if claude().is_none() {
        return;
    }
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port on loopback");
    let address = listener.local_addr().expect("a bound socket");
    drop(listener);
    let url = format!("http://{address}");
    let at = |env: ClaudeEnv| impatient(env, "0.05").var("ANTHROPIC_BASE_URL", url.clone());
    let Some((_unused, project)) = prepare(script(), &ONE, "retries: 0", at) else {
        return;
    };
    let running = project.start(API_KEY);
    running.wait_to_show("provider outage");
    let api = MockApi::start_at(address, script().every(|_, request| works(request)));
    let (code, shown) = running.end();
    assert_eq!(code, Some(0), "{shown}");
    let kinds = kinds(&project.outcomes()).join(" ");
    assert!(
        kinds.starts_with("outage") && kinds.ends_with("reported"),
        "{kinds}"
    );
    api.assert_clean();
}

#[test]
fn a_login_that_is_not_accepted_ends_the_session_with_a_hint() {
    let script = failing(usize::MAX, || turn().but(status(401)));
    let Some((_api, project)) = prepare(script, &ONE, "", |env| {
        impatient(env, "0.05").account(Account::ApiKey)
    }) else {
        return;
    };
    let (code, shown) = project.start(API_KEY).end();
    assert_eq!(code, Some(1), "{shown}");
    assert_eq!(classes(&project), ["login"], "{shown}");
    assert!(waits(&project).is_empty());
}
