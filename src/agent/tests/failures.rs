//! The failure messages of each provider, and the class of the attempt that ends with them.
use super::*;
use crate::agent::outcome;
use crate::model::{FailureClass, HangKind, Outcome};
use serde_json::{Value, json};
use std::collections::BTreeSet;

macro_rules! messages {
    ($name:literal) => {
        include_str!(concat!("../../../tests/data/failures/", $name, ".tsv"))
    };
}

/// Ends an attempt with a message and returns its outcome.
fn end(provider: &str, place: &str, message: &str) -> Outcome {
    let (stdout, stderr, code) = match place {
        "stderr" => (String::new(), message.to_owned(), 1),
        "result" => claude_result(message),
        _ => (event(provider, message).to_string(), String::new(), 1),
    };
    let spec = spec_of(provider, PermissionMode::BypassPermissions, "");
    let (transcript, _) = read_as(provider, (stdout + "\n").as_bytes());
    outcome(&spec, &exit(code), &transcript, no_status(), &stderr, now())
}

fn event(provider: &str, message: &str) -> Value {
    match provider {
        "codex" => json!({ "type": "turn.failed", "error": { "message": message } }),
        "gemini" => json!({ "type": "error", "severity": "error", "message": message }),
        "opencode" => {
            json!({ "type": "error", "error": { "name": "APIError", "data": { "message": message } } })
        }
        _ => json!({ "type": "session.error", "data": { "message": message } }),
    }
}

/// Returns the result as Claude Code prints it, after the message that names the error.
fn claude_result(result: &str) -> (String, String, i32) {
    let event: Value = serde_json::from_str(result).unwrap();
    let failed = event["is_error"] == true;
    let message = json!({
        "type": "assistant",
        "message": { "model": "<synthetic>", "content": [] },
        "parent_tool_use_id": null,
        "error": event["assistant_error"],
    });
    let stdout = format!("{message}\n{event}");
    (stdout, String::new(), i32::from(failed))
}

#[test]
fn failures_are_classified() {
    let corpora = [
        ("claude", messages!("claude")),
        ("codex", messages!("codex")),
        ("gemini", messages!("gemini")),
        ("opencode", messages!("opencode")),
        ("amp", messages!("amp")),
        ("copilot", messages!("copilot")),
        ("command", messages!("command")),
    ];
    let mut seen = BTreeSet::new();
    for (provider, corpus) in corpora {
        for line in corpus.lines() {
            let mut columns = line.splitn(3, '\t');
            let mut column = || columns.next().unwrap();
            let (class, place, message) = (column(), column(), column());
            let found = end(provider, place, message);
            let word = found.class().map(FailureClass::as_str);
            assert_eq!(word, Some(class), "{provider}: {line}\n{found:?}");
            seen.insert(class);
        }
    }
    // A hang, a stop and a denial are no messages.
    assert_eq!(seen.len(), FailureClass::ALL.len() - 3, "{seen:?}");
}

#[test]
fn a_nonsensical_reset_is_named_and_not_waited_for() {
    let end = |resets_at: i64| {
        let info = json!({
            "status": "rejected", "rateLimitType": "five_hour", "resetsAt": resets_at,
        });
        let event = json!({ "type": "rate_limit_event", "rate_limit_info": info });
        let result = json!({
            "type": "result", "subtype": "success", "is_error": true, "api_error_status": 429,
            "result": "You've hit your 5-hour limit",
        });
        let (transcript, _) = read(format!("{event}\n{result}\n").as_bytes());
        let spec = spec(PermissionMode::BypassPermissions);
        outcome(&spec, &exit(1), &transcript, no_status(), "", now())
    };
    let now = now().as_second();
    let far = now + 9 * 86_400;
    for (resets_at, expected) in [
        (now - 60, "is in the past"),
        (1000 * (now + 3600), "is in milliseconds"),
        (far, "is more than 8 days away"),
        (-1, "is in the past"),
    ] {
        let Outcome::RateLimited { until, reason } = end(resets_at) else {
            panic!("{resets_at} is no limit");
        };
        assert_eq!(until, None, "{resets_at}");
        let named = format!("the reset it names ({resets_at}) {expected}");
        assert!(reason.contains(&named), "{reason}");
    }
    assert_eq!(
        end(now + 3600).reset().map(Timestamp::as_second),
        Some(now + 3600)
    );
}

