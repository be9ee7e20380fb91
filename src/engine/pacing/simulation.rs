//! A year of sessions on one account: the promises of pacing, against a model of a provider with two windows.
use super::tests::{share, zone};
use super::*;
use crate::model::{QuotaDecision, Share, WindowName};
use crate::plan::{Days, Hours, Keep, Pace, QuotaPolicy};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use std::collections::VecDeque;

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

/// SplitMix64: the same numbers for the same seed.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    fn between(&mut self, least: f64, most: f64) -> f64 {
        least + (most - least) * self.next()
    }
}

/// A window of the provider. It begins with the first use after its reset.
#[derive(Clone, Debug)]
struct Window {
    name: WindowName,
    minutes: i64,
    used: f64,
    ends: i64,
    /// When the first attempt in it was rejected.
    rejected_at: Option<i64>,
    /// Rejections of attempts that began after an earlier one in the same window.
    late_rejections: u32,
    /// What iterations added above the ceiling, since it was last kept.
    touched: f64,
    most_touched: f64,
    /// What was in flight when the last attempt began: our iterations that ran at its reading or began since.
    in_flight: f64,
    /// The ends of windows: what was used of the part that may be.
    shares: Vec<f64>,
}

impl Window {
    fn new(name: &str) -> Self {
        let name = WindowName::new(name);
        Self {
            minutes: name.length().unwrap().as_mins(),
            name,
            used: 0.0,
            ends: 0,
            rejected_at: None,
            late_rejections: 0,
            touched: 0.0,
            most_touched: 0.0,
            in_flight: 0.0,
            shares: Vec::new(),
        }
    }

    fn reset(&mut self, now: i64, allowed: f64) {
        if self.ends <= now {
            if 0 < self.ends {
                self.shares.push(self.used / allowed);
            }
            self.used = 0.0;
            self.touched = 0.0;
            self.rejected_at = None;
            self.ends = now + self.minutes;
        }
    }
}

/// An iteration of a session.
#[derive(Clone, Debug)]
struct Running {
    began: i64,
    ends: i64,
    /// What it adds to the window of five hours each minute.
    rise: f64,
}

/// What was true at a minute, and when the sessions learn of it.
#[derive(Clone, Debug)]
struct Reading {
    measured: i64,
    windows: [(f64, i64); 2],
}

struct World {
    dice: Dice,
    readings: Readings,
    policy: QuotaPolicy,
    zone: TimeZone,
    windows: [Window; 2],
    running: Vec<Option<Running>>,
    held: Vec<i64>,
    appetite: Vec<(f64, f64)>,
    /// Readings under way, by the minute they arrive.
    under_way: VecDeque<(i64, Reading)>,
    known: Option<Reading>,
    rejected_until: [Option<i64>; 2],
    added: [VecDeque<Share>; 2],
    expected: [Share; 2],
    ceilings: [f64; 2],
    finished: Vec<(i64, i64, f64)>,
    starts: u32,
    holds: u32,
    rejections: u32,
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

impl World {
    fn new(seed: u64, readings: Readings) -> Self {
        let sessions = 4;
        Self {
            dice: Dice(seed),
            readings,
            policy: policy(),
            zone: zone(),
            windows: [WindowName::FIVE_HOUR, WindowName::SEVEN_DAY].map(Window::new),
            running: vec![None; sessions],
            held: vec![0; sessions],
            // Minutes of an iteration, and what it adds to five hours.
            appetite: vec![(6.0, 0.01), (15.0, 0.02), (25.0, 0.015), (50.0, 0.04)],
            under_way: VecDeque::new(),
            known: None,
            rejected_until: [None; 2],
            added: [VecDeque::new(), VecDeque::new()],
            expected: [expected_rise(&[]); 2],
            ceilings: [1.0; 2],
            finished: Vec::new(),
            starts: 0,
            holds: 0,
            rejections: 0,
        }
    }

