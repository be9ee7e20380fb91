//! When a message that was not delivered is tried again.
use crate::fingerprint::fingerprint;
use jiff::SignedDuration;

/// Minutes before each further try; the last one is repeated.
const MINUTES: [i64; 5] = [1, 2, 5, 15, 60];

/// A message that was not delivered for so long is given up.
pub const GIVES_UP_AFTER: SignedDuration = SignedDuration::from_hours(72);

/// Returns how long to wait after a number of tries in vain. Up to a fifth is added, other for each message, so that not
/// all come back at once.
pub fn retry_delay(tries: u32, id: &str) -> SignedDuration {
    let index = usize::try_from(tries.saturating_sub(1)).unwrap_or(usize::MAX);
    let minutes = MINUTES[index.min(MINUTES.len() - 1)];
    let print = fingerprint(format!("{id} {tries}"));
    let share = i64::from_str_radix(&print[..4], 16).unwrap_or(0);
    SignedDuration::from_secs(minutes * 60 + minutes * 12 * share / 0xffff)
}
