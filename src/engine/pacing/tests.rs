//! Decisions and their sentences, at chosen moments.
use super::*;
use crate::model::{QuotaDecision, QuotaLevel, Share, WindowName};
use crate::plan::{Days, Hours, Keep, Pace, QuotaPolicy, WhenUnknown};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// Central Europe, whatever the machine knows of time zones.
pub(super) fn zone() -> TimeZone {
    TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap()
}

pub(super) fn share(value: f64) -> Share {
    Share::from_fraction(value).unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A Monday, 13:00 in Central Europe.
const MONDAY: &str = "2026-11-30T12:00:00Z";

pub(super) fn window(name: &str, used: f64, ends: Timestamp) -> WindowUse {
    WindowUse {
        window: WindowName::new(name),
        used: share(used),
        ends,
        rejected_until: None,
        expected: share(0.01),
    }
}

fn keep(window: &str, part: f64, hours: Hours) -> Keep {
    Keep {
        window: WindowName::new(window),
        share: share(part),
        hours,
    }
}

fn workday() -> Hours {
    Hours {
        days: Days::parse("mon-fri").unwrap(),
        from: Some("09:00".parse().unwrap()),
        to: Some("18:00".parse().unwrap()),
    }
}

fn decided(policy: &QuotaPolicy, windows: &[WindowUse], now: Timestamp) -> QuotaDecision {
    decide(&Pacing {
        policy,
        windows,
        now,
        zone: &zone(),
        session: "",
    })
}

/// Returns the wait without its spread, and the sentence.
fn held(policy: &QuotaPolicy, windows: &[WindowUse], now: Timestamp) -> (SignedDuration, String) {
    match decided(policy, windows, now) {
        QuotaDecision::Go => panic!("it goes"),
        QuotaDecision::Hold { until, reason } => {
            let wait = until.duration_since(now);
            (SignedDuration::from_mins(wait.as_secs() / 60), reason)
        }
    }
}

#[test]
fn an_attempt_fits_up_to_the_hold_and_is_held_until_the_reset_beyond() {
    let (policy, now) = (QuotaPolicy::default(), at(MONDAY));
    let reset = now + SignedDuration::from_hours(2);
    for used in [0.0, 0.5, 0.94] {
        let windows = [window("five_hour", used, reset)];
        assert_eq!(decided(&policy, &windows, now), QuotaDecision::Go, "{used}");
    }
    let (wait, reason) = held(&policy, &[window("five_hour", 0.96, reset)], now);
    assert_eq!(wait, SignedDuration::from_hours(2));
    assert_eq!(
        reason,
        "held until Mon 15:01: 96 % of the 5-hour window is used, 95 % may be (`hold: 95%`)"
    );
    let (_, reason) = held(&policy, &[window("five_hour", 0.945, reset)], now);
    assert_eq!(
        reason,
        "held until Mon 15:01: 94.5 % of the 5-hour window is used and an iteration adds about 1 %, 95 % may be (`hold: 95%`)"
    );
}

#[test]
fn of_several_kept_shares_the_largest_counts() {
    let now = at(MONDAY);
    let policy = QuotaPolicy {
        keep: vec![
            keep("five_hour", 0.1, Hours::ALWAYS),
            keep("five_hour", 0.3, workday()),
            keep("seven_day", 0.6, Hours::ALWAYS),
        ],
        ..QuotaPolicy::default()
    };
    let reset = now + SignedDuration::from_hours(5);
    let windows = [window("five_hour", 0.71, reset)];
    let (wait, reason) = held(&policy, &windows, now);
    assert_eq!(
        wait,
        SignedDuration::from_hours(5),
        "18:00 and the reset come together"
    );
    assert!(
        reason.contains("71 % of the 5-hour window is used, 70 % may be (you keep 30 %)"),
        "{reason}"
    );
    // In the evening 90 % may be used, before the window resets.
    let now = at("2026-11-30T16:30:00Z");
    let windows = [window(
        "five_hour",
        0.71,
        now + SignedDuration::from_hours(3),
    )];
    assert_eq!(
        held(&policy, &windows, now).0,
        SignedDuration::from_mins(30)
    );
}

#[test]
fn an_even_pace_allows_in_proportion_to_the_time_with_its_lead() {
    let now = at(MONDAY);
    let mut policy = QuotaPolicy::default();
    policy.seven_day.pace = Pace::Even;
    policy.keep = vec![keep("seven_day", 0.2, Hours::ALWAYS)];
    // A quarter of the week has passed: 80 % × (42 + 12) / 168 is 25.7 %.
    let reset = now + SignedDuration::from_hours(126);
    let fits = |used| decided(&policy, &[window("seven_day", used, reset)], now);
    assert_eq!(fits(0.24), QuotaDecision::Go);
    let (wait, reason) = held(&policy, &[window("seven_day", 0.29, reset)], now);
    // 30 % of 80 % are 63 hours, less 42 and 12.
    assert_eq!(wait, SignedDuration::from_hours(9));
    assert_eq!(
        reason,
        "held until Mon 22:01: 29 % of the 7-day window is used, 25.7 % may be (you keep 20 %, at an even pace with 12 h of lead)"
    );
}

#[test]
fn every_known_window_must_have_room() {
    let (policy, now) = (QuotaPolicy::default(), at(MONDAY));
    let hours = |hours| now + SignedDuration::from_hours(hours);
    let windows = [
        window("five_hour", 0.99, hours(1)),
        window("seven_day", 0.2, hours(100)),
        window("seven_day_opus", 0.97, hours(50)),
    ];
    let (wait, reason) = held(&policy, &windows, now);
    assert_eq!(wait, SignedDuration::from_hours(50));
    assert!(
        reason.contains("97 % of the 7-day opus window is used"),
        "{reason}"
    );
}

#[test]
fn a_rejection_holds_until_its_window_resets_however_little_is_used() {
    let (policy, now) = (QuotaPolicy::default(), at(MONDAY));
    let reset = now + SignedDuration::from_mins(90);
    let rejected = WindowUse {
        rejected_until: Some(reset),
        ..window("five_hour", 0.1, reset)
    };
    let (wait, reason) = held(&policy, &[rejected], now);
    assert_eq!(wait, SignedDuration::from_mins(90));
    assert_eq!(
        reason,
        "held until Mon 14:31: the provider rejects requests until the 5-hour window resets at Mon 14:30"
    );
}

#[test]
fn a_window_that_has_reset_is_unknown_and_unknown_goes_or_holds_as_the_policy_says() {
    let now = at(MONDAY);
    let mut policy = QuotaPolicy::default();
    let over = [window("five_hour", 1.0, now), window("seven_day", 1.0, now)];
    assert_eq!(decided(&policy, &over, now), QuotaDecision::Go);
    assert_eq!(level(&over, now), None);
    policy.unknown = WhenUnknown::Hold;
    let (wait, reason) = held(&policy, &over, now);
    assert_eq!(wait, SignedDuration::from_mins(15));
    assert!(
        reason.contains("what is used of the 5-hour window is unknown"),
        "{reason}"
    );
    let known = [
        window("five_hour", 0.1, now + SignedDuration::from_hours(1)),
        window("seven_day", 0.1, now + SignedDuration::from_hours(1)),
    ];
    assert_eq!(decided(&policy, &known, now), QuotaDecision::Go);
}

#[test]
fn a_keep_that_leaves_nothing_holds_and_the_hold_ends() {
    let now = at(MONDAY);
    let policy = QuotaPolicy {
        keep: vec![keep("seven_day", 1.0, Hours::ALWAYS)],
        ..QuotaPolicy::default()
    };
    let reset = now + SignedDuration::from_hours(100);
    let (wait, reason) = held(&policy, &[window("seven_day", 0.0, reset)], now);
    assert_eq!(wait, SignedDuration::from_hours(100));
    assert!(reason.contains("0 % may be (you keep 100 %)"), "{reason}");
}

#[test]
fn a_daylight_saving_night_moves_the_end_of_a_kept_range_with_the_clock() {
    let night = Hours {
        days: Days::ALL,
        from: Some("22:00".parse().unwrap()),
        to: Some("06:00".parse().unwrap()),
    };
    let policy = QuotaPolicy {
        keep: vec![keep("seven_day", 0.5, night)],
        ..QuotaPolicy::default()
    };
    let wait = |begin: &str| {
        let now = at(begin);
        let reset = now + SignedDuration::from_hours(100);
        held(&policy, &[window("seven_day", 0.6, reset)], now).0
    };
    // 23:00 to 06:00: seven hours, six in spring, eight in autumn.
    assert_eq!(wait("2026-03-25T22:00:00Z"), SignedDuration::from_hours(7));
    assert_eq!(wait("2026-03-28T22:00:00Z"), SignedDuration::from_hours(6));
    assert_eq!(wait("2026-10-24T21:00:00Z"), SignedDuration::from_hours(8));
}

#[test]
fn another_time_zone_moves_what_is_kept() {
    let now = at(MONDAY);
    let policy = QuotaPolicy {
        keep: vec![keep("five_hour", 0.5, workday())],
        ..QuotaPolicy::default()
    };
    let windows = [window(
        "five_hour",
        0.6,
        now + SignedDuration::from_hours(4),
    )];
    assert_ne!(decided(&policy, &windows, now), QuotaDecision::Go);
    let pacing = Pacing {
        policy: &policy,
        windows: &windows,
        now,
        // 02:00 in Honolulu.
        zone: &TimeZone::fixed(jiff::tz::offset(-10)),
        session: "",
    };
    assert_eq!(decide(&pacing), QuotaDecision::Go);
}

#[test]
fn between_warn_and_the_ceiling_fewer_agents_run_at_a_time() {
    let (policy, now) = (QuotaPolicy::default(), at(MONDAY));
    let reset = now + SignedDuration::from_hours(1);
    let permitted = |used| {
        let share = agent_share(&Pacing {
            policy: &policy,
            windows: &[window("five_hour", used, reset)],
            now,
            zone: &zone(),
            session: "",
        });
        permitted_agents(share, 8)
    };
    let found = [0.5, 0.85, 0.875, 0.90, 0.94, 0.95, 1.0].map(permitted);
    assert_eq!(found, [8, 8, 6, 4, 1, 1, 1]);
}

#[test]
fn the_level_changes_at_60_80_and_95_percent() {
    let now = at(MONDAY);
    let of = |used| {
        let reset = now + SignedDuration::from_hours(1);
        level(
            &[window("five_hour", 0.1, reset), window("x", used, reset)],
            now,
        )
        .unwrap()
    };
    use QuotaLevel::{FinishUp, Free, LastWords, Sparing};
    assert_eq!(
        [0.59, 0.60, 0.79, 0.80, 0.94, 0.95].map(of),
        [Free, Sparing, Sparing, FinishUp, FinishUp, LastWords]
    );
}

#[test]
fn the_expected_rise_is_the_75th_percentile_and_one_percent_at_first() {
    assert_eq!(expected_rise(&[]), share(0.01));
    let twenty: Vec<Share> = (1..=20)
        .rev()
        .map(|n| share(f64::from(n) / 100.0))
        .collect();
    assert_eq!(expected_rise(&twenty), share(0.15));
    assert_eq!(expected_rise(&[share(0.04)]), share(0.04));
}

#[test]
fn holds_of_twenty_sessions_end_in_one_minute_at_different_times() {
    let (policy, now) = (QuotaPolicy::default(), at(MONDAY));
    let reset = now + SignedDuration::from_hours(1);
    let windows = [window("five_hour", 0.99, reset)];
    let ends: std::collections::BTreeSet<Timestamp> = (0..20)
        .map(|number| {
            let decision = decide(&Pacing {
                policy: &policy,
                windows: &windows,
                now,
                zone: &zone(),
                session: &format!("s{number}"),
            });
            decision.held_until().unwrap()
        })
        .collect();
    assert!(15 < ends.len(), "{ends:?}");
    let last = reset + SignedDuration::from_mins(1);
    assert!(
        ends.iter().all(|end| (reset..last).contains(end)),
        "{ends:?}"
    );
}
