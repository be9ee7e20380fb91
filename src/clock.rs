//! The only place that knows what time it is.
use jiff::Timestamp;
use std::time::{Duration, Instant};

/// Returns the time, to the millisecond.
#[expect(clippy::disallowed_methods, reason = "this is the one place that asks")]
pub fn now() -> Timestamp {
    let now = Timestamp::now() + set_ahead();
    Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
}

/// Returns how far a test has set the clock, in seconds, in the file that `AP_CLOCK` names.
#[cfg(feature = "crash-points")]
fn set_ahead() -> jiff::SignedDuration {
    let set = std::env::var("AP_CLOCK")
        .and_then(|file| fs_err::read_to_string(file).map_err(|_| std::env::VarError::NotPresent));
    let seconds = set.ok().and_then(|text| text.trim().parse().ok());
    jiff::SignedDuration::from_secs(seconds.unwrap_or_default())
}

#[cfg(not(feature = "crash-points"))]
fn set_ahead() -> jiff::SignedDuration {
    jiff::SignedDuration::ZERO
}

/// Waits where no event tells when to look again.
#[expect(
    clippy::disallowed_methods,
    reason = "for what another program does without saying so"
)]
pub fn pause(time: Duration) {
    std::thread::sleep(time);
}

/// Waits for something no event tells of, looking often. Tells whether it came in time.
#[expect(
    clippy::disallowed_methods,
    reason = "for another process to end, and the like"
)]
pub fn wait_until(limit: Duration, mut there: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + limit;
    while !there() {
        if deadline <= Instant::now() {
            return false;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    true
}
