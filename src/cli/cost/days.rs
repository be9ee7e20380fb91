//! Days in the user's time zone, and the bars of the last of them.
use super::row::Day;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

/// How many days are shown.
const SHOWN: usize = 14;

/// Sums up what was spent on each of the last days, and names days.
#[derive(Debug)]
pub(super) struct Days {
    zone: TimeZone,
    today: Date,
    usd: [f64; SHOWN],
    /// The last day that was looked at, with its begin and end: lines that follow each other are mostly of one day.
    current: Option<(Timestamp, Timestamp, Date, String)>,
}

impl Days {
    pub(super) fn new(now: Timestamp, zone: TimeZone) -> Self {
        Self {
            today: now.to_zoned(zone.clone()).date(),
            zone,
            usd: [0.0; SHOWN],
            current: None,
        }
    }

    /// Adds what was spent at a time.
    pub(super) fn add(&mut self, at: Timestamp, usd: f64) {
        let day = self.look(at).0;
        let back = (self.today - day).get_days();
        if let Some(sum) = usize::try_from(back)
            .ok()
            .and_then(|back| self.usd.get_mut(back))
        {
            *sum += usd;
        }
    }

    /// Returns the name of a time's day: `2026-11-30`.
    pub(super) fn name(&mut self, at: Timestamp) -> &str {
        self.look(at).1
    }

    fn look(&mut self, at: Timestamp) -> (Date, &str) {
        let is_current = |day: &(Timestamp, Timestamp, Date, String)| day.0 <= at && at < day.1;
        let current = match self.current.take().filter(is_current) {
            Some(current) => current,
            None => self.day_of(at),
        };
        let (.., day, name) = self.current.insert(current);
        (*day, name)
    }

    fn day_of(&self, at: Timestamp) -> (Timestamp, Timestamp, Date, String) {
        let date = at.to_zoned(self.zone.clone()).date();
        let begin = |date: Date| date.to_zoned(self.zone.clone()).map(|day| day.timestamp());
        let end = date.tomorrow().and_then(begin).unwrap_or(at);
        (begin(date).unwrap_or(at), end, date, date.to_string())
    }

    /// Returns the last days, the oldest first.
    pub(super) fn last(&self) -> Vec<Day> {
        let days = self.usd.iter().enumerate().rev();
        days.filter_map(|(back, usd)| {
            let day = self
                .today
                .checked_sub(i64::try_from(back).ok()?.days())
                .ok()?;
            Some(Day {
                day: day.to_string(),
                usd: *usd,
            })
        })
        .collect()
    }
}

/// Returns a bar for each day, the longest for the most expensive one.
pub(super) fn bars(days: &[Day], width: usize) -> String {
    let most = days.iter().map(|day| day.usd).fold(0.0, f64::max);
    // Beside the date and the amount.
    let room = width.saturating_sub(24).clamp(8, 40);
    let bar = |usd: f64| {
        let share = if 0.0 < most { usd / most } else { 0.0 };
        let full = (share * room as f64).round() as usize;
        "█".repeat(if 0.0 < usd { full.max(1) } else { 0 })
    };
    let lines: Vec<String> = days
        .iter()
        .map(|day| {
            format!(
                "{}  {:>8}  {}",
                day.day,
                format!("${:.2}", day.usd),
                bar(day.usd)
            )
        })
        .map(|line| line.trim_end().to_owned())
        .collect();
    format!("\n{}", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn days_are_those_of_the_time_zone() {
        let zone = TimeZone::get("Pacific/Auckland").unwrap();
        let mut days = Days::new(at("2026-11-30T12:00:00Z"), zone);
        // There it is the first of December already.
        assert_eq!(days.name(at("2026-11-30T10:59:59Z")), "2026-11-30");
        assert_eq!(days.name(at("2026-11-30T11:00:00Z")), "2026-12-01");
        days.add(at("2026-11-30T11:00:00Z"), 2.0);
        days.add(at("2026-11-30T10:00:00Z"), 1.0);
        days.add(at("2020-01-01T00:00:00Z"), 99.0);
        let last = days.last();
        assert_eq!(last.len(), SHOWN);
        let (yesterday, today) = (&last[SHOWN - 2], &last[SHOWN - 1]);
        assert_eq!((today.day.as_str(), today.usd), ("2026-12-01", 2.0));
        assert_eq!((yesterday.day.as_str(), yesterday.usd), ("2026-11-30", 1.0));
    }

    #[test]
    fn bars_fit_the_terminal_and_show_the_smallest_amount() {
        let day = |usd| Day {
            day: "2026-11-30".to_owned(),
            usd,
        };
        let text = bars(&[day(0.0), day(0.01), day(10.0)], 40);
        let lines: Vec<&str> = text.trim_start().lines().collect();
        assert_eq!(lines[0], "2026-11-30     $0.00");
        assert!(lines[1].ends_with("$0.01  █"));
        assert!(lines[2].chars().count() <= 40, "{}", lines[2]);
    }
}
