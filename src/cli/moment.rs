//! Reads `--since` as you write times: `2h`, `6 hours ago`, `yesterday`, `08:00`, `2026-11-30 06:00`.
use crate::clock;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

/// Reads a moment that has passed.
pub(super) fn parse(text: &str) -> Result<Timestamp, String> {
    parse_at(text, clock::now(), &TimeZone::system())
}

fn parse_at(text: &str, now: Timestamp, zone: &TimeZone) -> Result<Timestamp, String> {
    let at = read(text.trim(), now, zone).ok_or_else(|| {
        "a time like 2h, '6 hours ago', yesterday, 08:00 or '2026-11-30 06:00' is needed".to_owned()
    })?;
    if now < at {
        return Err("it has not come yet".to_owned());
    }
    Ok(at)
}

fn read(text: &str, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let today = now.to_zoned(zone.clone());
    let begin = |day: Date| Some(day.to_zoned(zone.clone()).ok()?.timestamp());
    let at = |time: DateTime| Some(time.to_zoned(zone.clone()).ok()?.timestamp());
    let ago = |span: &str| {
        let span: Span = span.trim().parse().ok()?;
        let is_past = !span.is_negative() && !span.is_zero();
        Some(
            today
                .checked_sub(span)
                .ok()
                .filter(|_| is_past)?
                .timestamp(),
        )
    };
    match text {
        "now" => return Some(now),
        "today" => return begin(today.date()),
        "yesterday" => return begin(today.date().yesterday().ok()?),
        "tomorrow" => return begin(today.date().tomorrow().ok()?),
        _ => {}
    }
    if let Some(span) = text.strip_suffix("ago") {
        return ago(span);
    }
    let time = || {
        let time: Time = text.contains(':').then(|| text.parse().ok())??;
        at(today.date().to_datetime(time))
    };
    let stamp = text.parse().ok();
    let day = || {
        text.parse()
            .ok()
            .filter(|_| !text.contains(':'))
            .and_then(begin)
    };
    stamp
        .or_else(day)
        .or_else(|| text.contains('-').then(|| text.parse().ok())?.and_then(at))
        .or_else(time)
        .or_else(|| ago(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_read_as_you_write_it() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let now: Timestamp = "2026-11-30T12:00:00Z".parse().unwrap();
        let read = |text| parse_at(text, now, &zone).map(|at| at.to_string());
        assert_eq!(read("2h").unwrap(), "2026-11-30T10:00:00Z");
        assert_eq!(read("6 hours ago").unwrap(), "2026-11-30T06:00:00Z");
        assert_eq!(read("24 hours ago").unwrap(), "2026-11-29T12:00:00Z");
        assert_eq!(read("yesterday").unwrap(), "2026-11-28T23:00:00Z");
        assert_eq!(read("08:00").unwrap(), "2026-11-30T07:00:00Z");
        assert_eq!(read("2026-11-30 06:00").unwrap(), "2026-11-30T05:00:00Z");
        assert_eq!(read("2026-11-29").unwrap(), "2026-11-28T23:00:00Z");
        let stamp = "2026-11-30T05:00:00Z";
        assert_eq!(read(stamp).unwrap(), stamp);
        assert_eq!(read("tomorrow").unwrap_err(), "it has not come yet");
        for wrong in ["", "soon", "-3d", "ago", "25:00", "2026-13-01"] {
            assert!(
                read(wrong).unwrap_err().starts_with("a time like"),
                "{wrong}"
            );
        }
    }
}
