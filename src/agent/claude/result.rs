//! The `result` event of Claude Code.
use super::usage::settle;
use crate::agent::failure;
use crate::agent::transcript::json::{list, nested, string};
use crate::agent::transcript::{Activity, Denial, TranscriptState, TurnEnd, about};
use crate::text::{clean, first_line};
use serde_json::Value;

/// Reads a result. There may be several; the last one decides how the agent ended.
pub(super) fn read(state: &mut TranscriptState, event: &Value, shown: &mut Vec<Activity>) {
    state.results += 1;
    state.requests.close_all();
    settle(state, event);
    state.retrying = None;
    state.is_cut_off = is_cut_off(event);
    let end = turn_end(event);
    if !end.is_error {
        state.error.clear();
    }
    if let Some(kind) = kind(event) {
        kind.clone_into(&mut state.error);
    }
    let text = string(event, "result");
    state.result_text = (!end.is_error && !text.trim().is_empty()).then_some(text);
    let structured = nested(event, "structured_output");
    if !structured.is_null() {
        state.structured = Some(structured.clone());
    }
    for denial in list(event, "permission_denials") {
        state.remember(Denial {
            tool: clean(&string(denial, "tool_name")),
            about: about(nested(denial, "tool_input")),
            id: clean(&string(denial, "tool_use_id")),
        });
    }
    shown.push(Activity::Finished {
        error: error(&end),
        usage: state.settled,
    });
    state.turn_end = Some(end);
}

/// Returns the kind of a failure that only a result reports: the program could not start, or its own budget is used up.
fn kind(result: &Value) -> Option<&'static str> {
    if !string(result, "startup_failure_reason").is_empty() {
        return Some(failure::STARTUP);
    }
    let is_budget = string(result, "terminal_reason") == "budget_exhausted"
        || string(result, "subtype") == "error_max_budget_usd";
    if string(result, "subtype") == "error_max_turns" {
        return Some(failure::TURNS);
    }
    is_budget.then_some(failure::BUDGET)
}

/// Whether the connection was lost within the answer. 2.1.197 reports that as a success, without a reason for its end.
fn is_cut_off(result: &Value) -> bool {
    result.get("stop_reason").is_some_and(Value::is_null)
        && string(result, "subtype") == "success"
        && result.get("is_error").and_then(Value::as_bool) == Some(false)
}

fn error(end: &TurnEnd) -> Option<String> {
    let text = if end.error.is_empty() {
        &end.reason
    } else {
        &end.error
    };
    end.is_error.then(|| text.clone())
}

/// Reads how a turn ended. `subtype` does not show a failure: that of an API failure is `success`.
fn turn_end(result: &Value) -> TurnEnd {
    let is_error =
        result.get("is_error").and_then(Value::as_bool) == Some(true) || kind(result).is_some();
    let message = list(result, "errors")
        .next()
        .and_then(Value::as_str)
        .or_else(|| result.get("result").and_then(Value::as_str))
        .unwrap_or_default();
    let reason = ["startup_failure_reason", "terminal_reason", "subtype"]
        .map(|key| string(result, key))
        .into_iter()
        .find(|reason| !reason.is_empty())
        .unwrap_or_default();
    TurnEnd {
        is_error,
        api_status: result.get("api_error_status").and_then(Value::as_i64),
        error: if is_error {
            first_line(message)
        } else {
            String::new()
        },
        reason: clean(&reason),
    }
}
