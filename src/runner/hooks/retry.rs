//! How long a hook that failed waits before it runs again.
use std::time::Duration;

/// Before the second run; it doubles with each further one.
const DELAY: Duration = Duration::from_secs(1);
/// A server that asks for a longer wait is asked again after this one.
const LONGEST: Duration = Duration::from_secs(60);

/// Returns the wait before a run, from 1. `asked` is the wait that a server asked for, if one did.
pub(super) fn delay(tries: u32, asked: Option<Duration>, factor: Option<f64>) -> Duration {
    if tries < 2 {
        return Duration::ZERO;
    }
    let usual = DELAY * 2_u32.pow((tries - 2).min(8));
    let delay = usual.max(asked.unwrap_or_default()).min(LONGEST);
    delay.mul_f64(factor.unwrap_or(1.0).clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_and_a_server_that_says_when_is_obeyed() {
        let seconds = |tries, asked: Option<u64>| {
            delay(tries, asked.map(Duration::from_secs), None).as_secs()
        };
        assert_eq!([1, 2, 3].map(|tries| seconds(tries, None)), [0, 1, 2]);
        assert_eq!(seconds(2, Some(7)), 7);
        assert_eq!(seconds(2, Some(86_400)), 60);
        assert_eq!(delay(2, None, Some(0.001)), Duration::from_millis(1));
    }
}
