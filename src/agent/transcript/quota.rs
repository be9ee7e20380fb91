//! What a provider reports about its quota.
use jiff::Timestamp;

/// The last report of a provider about the quota.
#[derive(Clone, Debug, PartialEq)]
pub struct RateLimit {
    pub rejected: bool,
    /// The window it is about (`five_hour`, `seven_day`); empty for mere throttling.
    pub window: String,
    pub resets_at: Option<Timestamp>,
    /// The number that says so, as the provider gives it: it may be no time at all.
    pub reset_number: Option<i64>,
}
