//! Property tests: bounds of holds, and what more use or a narrower policy may never do.
use super::tests::{share, zone};
use super::*;
use crate::model::{QuotaDecision, Share, WindowName};
use crate::plan::{Days, Hours, Keep, Pace, QuotaLimits, QuotaPolicy, WhenUnknown, WindowLimits};
use jiff::civil::time;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

const NAMES: [&str; 4] = ["five_hour", "seven_day", "seven_day_opus", "other"];
/// 2026-03-20, before the clocks change in Central Europe.
const BEGIN_S: i64 = 1_773_964_800;

fn any_share() -> impl Strategy<Value = Share> {
    (0u32..=1000).prop_map(|n| share(f64::from(n) / 1000.0))
}

fn keep() -> impl Strategy<Value = Keep> {
    let hours = (any::<bool>(), 0i8..24, 0i8..24).prop_map(|(always, from, to)| Hours {
        days: Days::parse(if from % 2 == 0 {
            "mon-fri"
        } else {
            "sat,sun,wed"
        })
        .unwrap(),
        from: (!always).then(|| time(from, 30, 0, 0)),
        to: (!always).then(|| time(to, 0, 0, 0)),
    });
    (0usize..2, any_share(), hours).prop_map(|(name, share, hours)| Keep {
        window: WindowName::new(NAMES[name]),
        share,
        hours,
    })
}

fn limits() -> impl Strategy<Value = QuotaLimits> {
    let window = || {
        (any_share(), any_share(), any::<bool>(), 0u64..100_000).prop_map(
            |(warn, hold, paced, lead_s)| WindowLimits {
                warn: Some(warn),
                hold: Some(hold),
                pace: Some(if paced { Pace::Even } else { Pace::Off }),
                lead_s: Some(lead_s),
            },
        )
    };
    let keep = prop::collection::vec(keep(), 0..4);
    (window(), window(), keep, any::<bool>()).prop_map(|(five_hour, seven_day, keep, hold)| {
        QuotaLimits {
            five_hour,
            seven_day,
            keep,
            unknown: Some(if hold {
                WhenUnknown::Hold
            } else {
                WhenUnknown::Go
            }),
            ask: None,
        }
    })
}

fn windows() -> impl Strategy<Value = Vec<WindowUse>> {
    let one = |name: &'static str| {
        let most = WindowName::new(name)
            .length()
            .map_or(192 * 60, |it| it.as_mins());
        (any_share(), -10..most, any::<bool>(), any_share()).prop_map(
            move |(used, minutes, rejected, expected)| {
                let ends = now() + SignedDuration::from_mins(minutes);
                WindowUse {
                    window: WindowName::new(name),
                    used,
                    ends,
                    rejected_until: rejected.then_some(ends),
                    expected: Share::clamped(expected.fraction() / 10.0),
                }
            },
        )
    };
    (NAMES.map(one), 0usize..=4).prop_map(|(all, some)| all.into_iter().take(some).collect())
}

fn now() -> Timestamp {
    Timestamp::from_second(BEGIN_S).unwrap()
}

fn pacing<'a>(
    policy: &'a QuotaPolicy,
    windows: &'a [WindowUse],
    now: Timestamp,
    zone: &'a jiff::tz::TimeZone,
) -> Pacing<'a> {
    Pacing {
        policy,
        windows,
        now,
        zone,
        session: "auth",
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn a_hold_lasts_between_a_minute_and_eight_days_and_ends_when_an_attempt_fits(
        set in limits(), windows in windows(), minutes in 0i64..20_000,
    ) {
        let (policy, zone) = (QuotaPolicy::default().with(&set), zone());
        let shift = SignedDuration::from_mins(minutes);
        let windows: Vec<WindowUse> = windows.into_iter().map(|window| WindowUse {
            ends: window.ends + shift,
            rejected_until: window.rejected_until.map(|until| until + shift),
            ..window
        }).collect();
        let now = now() + shift;
        let decision = decide(&pacing(&policy, &windows, now, &zone));
        let Some(until) = decision.held_until() else { return Ok(()) };
        let wait = until.duration_since(now);
        prop_assert!(SignedDuration::from_mins(1) <= wait, "{wait}");
        prop_assert!(wait <= SignedDuration::from_hours(192) + SignedDuration::from_mins(1), "{wait}");
        // Each hold is followed by an attempt or by a later one, and once every window has reset there is none but for
        // what is unknown.
        let known = QuotaPolicy { unknown: WhenUnknown::Go, ..policy.clone() };
        let after = windows.iter().map(|window| window.ends).fold(now, Timestamp::max);
        prop_assert_eq!(decide(&pacing(&known, &windows, after, &zone)), QuotaDecision::Go);
    }

    #[test]
    fn a_hold_is_no_longer_than_it_must_be(set in limits(), windows in windows()) {
        let zone = zone();
        let policy = QuotaPolicy { unknown: WhenUnknown::Go, ..QuotaPolicy::default().with(&set) };
        let now = now();
        let Some(until) = decide(&pacing(&policy, &windows, now, &zone)).held_until() else { return Ok(()) };
        // Two minutes before its end an attempt did not fit yet.
        let before = until - SignedDuration::from_mins(2);
        if now + SignedDuration::from_mins(2) < before {
            let still = decide(&pacing(&policy, &windows, before, &zone));
            prop_assert_ne!(still, QuotaDecision::Go);
        }
        // At its end one fits, unless the pace or a clock rounds to the next minute.
        let at_end = decide(&pacing(&policy, &windows, until, &zone));
        let again = at_end.held_until().map_or(SignedDuration::ZERO, |next| next.duration_since(until));
        prop_assert!(at_end == QuotaDecision::Go || SignedDuration::from_hours(24) < until.duration_since(now) || again < SignedDuration::from_hours(24), "{again}");
    }

    #[test]
    fn more_use_or_a_narrower_policy_never_starts_an_attempt(
        set in limits(), narrower in limits(), windows in windows(), more in any_share(),
    ) {
        let zone = zone();
        let policy = QuotaPolicy::default().with(&set);
        let held = decide(&pacing(&policy, &windows, now(), &zone)) != QuotaDecision::Go;
        if !held { return Ok(()) }
        let narrowed = policy.clone().narrowed(&narrower);
        prop_assert_ne!(decide(&pacing(&narrowed, &windows, now(), &zone)), QuotaDecision::Go);
        let fuller: Vec<WindowUse> = windows.into_iter().map(|window| WindowUse { used: window.used.max(more), ..window }).collect();
        prop_assert_ne!(decide(&pacing(&policy, &fuller, now(), &zone)), QuotaDecision::Go);
    }

    #[test]
    fn permitted_agents_are_at_least_one_and_at_most_all(set in limits(), windows in windows(), most in 1u32..64) {
        let zone = zone();
        let policy = QuotaPolicy::default().with(&set);
        let permitted = permitted_agents(agent_share(&pacing(&policy, &windows, now(), &zone)), most);
        prop_assert!((1..=most).contains(&permitted));
    }
}
