//! Durations in a short, readable form.
use jiff::SignedDuration;

/// Returns `42s`, `7m05s`, `3h12m` or `2d4h`.
pub fn short(duration: SignedDuration) -> String {
    let seconds = duration.as_secs().max(0);
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    if days > 0 {
        format!("{days}d{}h", hours % 24)
    } else if hours > 0 {
        format!("{hours}h{:02}m", minutes % 60)
    } else if minutes > 0 {
        format!("{minutes}m{:02}s", seconds % 60)
    } else {
        format!("{seconds}s")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_largest_units_are_enough() {
        let texts =
            [0, 42, 425, 11_520, 187_200].map(|seconds| short(SignedDuration::from_secs(seconds)));
        assert_eq!(texts, ["0s", "42s", "7m05s", "3h12m", "2d4h"]);
    }
}
