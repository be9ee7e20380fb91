//! The events of Claude Code.
use super::prices;
use super::quota;
use super::requests;
use super::result;
use super::usage::priced;
use crate::agent::failure;
use crate::agent::signs::is_repeated;
use crate::agent::transcript::json::{list, nested, number, string};
use crate::agent::transcript::{Activity, Denial, RateLimit, TranscriptState, Turn, about};
use crate::model::{Share, Usage};
use crate::text::{clean, first_line};
use jiff::Timestamp;
use serde_json::Value;

/// Reads one event.
pub(in crate::agent) fn read(
    state: &mut TranscriptState,
    kind: &str,
    event: &Value,
    shown: &mut Vec<Activity>,
) {
    match kind {
        "system" => system(state, event, shown),
        "assistant" => assistant(state, event, shown),
        "user" => user(state, event, shown),
        "result" => result::read(state, event, shown),
        "rate_limit_event" => quota_event(state, event, shown),
        "control_request" => open_request(state, event, shown),
        "control_response" => state
            .requests
            .close(&string(nested(event, "response"), "request_id")),
        "control_cancel_request" => state.requests.close(&string(event, "request_id")),
        // Parts of messages and answers to requests: their content comes again as a whole.
        "stream_event" | "keep_alive" | "command_lifecycle" | "session_title_changed" => {}
        other => shown.push(Activity::unknown(other)),
    }
}

fn system(state: &mut TranscriptState, event: &Value, shown: &mut Vec<Activity>) {
    let text = |key: &str| string(event, key);
    let activity = match text("subtype").as_str() {
        "init" => {
            state.key_source = text("apiKeySource");
            Activity::Started {
                model: clean(&text("model")),
                version: clean(&text("claude_code_version")),
            }
        }
        "api_retry" => {
            let status = event.get("error_status").and_then(Value::as_i64);
            state.retrying = Some(retry_kind(&text("error"), status).to_owned());
            retrying(event)
        }
        "permission_denied" => {
            state.denied_call = text("tool_use_id");
            denied(event)
        }
        "model_fallback" => Activity::notice(&format!(
            "model {} is not available, using {}",
            text("original_model"),
            text("fallback_model")
        )),
        "task_started" => Activity::notice(&format!("sub-agent started: {}", text("description"))),
        "compact_boundary" => Activity::notice("the conversation was compacted"),
        "informational" | "notification" => Activity::notice(&(text("content") + &text("text"))),
        "hook_response" if number(event, "exit_code") != 0 => Activity::notice(&format!(
            "hook {} failed: {}",
            text("hook_name"),
            text("stderr")
        )),
        _ => return,
    };
    shown.push(activity);
}

fn denied(event: &Value) -> Activity {
    let message = first_line(&string(event, "message"));
    // The text after this marker is advice for the model.
    let message = message.split(" IMPORTANT:").next().unwrap_or_default();
    Activity::Denied {
        tool: clean(&string(event, "tool_name")),
        message: message.to_owned(),
    }
}

fn assistant(state: &mut TranscriptState, event: &Value, shown: &mut Vec<Activity>) {
    let sub = !nested(event, "parent_tool_use_id").is_null();
    if !sub {
        state.error = string(event, "error");
    }
    let Some(message) = event.get("message") else {
        return;
    };
    if is_synthetic(message) && event.get("error").is_some() {
        // The result repeats the message of a failure.
        return;
    }
    state.retrying = None;
    if let Some(limit) = &mut state.rate_limit {
        // The provider answers, so the quota is no longer used up.
        limit.rejected = false;
    }
    count(state, message, sub);
    for block in list(message, "content") {
        match string(block, "type").as_str() {
            "text" => text(state, string(block, "text"), sub, shown),
            "tool_use" => shown.push(Activity::Tool {
                name: clean(&string(block, "name")),
                about: about(nested(block, "input")),
                sub,
            }),
            _ => {}
        }
    }
}

fn text(state: &mut TranscriptState, text: String, sub: bool, shown: &mut Vec<Activity>) {
    if sub {
        shown.push(Activity::Text {
            text: clean(&text),
            sub,
        });
    } else {
        state.push_text(text, shown);
    }
}

/// Counts a message once, although each of its blocks repeats its usage. Its output is estimated by the blocks.
fn count(state: &mut TranscriptState, message: &Value, sub: bool) {
    let id = string(message, "id");
    if id.is_empty() {
        return;
    }
    let model = clean(&string(message, "model"));
    let price = prices::of_model(&model);
    let usage = priced(nested(message, "usage"), price);
    let more = state.reckoning.add(&Turn {
        id: &id,
        model: &model,
        usage: Usage {
            turns: u64::from(!sub),
            ..usage
        },
        bytes: list(message, "content").map(size).sum(),
        output_price: price.output,
    });
    state.live += more;
}

/// Returns about how many bytes of an answer a block is. Of a thought that is not shown its signature tells the length.
fn size(block: &Value) -> u64 {
    let signature = string(block, "signature").len() as u64 * 3 / 4;
    let texts = ["text", "thinking", "name"].map(|key| string(block, key).len() as u64);
    texts.iter().sum::<u64>().max(signature) + json_size(nested(block, "input"))
}