#[test]
fn a_date_that_cannot_be_read_is_a_limit_that_says_so() {
    let found = end(
        "codex",
        "event",
        "You've hit your usage limit. Try again at Dec 3rd, 2026 9:00 AM.",
    );
    assert!(found.reason().ends_with("; when it resets cannot be read"));
    let wait = end(
        "codex",
        "event",
        "usage limit; try again in 4 days 20 hours",
    );
    let until = wait.reset().unwrap();
    assert_eq!(until.duration_since(now()).as_hours(), 116);
}

#[test]
fn an_agent_that_was_ended_while_it_waited_for_its_provider_did_not_hang() {
    let retry = |error: &str, status: Value| {
        json!({
            "type": "system", "subtype": "api_retry", "attempt": 3, "max_retries": 10,
            "retry_delay_ms": 4000, "error": error, "error_status": status,
        })
    };
    let ended = |events: &[Value]| {
        let text: String = events.iter().map(|event| format!("{event}\n")).collect();
        let idle = Exit {
            limit: Some(HangKind::Idle),
            ..exit(0)
        };
        let (transcript, _) = read(text.as_bytes());
        let spec = spec(PermissionMode::BypassPermissions);
        outcome(&spec, &idle, &transcript, no_status(), "", now()).class()
    };
    let answer = json!({
        "type": "assistant", "message": { "model": "m", "content": [] }, "parent_tool_use_id": null,
    });
    let overloaded = retry("overloaded", json!(529));
    assert_eq!(
        [
            ended(std::slice::from_ref(&overloaded)),
            ended(&[retry("unknown", Value::Null)]),
            ended(&[retry("rate_limit", json!(429))]),
            ended(&[overloaded, answer]),
        ],
        [
            Some(FailureClass::Outage),
            Some(FailureClass::Outage),
            Some(FailureClass::Throttle),
            Some(FailureClass::Hang),
        ]
    );
}

#[test]
fn a_question_on_a_missing_terminal_is_refused_with_a_hint() {
    let asked = Exit {
        limit: Some(HangKind::Prompt),
        ..exit(1)
    };
    let (transcript, _) = read(b"Do you trust the files in this folder?\n");
    let spec = spec(PermissionMode::BypassPermissions);
    let found = outcome(&spec, &asked, &transcript, no_status(), "", now());
    let Outcome::Refused {
        class,
        reason,
        hint,
    } = found
    else {
        panic!("{found:?}");
    };
    assert_eq!(class, FailureClass::Refused);
    assert!(
        reason.ends_with("Do you trust the files in this folder?"),
        "{reason}"
    );
    assert!(hint.contains("`claude`"), "{hint}");
}

#[test]
fn a_program_that_is_missing_or_short_of_memory_is_the_machines_fault() {
    let spec = spec(PermissionMode::BypassPermissions);
    let class = |exit: Exit| {
        let found = outcome(&spec, &exit, &read(b"").0, no_status(), "", now());
        (found.class(), found.lacks_memory())
    };
    for error in [
        "cannot start claude: No such file or directory (os error 2)",
        "cannot start claude: Too many open files (os error 24)",
        "cannot start claude: Resource temporarily unavailable (os error 11)",
    ] {
        let unstarted = Exit {
            code: None,
            spawn_error: Some(error.to_owned()),
            ..exit(0)
        };
        assert_eq!(class(unstarted), (Some(FailureClass::Environment), false));
    }
    let killed = |out_of_memory| Exit {
        out_of_memory,
        ..exit(-9)
    };
    assert_eq!(class(killed(true)), (Some(FailureClass::Environment), true));
    assert_eq!(class(killed(false)), (Some(FailureClass::Crash), false));
}
