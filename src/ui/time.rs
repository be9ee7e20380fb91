//! Points in time, for people: local, and relative to now. JSON has them in UTC.
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// Returns a time of today as a wall clock shows it, and any other with its date.
pub fn local(at: Timestamp, now: Timestamp) -> String {
    local_in(at, now, &TimeZone::system())
}

fn local_in(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let (at, now) = (at.to_zoned(zone.clone()), now.to_zoned(zone.clone()));
    let format = if at.date() == now.date() {
        "%H:%M:%S"
    } else if at.year() == now.year() {
        "%a %-d %b %H:%M"
    } else {
        "%-d %b %Y %H:%M"
    };
    at.strftime(format).to_string()
}

/// Returns how long ago a time is: `42s ago`, `7m ago`, `3h12m ago`, `2d4h ago`.
pub fn ago(at: Timestamp, now: Timestamp) -> String {
    let passed = now.duration_since(at).max(SignedDuration::ZERO);
    let minutes = passed.as_mins();
    if (1..60).contains(&minutes) {
        format!("{minutes}m ago")
    } else {
        format!("{} ago", super::duration::short(passed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_time_is_shown_in_the_local_zone() {
        let zone = TimeZone::fixed(jiff::tz::offset(-5));
        let now = at("2026-11-30T02:32:48.565Z");
        let shown = |time: &str| local_in(at(time), now, &zone);
        assert_eq!(shown("2026-11-30T00:32:12.93Z"), "19:32:12");
        assert_eq!(shown("2026-11-30T05:32:12Z"), "Mon 30 Nov 00:32");
        assert_eq!(shown("2025-02-01T12:00:00Z"), "1 Feb 2025 07:00");
    }

    #[test]
    fn a_past_time_is_shown_in_its_largest_units() {
        let now = at("2026-11-30T12:00:00Z");
        let shown = |time: &str| ago(at(time), now);
        assert_eq!(shown("2026-11-30T11:59:57Z"), "3s ago");
        assert_eq!(shown("2026-11-30T11:55:03Z"), "4m ago");
        assert_eq!(shown("2026-11-30T08:48:00Z"), "3h12m ago");
        assert_eq!(
            shown("2026-11-30T12:00:09Z"),
            "0s ago",
            "another clock is ahead"
        );
    }
}
