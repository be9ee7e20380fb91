//! The hours of the week in which a share of a quota is kept.
use jiff::civil::{Time, Weekday};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Days of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Days(u8);

const NAMES: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

impl Days {
    /// All seven.
    pub const ALL: Self = Self(0b111_1111);

    /// Returns the days a text names: `mon-fri`, `sat, sun`, `fri-mon`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut days = 0;
        for part in text.split(',').map(str::trim) {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let (first, last) = (day(first)?, day(last)?);
            for step in 0..=(last + 7 - first) % 7 {
                days |= 1 << ((first + step) % 7);
            }
        }
        Some(Self(days))
    }

    /// Whether a day is one of them.
    pub fn contains(self, weekday: Weekday) -> bool {
        self.0 & (1 << weekday.to_monday_zero_offset()) != 0
    }
}

fn day(name: &str) -> Option<usize> {
    let name = name.trim().to_ascii_lowercase();
    NAMES.iter().position(|known| *known == name)
}

impl fmt::Display for Days {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = (0..7).filter(|day| self.0 & (1 << day) != 0);
        f.write_str(&named.map(|day| NAMES[day]).collect::<Vec<_>>().join(","))
    }
}

/// Hours of some days. A range that ends before it begins ends on the next day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hours {
    pub days: Days,
    /// From this time on; from midnight if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Time>,
    /// Before this time; to the end of the day if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Time>,
}

impl Hours {
    /// Every hour of the week.
    pub const ALWAYS: Self = Self {
        days: Days::ALL,
        from: None,
        to: None,
    };

    /// Whether a time of a day of the week is within.
    pub fn contains(&self, day: Weekday, time: Time) -> bool {
        let from = self.from.unwrap_or(Time::midnight());
        match self.to {
            Some(to) if to <= from => {
                (self.days.contains(day) && from <= time)
                    || (self.days.contains(day.previous()) && time < to)
            }
            Some(to) => self.days.contains(day) && from <= time && time < to,
            None => self.days.contains(day) && from <= time,
        }
    }

    /// Returns the times of a day at which something may change.
    pub fn edges(&self) -> impl Iterator<Item = Time> {
        let has_days = self.days != Days::ALL || self.from.is_some() || self.to.is_some();
        let midnight = has_days.then(Time::midnight);
        [midnight, self.from, self.to].into_iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Time {
        text.parse().unwrap()
    }

    #[test]
    fn days_are_ranges_and_lists() {
        let shown = |text| Days::parse(text).map(|days| days.to_string());
        assert_eq!(shown("mon-fri").unwrap(), "mon,tue,wed,thu,fri");
        assert_eq!(shown("Sat, sun").unwrap(), "sat,sun");
        assert_eq!(shown("fri-mon").unwrap(), "mon,fri,sat,sun");
        assert_eq!(shown("monday"), None);
        assert_eq!(shown(""), None);
    }

    #[test]
    fn a_range_over_midnight_belongs_to_the_day_it_begins_on() {
        let night = Hours {
            days: Days::parse("fri").unwrap(),
            from: Some(time("22:00")),
            to: Some(time("06:00")),
        };
        assert!(night.contains(Weekday::Friday, time("23:00")));
        assert!(night.contains(Weekday::Saturday, time("05:59")));
        assert!(!night.contains(Weekday::Saturday, time("06:00")));
        assert!(!night.contains(Weekday::Friday, time("05:00")));
        assert!(Hours::ALWAYS.contains(Weekday::Sunday, time("00:00")));
    }
}
