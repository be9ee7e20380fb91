//! Whether an agent is done: made-up transcripts that speak of the promise in every way, and none that only looks like it.
use agent_pipelines::agent::{self, AgentSpec, Transcript};
use agent_pipelines::model::{Exit, Outcome, Status};
use agent_pipelines::termination::promises;
use serde_json::{Value, json};

const MESSAGES: &str = include_str!("../data/done/messages.txt");
const PROMISE: &str = "DONE";
/// What an agent says that is still at work.
const OTHER: &str = "I read the next file.";

/// A made-up last message.
struct Message {
    about: &'static str,
    text: String,
    promises: bool,
}

/// Where a message stands in a transcript.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Form {
    Result,
    EarlierText,
    ToolOutput,
    ToolInput,
    Thinking,
    Subagent,
    EarlierResult,
    FailedResult,
    CutResult,
    NoResult,
    Delta,
}

const FORMS: [Form; 11] = [
    Form::Result,
    Form::EarlierText,
    Form::ToolOutput,
    Form::ToolInput,
    Form::Thinking,
    Form::Subagent,
    Form::EarlierResult,
    Form::FailedResult,
    Form::CutResult,
    Form::NoResult,
    Form::Delta,
];

fn messages() -> Vec<Message> {
    let mut found: Vec<Message> = Vec::new();
    for line in MESSAGES.split('\n') {
        let about = line.strip_prefix("+ ").or_else(|| line.strip_prefix("- "));
        match (about, found.last_mut()) {
            // A task list and a diff begin with the same signs; what is about a message holds no markup.
            (Some(about), _) if !about.contains(['<', '[']) => found.push(Message {
                about,
                text: String::new(),
                promises: line.starts_with('+'),
            }),
            (_, Some(message)) => {
                message.text.push_str(line);
                message.text.push('\n');
            }
            (_, None) => (),
        }
    }
    found
}

fn assistant(content: &Value, parent: Option<&str>) -> Value {
    json!({"type": "assistant", "parent_tool_use_id": parent,
        "message": {"id": "msg_1", "role": "assistant", "content": [content]}})
}

fn said(text: &str) -> Value {
    assistant(&json!({"type": "text", "text": text}), None)
}

fn result(text: &str) -> Value {
    json!({"type": "result", "subtype": "success", "is_error": false, "stop_reason": "end_turn", "result": text})
}

fn with(mut event: Value, key: &str, value: Value) -> Value {
    event[key] = value;
    event
}

/// Returns the events of a transcript that holds a message in one place.
fn events(form: Form, text: &str) -> Vec<Value> {
    let tool = |content: &str| {
        let input = json!({"command": content});
        assistant(
            &json!({"type": "tool_use", "id": "t1", "name": "Bash", "input": input}),
            None,
        )
    };
    let output = |content: &str| {
        let block = json!({"type": "tool_result", "tool_use_id": "t1", "content": content});
        json!({"type": "user", "message": {"role": "user", "content": [block]}})
    };
    let ended = [said(OTHER), result(OTHER)];
    let before = match form {
        Form::Result => return vec![said(text), result(text)],
        Form::FailedResult => {
            let failed = with(result(text), "is_error", json!(true));
            return vec![said(text), with(failed, "api_error_status", json!(500))];
        }
        Form::CutResult => {
            return vec![said(text), with(result(text), "stop_reason", Value::Null)];
        }
        Form::NoResult => return vec![said(text)],
        Form::Delta => {
            let delta = json!({"type": "content_block_delta", "index": 0,
                "delta": {"type": "text_delta", "text": text}});
            return vec![json!({"type": "stream_event", "event": delta})];
        }
        Form::EarlierText => vec![said(text)],
        Form::ToolOutput => vec![tool("cat prompt.md"), output(text)],
        Form::ToolInput => vec![tool(text), output("")],
        Form::Thinking => vec![assistant(
            &json!({"type": "thinking", "thinking": text}),
            None,
        )],
        Form::Subagent => vec![assistant(
            &json!({"type": "text", "text": text}),
            Some("t1"),
        )],
        Form::EarlierResult => vec![said(text), result(text)],
    };
    before.into_iter().chain(ended).collect()
}

/// Returns what an attempt with this transcript came to, and whether it promised.
fn read(spec: &AgentSpec, form: Form, text: &str) -> (Outcome, bool) {
    let mut transcript = Transcript::new(spec.adapter().output_format());
    for event in events(form, text) {
        transcript.push(format!("{event}\n").as_bytes());
    }
    transcript.finish();
    let code = i32::from(matches!(
        form,
        Form::NoResult | Form::Delta | Form::FailedResult
    ));
    let exit: Exit = serde_json::from_value(json!({"code": code, "signal": null, "limit": null,
        "cancelled": false, "spawn_error": null, "started_at": "2026-11-30T01:00:00Z",
        "ended_at": "2026-11-30T01:01:00Z", "swept": 0, "scope": "empty", "containment": "groups"}))
    .expect("an exit");
    let status = Ok(Status::parse(r#"{"decision":"continue"}"#).expect("a status"));
    let outcome = agent::outcome(spec, &exit, &transcript, status, "", exit.ended_at);
    let last = transcript.final_text().unwrap_or_default();
    let promised = !transcript.is_cut_off() && promises(last).iter().any(|found| found == PROMISE);
    (outcome, promised)
}

/// Returns an agent that runs Claude Code.
fn claude() -> AgentSpec {
    serde_json::from_value(
        json!({"provider": "claude", "program": "claude", "model": "opus",
        "permissions": "bypassPermissions", "args": [], "keep_env": false, "max_attempts": 3,
        "retry_delay_ms": 5000, "limits": agent::AttemptLimits::default()}),
    )
    .expect("an agent")
}

#[test]
fn only_a_promise_in_the_result_of_an_attempt_without_a_failure_is_done() {
    let (spec, messages) = (claude(), messages());
    let (mut done, mut tried) = (0, 0);
    for message in &messages {
        for form in FORMS {
            let (outcome, promised) = read(&spec, form, &message.text);
            let is_done = promised && matches!(outcome, Outcome::Reported { .. });
            let expected = message.promises && form == Form::Result;
            assert_eq!(
                is_done, expected,
                "{} as {form:?}: {outcome}",
                message.about
            );
            done += usize::from(is_done);
            tried += 1;
        }
    }
    let promising = messages.iter().filter(|message| message.promises).count();
    assert_eq!(done, promising);
    assert!(500 <= tried, "only {tried} transcripts");
}
