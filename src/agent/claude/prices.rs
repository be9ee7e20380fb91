//! What models cost: the one price list, for what is reckoned before the program reports a cost.
use crate::model::Usage;

/// US dollars per million tokens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Price {
    /// How the names of its models begin.
    prefix: &'static str,
    input: f64,
    pub(super) output: f64,
    cache_read: f64,
    /// Writes to the cache that are kept for five minutes.
    cache_write: f64,
    /// Writes to the cache that are kept for an hour.
    cache_write_hour: f64,
}

/// The day on which the prices below were measured, as Claude Code 2.1.329 charges them.
///
/// They are those of prompts of up to 200,000 tokens. What a model costs above that is not in the list, since nothing that
/// was recorded shows it: what is reckoned is too low then, until the result replaces it.
pub const AS_OF: &str = "2026-11-30";

/// Later entries are more specific. The first one is for models that none of the others names: as the program does, they
/// are priced as its default model.
const PRICES: [Price; 14] = [
    price("", [4.0, 20.0, 0.2, 5.0, 8.0]),
    // The built-in agent that follows a script.
    price("scripted", [0.0; 5]),
    price("opus", [4.0, 20.0, 0.2, 5.0, 8.0]),
    price("sonnet", [2.0, 10.0, 0.1, 2.5, 4.0]),
    price("haiku", [0.1, 0.5, 0.01, 0.125, 0.2]),
    price("claude-opus", [4.0, 20.0, 0.2, 5.0, 8.0]),
    price("claude-opus-4-5", [5.0, 25.0, 0.5, 6.25, 10.0]),
    price("claude-opus-4-6", [5.0, 25.0, 0.5, 6.25, 10.0]),
    price("claude-opus-4-8", [5.0, 25.0, 0.5, 6.25, 10.0]),
    price("claude-sonnet", [2.0, 10.0, 0.1, 2.5, 4.0]),
    price("claude-sonnet-5", [2.0, 10.0, 0.2, 2.5, 4.0]),
    price("claude-sonnet-5-5", [2.0, 10.0, 0.1, 2.5, 4.0]),
    price("claude-haiku", [0.1, 0.5, 0.01, 0.125, 0.2]),
    price("claude-haiku-4-5", [1.0, 5.0, 0.1, 1.25, 2.0]),
];

const fn price(prefix: &'static str, usd: [f64; 5]) -> Price {
    let [input, output, cache_read, cache_write, cache_write_hour] = usd;
    Price {
        prefix,
        input,
        output,
        cache_read,
        cache_write,
        cache_write_hour,
    }
}

/// Returns the price of a model: that of the longest prefix of its name.
pub(super) fn of_model(model: &str) -> &'static Price {
    let named = PRICES
        .iter()
        .filter(|price| model.starts_with(price.prefix));
    named
        .max_by_key(|price| price.prefix.len())
        .unwrap_or(&PRICES[0])
}

impl Price {
    /// Returns what tokens cost; `hour` of the written ones are kept in the cache for an hour.
    pub(super) fn cost(&self, tokens: &Usage, hour: u64) -> f64 {
        let hour = hour.min(tokens.cache_write_tokens);
        let parts = [
            (tokens.input_tokens, self.input),
            (tokens.output_tokens, self.output),
            (tokens.cache_read_tokens, self.cache_read),
            (tokens.cache_write_tokens - hour, self.cache_write),
            (hour, self.cache_write_hour),
        ];
        let millionths: f64 = parts.iter().map(|(count, usd)| *count as f64 * usd).sum();
        millionths / 1e6
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost(model: &str, tokens: [u64; 4]) -> f64 {
        let [
            input_tokens,
            output_tokens,
            cache_read_tokens,
            cache_write_tokens,
        ] = tokens;
        let usage = Usage {
            input_tokens,
            output_tokens,
            cache_read_tokens,
            cache_write_tokens,
            ..Usage::default()
        };
        of_model(model).cost(&usage, 0)
    }

    #[test]
    fn the_prices_are_those_of_recorded_results() {
        let near = |found: f64, recorded: f64| assert!((found - recorded).abs() < 1e-9, "{found}");
        near(cost("claude-opus-5-5", [3300, 92, 200, 500]), 0.01758);
        near(cost("claude-opus-4-8[1m]", [3300, 92, 200, 500]), 0.022025);
        near(cost("claude-sonnet-5-5", [3300, 92, 200, 500]), 0.00879);
        near(cost("claude-haiku-5-5", [100, 20, 0, 0]), 0.00002);
        let hour = Usage {
            cache_write_tokens: 1_000_000,
            ..Usage::default()
        };
        near(of_model("opus").cost(&hour, 1_000_000), 8.0);
        near(of_model("opus").cost(&hour, u64::MAX), 8.0);
    }

    #[test]
    fn an_unknown_model_has_the_default_price() {
        assert_eq!(of_model("vendor-model-x"), &PRICES[0]);
        assert_eq!(of_model(""), &PRICES[0]);
        assert_eq!(of_model("claude-opus-9").output, of_model("opus").output);
    }

    #[test]
    fn the_list_has_a_date() {
        assert!(AS_OF.parse::<jiff::civil::Date>().is_ok());
    }
}
