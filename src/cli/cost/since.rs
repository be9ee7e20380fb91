//! Reads `--since`.
use crate::clock;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

/// Reads a moment: a time before now, a day, or a timestamp.
pub(super) fn parse(text: &str) -> Result<Timestamp, String> {
    parse_at(text, clock::now(), &TimeZone::system())
        .ok_or_else(|| "a time like 7d, 12h, today or 2026-11-30 is needed".to_owned())
}

fn parse_at(text: &str, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let today = now.to_zoned(zone.clone());
    let begin = |day: Date| Some(day.to_zoned(zone.clone()).ok()?.timestamp());
    match text {
        "today" => begin(today.date()),
        "yesterday" => begin(today.date().yesterday().ok()?),
        _ => text
            .parse()
            .ok()
            .or_else(|| begin(text.parse().ok()?))
            .or_else(|| {
                let span: Span = text.parse().ok()?;
                let is_past = !span.is_negative() && !span.is_zero();
                let at = today.checked_sub(span).ok().filter(|_| is_past)?;
                Some(at.timestamp())
            }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_a_span_a_day_or_a_timestamp() {
        let zone = TimeZone::get("America/New_York").unwrap();
        let now: Timestamp = "2026-11-02T12:00:00Z".parse().unwrap();
        let read = |text| parse_at(text, now, &zone).map(|at| at.to_string());
        assert_eq!(read("12h").unwrap(), "2026-11-02T00:00:00Z");
        // The clocks were set back on the first of November.
        assert_eq!(read("2d").unwrap(), "2026-10-31T11:00:00Z");
        assert_eq!(read("today").unwrap(), "2026-11-02T05:00:00Z");
        assert_eq!(read("2026-11-01").unwrap(), "2026-11-01T04:00:00Z");
        let stamp = "2026-11-01T09:00:00Z";
        assert_eq!(read(stamp).unwrap(), stamp);
        for wrong in ["", "soon", "-3d", "0d", "2026-13-01"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
