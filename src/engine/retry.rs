//! How long to wait before trying again.
use jiff::SignedDuration;

/// Returns the wait before another attempt: `first_ms` after the first failure, doubling up to 5 minutes.
pub(super) fn backoff(first_ms: u64, failures: u32) -> SignedDuration {
    let doublings = failures.saturating_sub(1).min(20);
    // A longer first wait is what its author wants; it does not grow.
    let most = first_ms.max(300_000);
    SignedDuration::from_millis(
        i64::try_from(first_ms.saturating_mul(1 << doublings).min(most)).unwrap_or(300_000),
    )
}

/// Returns how long to leave a queue alone whose tasks others hold: 5 s at first, up to 1 minute.
pub(super) fn queue_poll(polls: u32) -> SignedDuration {
    SignedDuration::from_secs((5 + 5 * i64::from(polls)).min(60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_stay_bounded() {
        let seconds: Vec<i64> = [1, 2, 3, 6, 7, 100]
            .map(|n| backoff(5000, n).as_secs())
            .into();
        assert_eq!(seconds, [5, 10, 20, 160, 300, 300]);
        assert_eq!(
            [backoff(0, 9), backoff(900_000, 9)].map(|wait| wait.as_secs()),
            [0, 900]
        );
        assert_eq!(queue_poll(u32::MAX).as_secs(), 60);
    }
}
