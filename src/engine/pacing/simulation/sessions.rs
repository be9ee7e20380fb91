//! How sessions begin attempts and hold.
use super::world::{Running, World};
use super::{WEEK_PART, time};
use crate::engine::pacing::{Pacing, WindowUse, agent_share, decide, permitted_agents};
use crate::model::{QuotaDecision, Share};
use jiff::{SignedDuration, Timestamp};

impl World {
    pub(super) fn uses(&self) -> Vec<WindowUse> {
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

    pub(super) fn begin(&mut self, now: i64) {
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

    pub(super) fn hold(&mut self, session: usize, until: Timestamp, now: i64) {
        let wait = until.duration_since(time(now));
        assert!(SignedDuration::from_mins(1) <= wait && wait <= SignedDuration::from_hours(193));
        self.holds += 1;
        // A session that waits looks every hour whether a new reading changes anything.
        let minutes = (wait.as_secs() + 59) / 60;
        self.held[session] = now + minutes.min(60);
    }

    pub(super) fn start(&mut self, session: usize, now: i64) {
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
    pub(super) fn note_in_flight(&mut self) {
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
