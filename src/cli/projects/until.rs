//! Reads `--until`.
use crate::clock;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan as _};

/// Reads a moment to come: a time from now, a time of day, a day, or a timestamp.
pub(in crate::cli) fn parse(text: &str) -> Result<Timestamp, String> {
    parse_at(text, clock::now(), &TimeZone::system())
        .ok_or_else(|| "a time to come like 2h, 3d, 18:00, 2026-11-30 is needed".to_owned())
}

fn parse_at(text: &str, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let today = now.to_zoned(zone.clone());
    let at = |zoned: jiff::Zoned| zoned.timestamp();
    let moment = text
        .parse::<Timestamp>()
        .ok()
        .or_else(|| {
            Some(at(text
                .parse::<Date>()
                .ok()?
                .to_zoned(zone.clone())
                .ok()?))
        })
        .or_else(|| {
            let time: Time = text.contains(':').then(|| text.parse().ok())??;
            let on = |date: Date| Some(at(date.to_datetime(time).to_zoned(zone.clone()).ok()?));
            on(today.date())
                .filter(|moment| now < *moment)
                .or_else(|| on(today.date().checked_add(1.day()).ok()?))
        })
        .or_else(|| {
            let span: Span = text.parse().ok()?;
            Some(at(today.checked_add(span).ok()?))
        })?;
    (now < moment).then_some(moment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_to_come_is_a_span_a_time_of_day_a_day_or_a_timestamp() {
        let zone = TimeZone::fixed(jiff::tz::offset(1));
        let now: Timestamp = "2026-11-30T12:00:00Z".parse().unwrap();
        let read = |text| parse_at(text, now, &zone).map(|at| at.to_string());
        assert_eq!(read("2h").unwrap(), "2026-11-30T14:00:00Z");
        assert_eq!(read("18:00").unwrap(), "2026-11-30T17:00:00Z");
        assert_eq!(read("09:00").unwrap(), "2026-12-01T08:00:00Z");
        assert_eq!(read("2026-12-24").unwrap(), "2026-12-23T23:00:00Z");
        let stamp = "2027-01-01T00:00:00Z";
        assert_eq!(read(stamp).unwrap(), stamp);
        for wrong in ["", "soon", "-1h", "2026-11-29", "25:00"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