/// Returns about how many bytes a value has as JSON.
fn json_size(value: &Value) -> u64 {
    match value {
        Value::Null => 0,
        Value::Bool(_) | Value::Number(_) => 4,
        Value::String(text) => text.len() as u64 + 2,
        Value::Array(values) => values.iter().map(|value| json_size(value) + 1).sum(),
        Value::Object(fields) => {
            let fields = fields.iter();
            fields
                .map(|(key, value)| key.len() as u64 + 4 + json_size(value))
                .sum()
        }
    }
}

/// Shows the results of tool calls that failed.
fn user(state: &mut TranscriptState, event: &Value, shown: &mut Vec<Activity>) {
    if is_repeated(event) {
        state.heard(string(event, "uuid"));
        return;
    }
    state.reckoning.end_turn();
    for block in list(nested(event, "message"), "content") {
        state.requests.call_ended(&string(block, "tool_use_id"));
    }
    let failed = |block: &&Value| block.get("is_error").and_then(Value::as_bool) == Some(true);
    for block in list(nested(event, "message"), "content").filter(failed) {
        let call = string(block, "tool_use_id");
        if !call.is_empty() && call == state.denied_call {
            continue;
        }
        let message = first_line(&without_tags(&block_text(block)));
        if let Some(tool) = disabled_tool(&message) {
            state.remember(Denial {
                tool: clean(tool),
                about: String::new(),
                id: clean(&call),
            });
        }
        shown.push(Activity::ToolFailed { message });
    }
}

/// Returns the tool of a call that failed because a rule disables the whole tool. 2.1.329 does not count it among the
/// denials, and reports it in no other way.
fn disabled_tool(message: &str) -> Option<&str> {
    let tool = message
        .strip_prefix("Error: No such tool available: ")?
        .split(". ")
        .next()?;
    message
        .contains(" is disabled for this session")
        .then_some(tool)
}

/// Returns a tool's error without the tags that are for the model.
fn without_tags(text: &str) -> String {
    text.replace("<tool_use_error>", "")
        .replace("</tool_use_error>", "")
}

/// Whether the program wrote the message itself, to report a failure.
fn is_synthetic(message: &Value) -> bool {
    message.get("model").and_then(Value::as_str) == Some("<synthetic>")
}

/// Returns the text of a tool's answer, which is a text or a list of parts.
fn block_text(block: &Value) -> String {
    match block.get("content") {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => {
            let texts: Vec<String> = parts.iter().map(|part| string(part, "text")).collect();
            texts.join(" ")
        }
        _ => String::new(),
    }
}

fn open_request(state: &mut TranscriptState, event: &Value, shown: &mut Vec<Activity>) {
    match requests::permission(event) {
        Some(request) => state.requests.open(request),
        None => {
            let kind = string(nested(event, "request"), "subtype");
            shown.push(Activity::notice(&format!(
                "the program requests `{kind}`, which this version of ap does not answer"
            )));
        }
    }
}

fn quota_event(state: &mut TranscriptState, event: &Value, shown: &mut Vec<Activity>) {
    let Some(info) = event.get("rate_limit_info") else {
        return;
    };
    let (limit, report) = (rate_limit(info), quota::of_event(info));
    state.subscription |= !limit.window.is_empty();
    let mut readings = report.readings.iter();
    let used = readings.find(|it| it.window.as_str() == limit.window);
    shown.push(Activity::Quota {
        status: clean(&string(info, "status")),
        window: limit.window.clone(),
        used: used.and_then(|it| it.used).map(Share::fraction),
        resets_at: limit.resets_at,
    });
    state.add_quota(report);
    state.rate_limit = Some(limit);
}

/// Reads `rate_limit_info`.
fn rate_limit(info: &Value) -> RateLimit {
    RateLimit {
        // Paid overage is served although the window itself is used up.
        rejected: info.get("status").and_then(Value::as_str) == Some("rejected")
            && info.get("isUsingOverage").and_then(Value::as_bool) != Some(true),
        window: clean(&string(info, "rateLimitType")),
        resets_at: seconds(info, "resetsAt"),
        reset_number: info.get("resetsAt").and_then(Value::as_i64),
    }
}

fn seconds(value: &Value, key: &str) -> Option<Timestamp> {
    let seconds = value.get(key).and_then(Value::as_i64)?;
    Timestamp::from_second(seconds).ok()
}

/// Returns the kind of the failure that makes the program send a request again.
fn retry_kind(error: &str, status: Option<i64>) -> &'static str {
    match (error, failure::kind(status, "")) {
        ("rate_limit", "") => failure::RATE_LIMIT,
        ("authentication_failed", "") => "authentication_failed",
        (_, "") => failure::OUTAGE,
        (_, kind) => kind,
    }
}

fn retrying(event: &Value) -> Activity {
    Activity::Retrying {
        attempt: number(event, "attempt"),
        of: number(event, "max_retries"),
        in_ms: number(event, "retry_delay_ms"),
        error: request_error(
            &string(event, "error"),
            event.get("error_status").and_then(Value::as_u64),
        ),
    }
}

/// Describes why a request failed, by the provider's word for it and the HTTP status.
fn request_error(kind: &str, status: Option<u64>) -> String {
    let error = match kind {
        "overloaded" => "API overloaded",
        "rate_limit" => "API rate limit",
        "authentication_failed" => "API refuses the login",
        "server_error" => "API error",
        "" | "unknown" => "API not reachable",
        other => other,
    };
    match status {
        Some(status) => format!("{} ({status})", clean(error)),
        None => clean(error),
    }
}
