//! The mock refuses what the real service refuses, so that our mistakes fail in tests too.
use crate::messages_api::{MockApi, script, turn};
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

const KEY: &str = "x-api-key: sk-ant-dummy-0";

fn api() -> MockApi {
    MockApi::start(script().conversation(|_| vec![turn().text("hello")]))
}

/// Sends bytes as they are and returns all that comes back until the server closes.
fn send(api: &MockApi, text: &str) -> String {
    exchange(api, text).expect("the server answers and closes")
}

fn exchange(api: &MockApi, text: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(api.url().trim_start_matches("http://"))?;
    stream.write_all(text.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

fn head(first: &str, headers: &[&str]) -> String {
    let session = "x-claude-code-session-id: 00000000-0000-4000-8000-000000000000";
    let fixed = [
        "host: 127.0.0.1:1",
        "anthropic-version: 2023-06-01",
        "content-type: application/json",
        session,
    ];
    let lines: Vec<&str> = [first]
        .into_iter()
        .chain(fixed)
        .chain(headers.iter().copied())
        .collect();
    format!("{}\r\n\r\n", lines.join("\r\n"))
}

fn post(api: &MockApi, headers: &[&str], body: &Value) -> String {
    let body = body.to_string();
    let length = format!("content-length: {}", body.len());
    let headers: Vec<&str> = headers
        .iter()
        .copied()
        .chain([length.as_str(), "connection: close"])
        .collect();
    send(
        api,
        &format!(
            "{}{body}",
            head("POST /v1/messages?beta=true HTTP/1.1", &headers)
        ),
    )
}

fn body(messages: &Value) -> Value {
    json!({ "model": "claude-x", "max_tokens": 10, "messages": messages })
}

fn good() -> Value {
    body(&json!([{ "role": "user", "content": "hi" }]))
}

/// The one violation a request is answered with.
fn violation(headers: &[&str], body: &Value) -> String {
    let api = api();
    let answer = post(&api, headers, body);
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    api.take_violations().join("\n")
}

#[test]
fn a_valid_request_gets_the_whole_answer() {
    let api = api();
    let answer = post(&api, &[KEY], &good());
    let (head, answer) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    let answer: Value = serde_json::from_str(answer).unwrap();
    assert_eq!(
        (&answer["content"], &answer["stop_reason"]),
        (
            &json!([{ "type": "text", "text": "hello" }]),
            &json!("end_turn")
        )
    );
    api.assert_clean();
}

#[test]
fn one_connection_carries_both_kinds_of_body_and_both_kinds_of_answer() {
    let api = api();
    let (plain, mut streamed) = (good().to_string(), good());
    streamed["stream"] = json!(true);
    let streamed = streamed.to_string();
    let (first, second) = streamed.split_at(7);
    let first_head = head(
        "POST /v1/messages HTTP/1.1",
        &[KEY, &format!("content-length: {}", plain.len())],
    );
    let second_head = head(
        "POST /v1/messages HTTP/1.1",
        &[KEY, "transfer-encoding: chunked", "connection: close"],
    );
    let chunks = format!(
        "7\r\n{first}\r\n{:x}\r\n{second}\r\n0\r\n\r\n",
        second.len()
    );
    let answer = send(
        &api,
        &format!(
            "HEAD / HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n{first_head}{plain}{second_head}{chunks}"
        ),
    );
    assert_eq!(answer.matches("HTTP/1.1 200 ").count(), 3, "{answer}");
    assert!(answer.contains("event: message_stop"), "{answer}");
    assert!(answer.ends_with("0\r\n\r\n"), "{answer}");
    assert_eq!(api.requests().len(), 3);
}

#[test]
fn only_dummy_credentials_may_come_and_only_one() {
    assert_eq!(
        violation(&[], &good()),
        "request 1: there is neither an x-api-key nor an authorization header"
    );
    assert_eq!(
        violation(&["x-api-key: sk-ant-api03-x"], &good()),
        "request 1: the credentials are not dummies"
    );
    assert_eq!(
        violation(&["authorization: Bearer sk-ant-oat01-x"], &good()),
        "request 1: the credentials are not dummies"
    );
    let both = violation(
        &[KEY, "authorization: Bearer sk-ant-oat01-dummy-0"],
        &good(),
    );
    assert_eq!(
        both,
        "request 1: both x-api-key and authorization are given"
    );
}

#[test]
fn required_parameters_are_required() {
    let wrong =
        json!({ "stream": 1, "max_tokens": 0, "messages": [{ "role": "user", "content": "hi" }] });
    let expected = [
        "request 1: the model is null",
        "request 1: max_tokens is 0",
        "request 1: stream is 1",
    ];
    assert_eq!(violation(&[KEY], &wrong), expected.join("\n"));
    assert_eq!(
        violation(&[KEY], &json!([])),
        "request 1: the body is not a JSON object"
    );
}

#[test]
fn a_tool_result_must_answer_the_call_before_it() {
    let history = |id: &str| {
        let call =
            json!({ "type": "tool_use", "id": "toolu_mock_0_0_0", "name": "Bash", "input": {} });
        let result = json!({ "type": "tool_result", "tool_use_id": id, "content": "ok" });
        let user = json!({ "role": "user", "content": "hi" });
        body(
            &json!([user, { "role": "assistant", "content": [call] }, { "role": "user", "content": [result] }]),
        )
    };
    let other = violation(&[KEY], &history("toolu_mock_0_0_1"));
    assert!(
        other.starts_with(r#"request 1: the tool calls ["toolu_mock_0_0_0"] are answered by results for ["toolu_mock_0_0_1"]"#),
        "{other}"
    );
    // The call is answered, so all that is wrong is that the script has no second turn.
    assert_eq!(
        violation(&[KEY], &history("toolu_mock_0_0_0")),
        "request 1: conversation 0 has no turn 1 in the script"
    );
}

#[test]
fn messages_have_known_roles_and_something_to_say() {
    let found = violation(
        &[KEY],
        &body(
            &json!([{ "role": "robot", "content": "hi" }, { "role": "user", "content": [{ "type": "text", "text": "" }] }]),
        ),
    );
    let expected = [
        r#"request 1: a message has the role "robot""#,
        r#"request 1: a message of the user has the block {"text":"","type":"text"}"#,
        "request 1: the first message is not the user's",
    ];
    assert_eq!(found, expected.join("\n"));
}

#[test]
fn other_paths_and_what_is_not_http_are_recorded() {
    let api = api();
    let answer = send(
        &api,
        "GET /v1/models HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n",
    );
    assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");
    send(&api, "EHLO\r\n");
    assert_eq!(
        api.take_violations(),
        [
            "request 1: GET /v1/models is not part of the mock",
            "not HTTP: not a request line: \"EHLO\""
        ]
    );
}

#[test]
fn a_violation_fails_the_test_when_the_mock_is_dropped() {
    let api = api();
    post(&api, &[], &good());
    let dropped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(api)));
    assert!(dropped.is_err());
}
