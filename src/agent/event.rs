//! The parts of Claude Code's events that are kept.
use crate::model::Usage;
use crate::text::{clean, first_line};
use jiff::Timestamp;
use serde_json::Value;

/// What the provider said about the quota, last.
#[derive(Clone, Debug, PartialEq)]
pub struct RateLimit {
    pub rejected: bool,
    /// The window it is about (`five_hour`, `seven_day`); empty for mere throttling.
    pub window: String,
    pub resets_at: Option<Timestamp>,
    /// All windows it told about.
    pub windows: Vec<Window>,
}

/// How full one quota window is.
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    pub name: String,
    /// 0 to 1.
    pub used: f64,
    pub resets_at: Option<Timestamp>,
}

/// A tool call that was not permitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denial {
    pub tool: String,
    /// The command or file it was about.
    pub about: String,
    pub(super) id: String,
}

/// What a `result` event says about how the turn ended.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Verdict {
    pub(super) is_error: bool,
    pub(super) api_status: Option<i64>,
    /// Why it ended: `completed`, `api_error`, `max_turns`, `aborted_tools`, ….
    pub(super) reason: String,
    /// The error in words; empty without one.
    pub(super) error: String,
}

pub(super) fn string(value: &Value, key: &str) -> String {
    value
        .get(key)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

/// Reads a count. Nothing real is as large as the bound; it keeps sums from overflowing.
pub(super) fn number(value: &Value, key: &str) -> u64 {
    value
        .get(key)
        .and_then(Value::as_u64)
        .unwrap_or_default()
        .min(1 << 40)
}

fn seconds(value: &Value, key: &str) -> Option<Timestamp> {
    value
        .get(key)
        .and_then(Value::as_i64)
        .and_then(|seconds| Timestamp::from_second(seconds).ok())
}

/// Reads `rate_limit_info`.
pub(super) fn rate_limit(info: &Value) -> RateLimit {
    let windows = info.get("unifiedWindows").and_then(Value::as_object);
    let window = |(name, window): (&String, &Value)| Window {
        name: clean(name),
        used: window
            .get("utilization")
            .and_then(Value::as_f64)
            .unwrap_or_default(),
        resets_at: seconds(window, "resetsAt"),
    };
    RateLimit {
        // Paid overage is served although the window itself is used up.
        rejected: info.get("status").and_then(Value::as_str) == Some("rejected")
            && info.get("isUsingOverage").and_then(Value::as_bool) != Some(true),
        window: clean(&string(info, "rateLimitType")),
        resets_at: seconds(info, "resetsAt"),
        windows: windows.into_iter().flatten().take(8).map(window).collect(),
    }
}

/// Reads how a result says its turn ended. `subtype` is not asked: an API failure calls itself `success`.
pub(super) fn verdict(result: &Value) -> Verdict {
    let is_error = result
        .get("is_error")
        .and_then(Value::as_bool)
        .unwrap_or(false);
    let first = result
        .get("errors")
        .and_then(|errors| errors.get(0))
        .and_then(Value::as_str);
    let told = first
        .or_else(|| result.get("result").and_then(Value::as_str))
        .unwrap_or_default();
    let reason = match string(result, "terminal_reason") {
        reason if reason.is_empty() => string(result, "subtype"),
        reason => reason,
    };
    Verdict {
        is_error,
        api_status: result.get("api_error_status").and_then(Value::as_i64),
        error: if is_error {
            first_line(told)
        } else {
            String::new()
        },
        reason: clean(&reason),
    }
}

/// Reads what all turns up to this result used. `modelUsage` and the cost are totals; `usage` covers one turn, and
/// is zero after a fallback, so it is only asked where there is nothing else.
pub(super) fn total(result: &Value, before: Usage) -> Usage {
    let mut total = Usage {
        turns: before.turns + number(result, "num_turns"),
        ..Usage::default()
    };
    total.cost_usd = result
        .get("total_cost_usd")
        .and_then(Value::as_f64)
        .filter(|cost| cost.is_finite() && *cost >= 0.0)
        .unwrap_or_default();
    match result
        .get("modelUsage")
        .and_then(Value::as_object)
        .filter(|models| !models.is_empty())
    {
        Some(models) => models
            .values()
            .for_each(|model| total += model_usage(model)),
        None => {
            let usage = result.get("usage").unwrap_or(&Value::Null);
            let known = Usage {
                turns: 0,
                cost_usd: 0.0,
                ..before
            };
            total += known;
            total += Usage {
                output_tokens: number(usage, "output_tokens"),
                ..message_usage(usage)
            };
        }
    }
    total
}

fn model_usage(model: &Value) -> Usage {
    Usage {
        input_tokens: number(model, "inputTokens"),
        output_tokens: number(model, "outputTokens"),
        cache_read_tokens: number(model, "cacheReadInputTokens"),
        cache_write_tokens: number(model, "cacheCreationInputTokens"),
        ..Usage::default()
    }
}

/// Reads a message's own usage without its output: events carry only the value it started with.
pub(super) fn message_usage(usage: &Value) -> Usage {
    Usage {
        input_tokens: number(usage, "input_tokens"),
        cache_read_tokens: number(usage, "cache_read_input_tokens"),
        cache_write_tokens: number(usage, "cache_creation_input_tokens"),
        ..Usage::default()
    }
}
