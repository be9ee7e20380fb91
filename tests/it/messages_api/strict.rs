//! Requests that the real service would refuse, and that no test may send.
use super::request::Request;
use serde_json::Value;
use std::collections::BTreeSet;

/// Everything wrong with a request for a turn.
pub(super) fn violations(request: &Request) -> Vec<String> {
    let mut found = request.message().faults.clone();
    headers(request, &mut found);
    if !request.body.is_object() {
        found.push("the body is not a JSON object".to_owned());
        return found;
    }
    parameters(request, &mut found);
    tools(request, &mut found);
    messages(request, &mut found);
    found
}

fn headers(request: &Request, found: &mut Vec<String>) {
    let mut expect = |name: &str, fits: &dyn Fn(&str) -> bool| {
        let value = request.header(name);
        if !value.is_some_and(fits) {
            found.push(format!("the header {name} is {value:?}"));
        }
    };
    expect("host", &|value| value.starts_with("127.0.0.1:"));
    expect("anthropic-version", &|value| value == "2023-06-01");
    expect("content-type", &|value| {
        value.split(';').next() == Some("application/json")
    });
    expect("x-claude-code-session-id", &|value| value.len() == 36);
    credentials(request, found);
}

/// A real key must never reach a test: only ones that say they are dummies may pass, and none is repeated in a message.
fn credentials(request: &Request, found: &mut Vec<String>) {
    match (request.header("x-api-key"), request.header("authorization")) {
        (Some(key), None) if key.starts_with("sk-ant-dummy-") => {}
        (None, Some(token)) if token.starts_with("Bearer sk-ant-oat01-dummy-") => {}
        (None, None) => {
            found.push("there is neither an x-api-key nor an authorization header".to_owned());
        }
        (Some(_), Some(_)) => found.push("both x-api-key and authorization are given".to_owned()),
        (Some(_), None) | (None, Some(_)) => {
            found.push("the credentials are not dummies".to_owned());
        }
    }
}

fn parameters(request: &Request, found: &mut Vec<String>) {
    let body = &request.body;
    if body["model"].as_str().is_none_or(str::is_empty) {
        found.push(format!("the model is {}", body["model"]));
    }
    if body["max_tokens"].as_u64().is_none_or(|tokens| tokens == 0) {
        found.push(format!("max_tokens is {}", body["max_tokens"]));
    }
    if !(body["stream"].is_null() || body["stream"].is_boolean()) {
        found.push(format!("stream is {}", body["stream"]));
    }
}

fn tools(request: &Request, found: &mut Vec<String>) {
    let mut seen = BTreeSet::new();
    for name in request.tools() {
        if !seen.insert(name) {
            found.push(format!("the tool {name} is offered twice"));
        }
    }
}

fn messages(request: &Request, found: &mut Vec<String>) {
    let messages = request.messages();
    for message in messages {
        message_form(message, found);
    }
    // Instructions may stand between turns; who speaks when is about the others.
    let turns: Vec<&Value> = messages
        .iter()
        .filter(|message| message["role"] != "system")
        .collect();
    for (place, expected) in [("first", turns.first()), ("last", turns.last())] {
        if expected.is_none_or(|message| message["role"] != "user") {
            found.push(format!("the {place} message is not the user's"));
        }
    }
    for (index, message) in turns.iter().enumerate() {
        let asked = if message["role"] == "user" {
            index
                .checked_sub(1)
                .map_or_else(Vec::new, |before| calls(turns[before]))
        } else {
            vec![]
        };
        results_answer_calls(&asked, message, found);
    }
    let mut seen = BTreeSet::new();
    for id in turns.iter().flat_map(|message| calls(message)) {
        if !id.starts_with("toolu_mock_") {
            found.push(format!("the tool call {id} is not one of ours"));
        }
        if !seen.insert(id) {
            found.push(format!("the tool call {id} is in the conversation twice"));
        }
    }
}

fn message_form(message: &Value, found: &mut Vec<String>) {
    let role = message["role"].as_str().unwrap_or_default();
    if !["user", "assistant", "system"].contains(&role) {
        found.push(format!("a message has the role {}", message["role"]));
    }
    if message["content"]
        .as_str()
        .is_some_and(|text| !text.is_empty())
    {
        return;
    }
    if message["content"].as_array().is_none_or(Vec::is_empty) {
        found.push(format!("a message of the {role} has no content"));
    }
    for block in blocks(message) {
        let fits = match (block["type"].as_str(), role) {
            (Some("text"), _) => block["text"].as_str().is_some_and(|text| !text.is_empty()),
            (Some("tool_result" | "image" | "document"), role) => role == "user",
            (Some("tool_use"), role) => {
                role == "assistant" && block["input"].is_object() && block["name"].is_string()
            }
            (Some("thinking" | "redacted_thinking"), role) => role == "assistant",
            (Some(_) | None, _) => false,
        };
        if !fits {
            let start: String = block.to_string().chars().take(200).collect();
            found.push(format!("a message of the {role} has the block {start}"));
        }
    }
}

/// Each call is answered once, in the very next message, and nothing else is.
fn results_answer_calls(asked: &[&str], message: &Value, found: &mut Vec<String>) {
    let results = blocks(message).filter(|block| block["type"] == "tool_result");
    let answered: Vec<&str> = results
        .map(|block| block["tool_use_id"].as_str().unwrap_or_default())
        .collect();
    let (mut left, mut right) = (asked.to_vec(), answered);
    left.sort_unstable();
    right.sort_unstable();
    if left != right {
        found.push(format!(
            "the tool calls {left:?} are answered by results for {right:?}"
        ));
    }
}

fn calls(message: &Value) -> Vec<&str> {
    let calls = blocks(message).filter(|block| block["type"] == "tool_use");
    calls
        .map(|block| block["id"].as_str().unwrap_or_default())
        .collect()
}

fn blocks(message: &Value) -> impl Iterator<Item = &Value> {
    message["content"].as_array().into_iter().flatten()
}
