//! Times in whole seconds: `jq`'s `fromdate` takes no fractions. The journal has them.
use jiff::Timestamp;

/// Returns the time without its fraction of a second.
pub(super) fn whole_seconds(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}
