//! Hours in which messages are held back.
use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use thiserror::Error;

/// Quiet hours: every day from one time to another, over midnight if it ends before it begins.
#[derive(Clone, Debug, PartialEq)]
pub struct Quiet {
    pub from: Time,
    pub to: Time,
    /// The time zone they are in; yours if there is none.
    pub zone: Option<TimeZone>,
}

/// A text that names no quiet hours.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NotQuietHours {
    #[error("quiet hours like \"23:00-07:00\" or \"23:00-07:00 Europe/Berlin\", not `{0}`")]
    Form(String),
    #[error("quiet hours in a time zone that exists, not `{0}`")]
    Zone(String),
}

impl Quiet {
    /// Reads `23:00-07:00`, perhaps with the name of a time zone behind it.
    pub fn parse(text: &str) -> Result<Self, NotQuietHours> {
        let form = || NotQuietHours::Form(text.escape_debug().to_string());
        let (hours, zone) = match text.trim().split_once(' ') {
            Some((hours, zone)) => (hours, Some(zone.trim())),
            None => (text.trim(), None),
        };
        let (from, to) = hours.split_once('-').ok_or_else(form)?;
        let time = |text: &str| match text.trim() {
            "24:00" => Ok(Time::midnight()),
            text => text.parse::<Time>().map_err(|_| form()),
        };
        let (from, to) = (time(from)?, time(to)?);
        if from == to {
            return Err(form());
        }
        let zone = zone
            .map(|name| {
                TimeZone::get(name)
                    .map_err(|_| NotQuietHours::Zone(name.escape_debug().to_string()))
            })
            .transpose()?;
        Ok(Self { from, to, zone })
    }

    /// Returns when the quiet hours are over that a moment is in; nothing if it is in none.
    pub fn end(&self, now: Timestamp, local: &TimeZone) -> Option<Timestamp> {
        let zone = self.zone.as_ref().unwrap_or(local);
        let here = now.to_zoned(zone.clone());
        let time = here.time();
        let is_quiet = if self.from < self.to {
            self.from <= time && time < self.to
        } else {
            self.from <= time || time < self.to
        };
        if !is_quiet {
            return None;
        }
        let today = here.date();
        [Some(today), today.checked_add(1.day()).ok()]
            .into_iter()
            .flatten()
            .filter_map(|day| day.to_datetime(self.to).to_zoned(zone.clone()).ok())
            .map(|end| end.timestamp())
            .find(|end| now < *end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn end(quiet: &str, now: &str) -> Option<String> {
        let quiet = Quiet::parse(quiet).unwrap();
        let end = quiet.end(at(now), &TimeZone::UTC);
        end.map(|end| end.to_string())
    }

    #[test]
    fn hours_over_midnight_end_in_the_morning() {
        let night = "23:00-07:00";
        assert_eq!(end(night, "2026-11-30T22:59:59Z"), None);
        assert_eq!(
            end(night, "2026-11-30T23:00:00Z").unwrap(),
            "2026-12-01T07:00:00Z"
        );
        assert_eq!(
            end(night, "2026-12-01T06:59:59Z").unwrap(),
            "2026-12-01T07:00:00Z"
        );
        assert_eq!(end(night, "2026-12-01T07:00:00Z"), None);
        assert_eq!(
            end("12:00-13:30", "2026-12-01T12:10:00Z").unwrap(),
            "2026-12-01T13:30:00Z"
        );
        assert_eq!(
            end("22:00-24:00", "2026-12-01T23:10:00Z").unwrap(),
            "2026-12-02T00:00:00Z"
        );
    }

    #[test]
    fn they_follow_the_clocks_of_their_time_zone() {
        let berlin = "23:00-07:00 Europe/Berlin";
        // 00:30 in Berlin, before the clocks are set back at three.
        assert_eq!(
            end(berlin, "2026-10-24T22:30:00Z").unwrap(),
            "2026-10-25T06:00:00Z"
        );
        // 00:30 in Berlin, before they are set forward at two.
        assert_eq!(
            end(berlin, "2026-03-28T23:30:00Z").unwrap(),
            "2026-03-29T05:00:00Z"
        );
        // Their end is at a time that this day does not have.
        let gap = "23:00-02:30 Europe/Berlin";
        assert_eq!(
            end(gap, "2026-03-28T23:30:00Z").unwrap(),
            "2026-03-29T01:30:00Z"
        );
        // An hour that comes twice: quiet until the first half past two, and in the second one too.
        let twice = "23:00-02:30 Europe/Berlin";
        assert_eq!(
            end(twice, "2026-10-25T00:10:00Z").unwrap(),
            "2026-10-25T00:30:00Z"
        );
    }

    #[test]
    fn what_names_no_hours_is_refused() {
        for text in [
            "",
            "23:00",
            "23-7",
            "25:00-07:00",
            "07:00-07:00",
            "23:00-07:00 Europe/Nowhere",
        ] {
            assert!(Quiet::parse(text).is_err(), "{text}");
        }
        let error = Quiet::parse("23:00-07:00 Mars/Base").unwrap_err();
        assert!(error.to_string().contains("`Mars/Base`"));
    }
}
