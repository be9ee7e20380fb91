//! What agents cost.
use serde::{Deserialize, Serialize};
use std::ops::AddAssign;

/// Tokens and money, as the provider reports them. Zero where it reports nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Usage {
    pub input_tokens: u64,
    pub output_tokens: u64,
    pub cache_read_tokens: u64,
    pub cache_write_tokens: u64,
    /// US dollars, from the provider's own price list.
    pub cost_usd: f64,
    /// Model turns.
    pub turns: u64,
}

impl AddAssign for Usage {
    fn add_assign(&mut self, more: Self) {
        self.input_tokens += more.input_tokens;
        self.output_tokens += more.output_tokens;
        self.cache_read_tokens += more.cache_read_tokens;
        self.cache_write_tokens += more.cache_write_tokens;
        self.cost_usd += more.cost_usd;
        self.turns += more.turns;
    }
}
