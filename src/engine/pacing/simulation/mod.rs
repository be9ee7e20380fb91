//! A year of sessions on one account: the promises of pacing, against a model of a provider with two windows.
mod sessions;
mod window;
mod world;

use super::tests::share;
use crate::model::WindowName;
use crate::plan::{Days, Hours, Keep, Pace, QuotaPolicy};
use jiff::Timestamp;
use world::World;

/// Minutes of a year.
const YEAR: i64 = 365 * 24 * 60;
/// What an iteration uses of the week, in parts of what it uses of five hours.
const WEEK_PART: f64 = 1.0 / 8.0;
/// Iterations whose rise is remembered.
const REMEMBERED: usize = 20;

/// How readings reach the sessions.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Readings {
    /// At most so many minutes old.
    Late(i64),
    /// Of some hours none comes.
    Gaps,
    /// None ever.
    Missing,
}

fn time(minute: i64) -> Timestamp {
    // 2026-01-01 in Central Europe.
    Timestamp::from_second(1_767_222_000 + minute * 60).unwrap()
}

fn policy() -> QuotaPolicy {
    let mut policy = QuotaPolicy::default();
    policy.seven_day.pace = Pace::Even;
    let workday = Hours {
        days: Days::parse("mon-fri").unwrap(),
        from: Some("09:00".parse().unwrap()),
        to: Some("18:00".parse().unwrap()),
    };
    let keep = |window, part, hours| Keep {
        window: WindowName::new(window),
        share: share(part),
        hours,
    };
    policy.keep = vec![
        keep(WindowName::SEVEN_DAY, 0.2, Hours::ALWAYS),
        keep(WindowName::FIVE_HOUR, 0.3, workday),
    ];
    policy
}

/// Prints what a year came to, and checks what holds of each.
fn year(readings: Readings) -> World {
    let world = World::new(7, readings).run();
    for window in &world.windows {
        println!(
            "{readings:?}, {}: {} windows, the kept share touched by at most {:.2} %",
            window.name,
            window.shares.len(),
            window.most_touched * 100.0
        );
        assert_eq!(window.late_rejections, 0, "{}", window.name);
        assert!(50 <= window.shares.len());
    }
    println!(
        "{} iterations, {} holds, {} rejections",
        world.starts, world.holds, world.rejections
    );
    assert!(1000 < world.starts && 0 < world.holds);
    world
}

#[test]
fn a_year_with_late_readings_uses_what_is_allowed_and_touches_little_of_what_is_kept() {
    let world = year(Readings::Late(15));
    let week = &world.windows[1];
    let least = week.shares.iter().copied().fold(1.0, f64::min);
    println!(
        "at least {:.1} % of the allowed share of a week is used",
        least * 100.0
    );
    assert!(0.95 <= least, "{:?}", week.shares);
    assert_eq!(world.rejections, 0);
}

#[test]
fn a_year_with_hours_without_readings_never_begins_an_attempt_after_a_rejection() {
    year(Readings::Gaps);
}

#[test]
fn a_year_without_readings_hits_each_limit_once_per_window() {
    let world = year(Readings::Missing);
    assert!(0 < world.rejections);
}