    fn run(mut self) -> Self {
        for now in 0..YEAR {
            self.reset(now);
            self.ceilings = [self.ceiling(0, now), self.ceiling(1, now)];
            self.use_by_the_user(now);
            self.work(now);
            self.measure(now);
            self.begin(now);
        }
        self
    }

    fn ceiling(&self, window: usize, now: i64) -> f64 {
        let at = &self.windows[window];
        let used = WindowUse {
            window: at.name.clone(),
            used: Share::NONE,
            ends: time(at.ends),
            rejected_until: None,
            expected: Share::NONE,
        };
        used.ceiling(&self.policy, time(now), &self.zone).fraction()
    }

    fn reset(&mut self, now: i64) {
        for window in 0..2 {
            if self.windows[window].ends <= now {
                let allowed = self.ceiling(window, now - 1);
                self.windows[window].reset(now, allowed);
            }
        }
    }

    /// In the day the user works too, on some days a lot.
    fn use_by_the_user(&mut self, now: i64) {
        let hour = self.zone.to_datetime(time(now)).hour();
        if (9..18).contains(&hour) && self.dice.next() < 0.2 {
            let rise = self.dice.between(0.0, 0.004);
            self.add(rise);
        }
    }

    /// Adds use, as far as the provider serves it. Returns whether it does.
    fn add(&mut self, rise: f64) -> bool {
        let is_served = self.windows.iter().all(|window| window.used < 1.0);
        if is_served {
            self.windows[0].used = (self.windows[0].used + rise).min(1.0);
            self.windows[1].used = (self.windows[1].used + rise * WEEK_PART).min(1.0);
        }
        is_served
    }

    fn work(&mut self, now: i64) {
        for session in 0..self.running.len() {
            let Some(iteration) = self.running[session].clone() else {
                continue;
            };
            let ceilings = self.ceilings;
            let before = [self.windows[0].used, self.windows[1].used];
            if !self.add(iteration.rise) {
                self.reject(session, iteration.began, now);
                continue;
            }
            for window in 0..2 {
                let it = &mut self.windows[window];
                if it.used <= ceilings[window] {
                    it.touched = 0.0;
                    continue;
                }
                it.touched += (it.used - before[window].max(ceilings[window])).max(0.0);
                let beyond = it.touched - it.in_flight;
                assert!(beyond <= 1e-6, "{} minute {now}: {beyond}", it.name);
                it.most_touched = it.most_touched.max(it.touched);
            }
            if iteration.ends <= now {
                self.finish(session, &iteration, now);
            }
        }
    }

    fn reject(&mut self, session: usize, began: i64, now: i64) {
        self.running[session] = None;
        self.rejections += 1;
        for window in 0..2 {
            let it = &mut self.windows[window];
            if it.used < 1.0 {
                continue;
            }
            match it.rejected_at {
                // Those in flight at the first rejection are rejected too; none may begin after it.
                Some(first) => it.late_rejections += u32::from(first < began),
                None => it.rejected_at = Some(now),
            }
            self.rejected_until[window] = Some(it.ends);
        }
    }

    fn finish(&mut self, session: usize, iteration: &Running, now: i64) {
        self.running[session] = None;
        let total = iteration.rise * (now - iteration.began) as f64;
        self.finished.push((iteration.began, now, total));
        self.finished.retain(|(_, ended, _)| now - ended < 600);
        for (added, part) in self.added.iter_mut().zip([1.0, WEEK_PART]) {
            if added.len() == REMEMBERED {
                added.pop_front();
            }
            added.push_back(Share::clamped(total * part));
        }
        self.expected = [0, 1].map(|at: usize| {
            let added: Vec<Share> = self.added[at].iter().copied().collect();
            expected_rise(&added)
        });
    }

