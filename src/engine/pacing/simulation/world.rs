//! What happens in a minute: the provider, the user and the iterations that run.
use super::window::{Dice, Window};
use super::{REMEMBERED, Readings, WEEK_PART, YEAR, policy, time};
use crate::engine::pacing::tests::zone;
use crate::engine::pacing::{WindowUse, expected_rise};
use crate::model::{Share, WindowName};
use crate::plan::QuotaPolicy;
use jiff::tz::TimeZone;
use std::collections::VecDeque;

/// An iteration of a session.
#[derive(Clone, Debug)]
pub(super) struct Running {
    pub(super) began: i64,
    pub(super) ends: i64,
    /// What it adds to the window of five hours each minute.
    pub(super) rise: f64,
}

/// What was true at a minute, and when the sessions learn of it.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    pub(super) measured: i64,
    pub(super) windows: [(f64, i64); 2],
}

pub(super) struct World {
    pub(super) dice: Dice,
    pub(super) readings: Readings,
    pub(super) policy: QuotaPolicy,
    pub(super) zone: TimeZone,
    pub(super) windows: [Window; 2],
    pub(super) running: Vec<Option<Running>>,
    pub(super) held: Vec<i64>,
    pub(super) appetite: Vec<(f64, f64)>,
    /// Readings under way, by the minute they arrive.
    pub(super) under_way: VecDeque<(i64, Reading)>,
    pub(super) known: Option<Reading>,
    pub(super) rejected_until: [Option<i64>; 2],
    pub(super) added: [VecDeque<Share>; 2],
    pub(super) expected: [Share; 2],
    pub(super) ceilings: [f64; 2],
    pub(super) finished: Vec<(i64, i64, f64)>,
    pub(super) starts: u32,
    pub(super) holds: u32,
    pub(super) rejections: u32,
}

impl World {
    pub(super) fn new(seed: u64, readings: Readings) -> Self {
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

    pub(super) fn run(mut self) -> Self {
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

    pub(super) fn ceiling(&self, window: usize, now: i64) -> f64 {
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

    pub(super) fn reset(&mut self, now: i64) {
        for window in 0..2 {
            if self.windows[window].ends <= now {
                let allowed = self.ceiling(window, now - 1);
                self.windows[window].reset(now, allowed);
            }
        }
    }

    /// In the day the user works too, on some days a lot.
    pub(super) fn use_by_the_user(&mut self, now: i64) {
        let hour = self.zone.to_datetime(time(now)).hour();
        if (9..18).contains(&hour) && self.dice.next() < 0.2 {
            let rise = self.dice.between(0.0, 0.004);
            self.add(rise);
        }
    }

    /// Adds use, as far as the provider serves it. Returns whether it does.
    pub(super) fn add(&mut self, rise: f64) -> bool {
        let is_served = self.windows.iter().all(|window| window.used < 1.0);
        if is_served {
            self.windows[0].used = (self.windows[0].used + rise).min(1.0);
            self.windows[1].used = (self.windows[1].used + rise * WEEK_PART).min(1.0);
        }
        is_served
    }

    pub(super) fn work(&mut self, now: i64) {
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

    pub(super) fn reject(&mut self, session: usize, began: i64, now: i64) {
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

    pub(super) fn finish(&mut self, session: usize, iteration: &Running, now: i64) {
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

    pub(super) fn measure(&mut self, now: i64) {
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
}
