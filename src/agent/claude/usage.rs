//! The usage in the events of Claude Code.
use crate::agent::transcript::json::{dollars, nested, number};
use crate::model::Usage;
use serde_json::Value;

/// Returns a message's usage without its output tokens: events have only the count it began with.
pub(in crate::agent) fn message_usage(usage: &Value) -> Usage {
    Usage {
        input_tokens: number(usage, "input_tokens"),
        cache_read_tokens: number(usage, "cache_read_input_tokens"),
        cache_write_tokens: number(usage, "cache_creation_input_tokens"),
        ..Usage::default()
    }
}

/// Returns the usage of all turns up to this result. `modelUsage` and the cost are totals; `usage` covers one turn, and is
/// zero after a fallback, so it is only used without `modelUsage`.
pub(super) fn total_usage(result: &Value, before: Usage) -> Usage {
    let mut total = Usage {
        turns: before.turns + number(result, "num_turns"),
        cost_usd: dollars(result, "total_cost_usd"),
        ..Usage::default()
    };
    let models = result.get("modelUsage").and_then(Value::as_object);
    match models.filter(|models| !models.is_empty()) {
        Some(models) => models
            .values()
            .for_each(|model| total += model_usage(model)),
        None => {
            let usage = nested(result, "usage");
            total += Usage {
                turns: 0,
                cost_usd: 0.0,
                ..before
            };
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
