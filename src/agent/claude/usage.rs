//! The usage in the events of Claude Code.
use super::prices::{self, Price};
use crate::agent::transcript::json::{nested, number};
use crate::agent::transcript::{Cost, TranscriptState};
use crate::model::Usage;
use crate::text::clean;
use serde_json::{Map, Value};

/// Returns a message's usage without its output tokens: events have only the count it began with.
pub(in crate::agent) fn message_usage(usage: &Value) -> Usage {
    Usage {
        input_tokens: number(usage, "input_tokens"),
        cache_read_tokens: number(usage, "cache_read_input_tokens"),
        cache_write_tokens: number(usage, "cache_creation_input_tokens"),
        ..Usage::default()
    }
}

/// Returns a message's usage with the output tokens it has so far and what that costs.
pub(super) fn priced(usage: &Value, price: &Price) -> Usage {
    let hour = number(nested(usage, "cache_creation"), "ephemeral_1h_input_tokens");
    let tokens = Usage {
        output_tokens: number(usage, "output_tokens"),
        ..message_usage(usage)
    };
    Usage {
        cost_usd: price.cost(&tokens, hour),
        ..tokens
    }
}

/// Takes over what a result reports of all turns up to it. `modelUsage` comes first: `usage` covers one turn, and is zero
/// after a fallback.
///
/// `modelUsage` and `total_cost_usd` are totals, which in a resumed conversation include the runs before this one (2.1.329).
/// What was used since the last result is under a key of its own there, and only that counts.
pub(super) fn settle(state: &mut TranscriptState, result: &Value) {
    let turns = state.settled.turns + number(result, "num_turns");
    let models = |key| result.get(key).and_then(Value::as_object);
    let total_usd = Cost::of(state, result, "total_cost_usd");
    if let Some(since) = models("model_usage_since_last_result") {
        for (name, usage) in by_model(state, since) {
            state.settled += usage;
            *state.models.entry(name).or_default() += usage;
        }
    } else if let Some(totals) = models("modelUsage").filter(|models| !models.is_empty()) {
        let totals = by_model(state, totals);
        state.settled = Usage::default();
        totals.iter().for_each(|(_, usage)| state.settled += *usage);
        state.models = totals.into_iter().collect();
    } else {
        let usage = nested(result, "usage");
        state.settled += Usage {
            output_tokens: number(usage, "output_tokens"),
            ..message_usage(usage)
        };
        state.settled.cost_usd = match total_usd {
            Cost::Believed(usd) => usd,
            Cost::Absent => state.settled.cost_usd,
            Cost::Refused => state.reckoning.total.cost_usd,
        };
    }
    state.settled.turns = turns;
    state.live = Usage::default();
}

/// Returns the usage of each model, the first sixteen. A cost that is missing or not believed is reckoned.
fn by_model(state: &mut TranscriptState, models: &Map<String, Value>) -> Vec<(String, Usage)> {
    const MAX_MODELS: usize = 16;
    let models = models.iter().take(MAX_MODELS);
    models
        .map(|(name, model)| (clean(name), model_usage(state, name, model)))
        .collect()
}

fn model_usage(state: &mut TranscriptState, name: &str, model: &Value) -> Usage {
    let tokens = Usage {
        input_tokens: number(model, "inputTokens"),
        output_tokens: number(model, "outputTokens"),
        cache_read_tokens: number(model, "cacheReadInputTokens"),
        cache_write_tokens: number(model, "cacheCreationInputTokens"),
        ..Usage::default()
    };
    let hour = number(model, "cacheCreationEphemeral1hInputTokens");
    let cost_usd = match Cost::of(state, model, "costUSD") {
        Cost::Believed(usd) => usd,
        Cost::Absent | Cost::Refused => prices::of_model(name).cost(&tokens, hour),
    };
    Usage { cost_usd, ..tokens }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn settled(results: &[Value]) -> TranscriptState {
        let mut state = TranscriptState::default();
        for result in results {
            settle(&mut state, result);
        }
        state
    }

    fn model(input: u64, usd: impl Into<Value>) -> Value {
        json!({ "inputTokens": input, "outputTokens": 10, "costUSD": usd.into() })
    }

    #[test]
    fn a_resumed_conversation_counts_only_its_increase() {
        let state = settled(&[json!({
            "total_cost_usd": 0.9, "num_turns": 2,
            "modelUsage": { "opus": model(3000, 0.9) },
            "model_usage_since_last_result": { "opus": model(1000, 0.3) },
        })]);
        assert_eq!(
            (state.settled.input_tokens, state.settled.cost_usd),
            (1000, 0.3)
        );
        assert_eq!(state.models["opus"].cost_usd, 0.3);
    }

    #[test]
    fn several_results_of_a_run_add_up_to_the_last_total() {
        let result = |total: u64, since: u64| {
            json!({
                "num_turns": 1,
                "modelUsage": { "opus": model(total, 0.5) },
                "model_usage_since_last_result": { "opus": model(since, 0.25) },
            })
        };
        let state = settled(&[result(400, 400), result(500, 100)]);
        assert_eq!((state.settled.input_tokens, state.settled.turns), (500, 2));
        assert_eq!(state.settled.cost_usd, 0.5);
        // 2.1.197 reports totals only.
        let totals = |input| json!({ "modelUsage": { "opus": model(input, 0.5) } });
        assert_eq!(
            settled(&[totals(400), totals(500)]).settled.input_tokens,
            500
        );
    }

    #[test]
    fn a_cost_that_cannot_be_is_named_and_reckoned_instead() {
        for (cost, shown) in [
            (json!(-1.5), "costUSD is -1.5"),
            (json!("NaN"), "costUSD is \"NaN\""),
            (json!(1e30), "costUSD is 1e+30"),
            (json!([]), "costUSD is []"),
        ] {
            let state = settled(&[json!({ "modelUsage": { "opus": model(1_000_000, cost) } })]);
            let expected = prices::of_model("opus").cost(
                &Usage {
                    input_tokens: 1_000_000,
                    output_tokens: 10,
                    ..Usage::default()
                },
                0,
            );
            assert_eq!(state.settled.cost_usd, expected, "{shown}");
            assert_eq!(state.refused, [shown]);
        }
        let mut state = TranscriptState::default();
        state.reckoning.total.cost_usd = 0.25;
        settle(&mut state, &json!({ "total_cost_usd": -3 }));
        assert_eq!(state.settled.cost_usd, 0.25);
        assert_eq!(state.refused, ["total_cost_usd is -3"]);
    }
}