    fn measure(&mut self, now: i64) {
        let comes = match self.readings {
            Readings::Late(_) => true,
            Readings::Gaps => (now / 120) % 3 != 0,
            Readings::Missing => false,
        };
        if comes && now % 5 == 0 {
            let windows = [0, 1].map(|at: usize| (self.windows[at].used, self.windows[at].ends));
            let most = match self.readings {
                Readings::Late(most) => most as f64 - 5.0,
                Readings::Gaps | Readings::Missing => 15.0,
            };
            let arrives = now + self.dice.between(0.0, most) as i64;
            let measured = now;
            self.under_way
                .push_back((arrives, Reading { measured, windows }));
        }
        while let Some((arrives, _)) = self.under_way.front() {
            if now < *arrives {
                break;
            }
            self.known = self.under_way.pop_front().map(|(_, reading)| reading);
        }
    }

    fn uses(&self) -> Vec<WindowUse> {
        let of_window = |at: usize| {
            let known = self.known.as_ref().map(|reading| reading.windows[at]);
            let rejected_until = self.rejected_until[at];
            let (used, ends) = known.or(rejected_until.map(|until| (1.0, until)))?;
            Some(WindowUse {
                window: self.windows[at].name.clone(),
                used: Share::clamped(used),
                ends: time(ends),
                rejected_until: rejected_until.map(time),
                expected: self.expected[at],
            })
        };
        (0..2).filter_map(of_window).collect()
    }

    fn begin(&mut self, now: i64) {
        for session in 0..self.running.len() {
            if self.running[session].is_some() || now < self.held[session] {
                continue;
            }
            let windows = self.uses();
            let name = format!("s{session}");
            let pacing = Pacing {
                policy: &self.policy,
                windows: &windows,
                now: time(now),
                zone: &self.zone,
                session: &name,
            };
            let running = self.running.iter().flatten().count();
            if permitted_agents(agent_share(&pacing), 4) as usize <= running {
                continue;
            }
            match decide(&pacing) {
                QuotaDecision::Go => self.start(session, now),
                QuotaDecision::Hold { until, .. } => self.hold(session, until, now),
            }
        }
    }

    fn hold(&mut self, session: usize, until: Timestamp, now: i64) {
        let wait = until.duration_since(time(now));
        assert!(SignedDuration::from_mins(1) <= wait && wait <= SignedDuration::from_hours(193));
        self.holds += 1;
        // A session that waits looks every hour whether a new reading changes anything.
        let minutes = (wait.as_secs() + 59) / 60;
        self.held[session] = now + minutes.min(60);
    }

    fn start(&mut self, session: usize, now: i64) {
        for (window, until) in self.windows.iter().zip(self.rejected_until) {
            let is_rejected = until.is_some_and(|until| now < until);
            assert!(
                !is_rejected,
                "{} minute {now}: after a rejection",
                window.name
            );
        }
        let (minutes, rise) = self.appetite[session];
        let minutes = self.dice.between(minutes * 0.5, minutes * 1.5).ceil();
        let rise = self.dice.between(rise * 0.5, rise * 1.5) / minutes;
        let iteration = Running {
            began: now,
            ends: now + minutes as i64,
            rise,
        };
        self.running[session] = Some(iteration);
        self.starts += 1;
        self.note_in_flight();
    }

    /// Remembers what our iterations that ran at the last reading, or began since, may add in all.
    fn note_in_flight(&mut self) {
        let measured = self
            .known
            .as_ref()
            .map_or(i64::MIN, |reading| reading.measured);
        let whole = |it: &Running| it.rise * (it.ends - it.began + 1) as f64;
        let running: f64 = self.running.iter().flatten().map(whole).sum();
        let finished = self
            .finished
            .iter()
            .filter(|(_, ended, _)| measured <= *ended);
        let total = running + finished.map(|(.., total)| total).sum::<f64>();
        for (window, part) in self.windows.iter_mut().zip([1.0, WEEK_PART]) {
            window.in_flight = total * part;
        }
    }
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
