//! A turn in the service's own words: a stream of events, one JSON object, or an error.
use super::turn::{Block, Turn};
use serde_json::{Value, json};

/// How much of a text or an input goes into one event: small, so that what reads the stream must put pieces together.
const PIECE: usize = 24;

/// The answer to a request with `"stream": true`.
pub(super) fn events(turn: &Turn, name: &str, model: &Value) -> Vec<String> {
    let mut message = message(turn, name, model);
    message["content"] = json!([]);
    message["stop_reason"] = Value::Null;
    message["usage"]["output_tokens"] = json!(1);
    let mut events = vec![
        json!({ "type": "message_start", "message": message }),
        json!({ "type": "ping" }),
    ];
    for (index, block) in blocks(turn, name).into_iter().enumerate() {
        events.extend(block_events(index, block));
    }
    let delta = json!({ "stop_reason": turn.stop_reason(), "stop_sequence": null });
    events.push(json!({ "type": "message_delta", "delta": delta, "usage": usage() }));
    events.push(json!({ "type": "message_stop" }));
    events
        .iter()
        .map(|event| {
            format!(
                "event: {}\ndata: {event}\n\n",
                event["type"].as_str().unwrap_or_default()
            )
        })
        .collect()
}

fn block_events(index: usize, mut block: Value) -> Vec<Value> {
    let (content, delta, field) = match block["type"].as_str() {
        Some("text") => (
            block["text"].as_str().unwrap_or_default().to_owned(),
            "text_delta",
            "text",
        ),
        _ => (
            block["input"].to_string(),
            "input_json_delta",
            "partial_json",
        ),
    };
    match delta {
        "text_delta" => block["text"] = json!(""),
        _ => block["input"] = json!({}),
    }
    let mut events =
        vec![json!({ "type": "content_block_start", "index": index, "content_block": block })];
    let letters: Vec<char> = content.chars().collect();
    for piece in letters.chunks(PIECE) {
        let piece: String = piece.iter().collect();
        events.push(json!({ "type": "content_block_delta", "index": index, "delta": { "type": delta, field: piece } }));
    }
    events.push(json!({ "type": "content_block_stop", "index": index }));
    events
}

/// The answer to a request without a stream.
pub(super) fn message(turn: &Turn, name: &str, model: &Value) -> Value {
    json!({
        "id": format!("msg_mock_{name}"), "type": "message", "role": "assistant", "model": model,
        "content": blocks(turn, name), "stop_reason": turn.stop_reason(), "stop_sequence": null, "usage": usage(),
    })
}

fn blocks(turn: &Turn, name: &str) -> Vec<Value> {
    let block = |(index, block): (usize, &Block)| match block {
        Block::Text(text) => json!({ "type": "text", "text": text }),
        Block::ToolUse { name: tool, input } => {
            json!({ "type": "tool_use", "id": format!("toolu_mock_{name}_{index}"), "name": tool, "input": input })
        }
    };
    turn.blocks.iter().enumerate().map(block).collect()
}

fn usage() -> Value {
    json!({ "input_tokens": 100, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0, "output_tokens": 20 })
}

/// The body of an error answer.
pub(super) fn error(code: u16, reason: &str) -> Value {
    let kind = match code {
        400 => "invalid_request_error",
        401 => "authentication_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        529 => "overloaded_error",
        _ => "api_error",
    };
    json!({ "type": "error", "error": { "type": kind, "message": reason }, "request_id": "req_mock" })
}
