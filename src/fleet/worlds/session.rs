//! A session as its journal and lock would show it.
use super::dice::Dice;
use crate::fleet::{Activity, Seen, SessionDigest, SessionEnd};
use crate::model::FailureClass;
use jiff::{SignedDuration, Timestamp};

/// A session, and what its runner was told.
#[derive(Clone, Debug)]
pub(super) struct SimSession {
    pub(super) digest: SessionDigest,
    pub(super) yields: bool,
    runs: u32,
}

impl SimSession {
    pub(super) fn new() -> Self {
        Self {
            digest: SessionDigest::default(),
            yields: false,
            runs: 0,
        }
    }

    /// A runner takes the session: for a slice, or for you. Its lock keeps a second one out.
    pub(super) fn launch(&mut self, slice: Option<u64>) {
        assert!(!self.digest.alive, "a session has one runner");
        let is_over = matches!(
            self.digest.activity,
            Activity::New | Activity::Ended(SessionEnd::Complete)
        );
        if is_over {
            self.runs += 1;
            let run = format!("run{}", self.runs).parse().ok();
            self.digest.seen = Seen {
                run,
                ..Seen::default()
            };
        }
        self.write(Activity::Working);
        self.digest.slice = slice;
        self.digest.alive = true;
        self.digest.parked = false;
        self.yields = false;
    }

    fn write(&mut self, activity: Activity) {
        self.digest.seen.seq += 2;
        self.digest.activity = activity;
    }

    fn leave(&mut self, activity: Activity, parked: bool) {
        self.write(activity);
        self.digest.alive = false;
        self.digest.parked = parked;
    }

    /// An iteration is over; one in some fails.
    pub(super) fn iterate(&mut self, succeeds: bool) {
        self.digest.seen.iterations += 1;
        self.digest.seen.succeeded += u32::from(succeeds);
        self.write(Activity::Working);
        if self.yields {
            self.leave(Activity::Working, true);
        }
    }

    pub(super) fn end(&mut self, end: SessionEnd) {
        self.leave(Activity::Ended(end), false);
    }

    /// Its runner ends without a word.
    pub(super) fn die(&mut self) {
        self.digest.alive = false;
    }

    /// What a runner does next, as rolled.
    pub(super) fn act(&mut self, dice: &mut Dice, now: Timestamp) {
        let supervised = self.digest.slice.is_some();
        let until = now + SignedDuration::from_mins(i64::try_from(dice.below(600)).unwrap_or(1));
        let reason = "an outage".to_owned();
        match dice.below(16) {
            0..6 => {
                let succeeds = !dice.one_in(3);
                self.iterate(succeeds);
            }
            6 if supervised => {
                let outage = true;
                self.leave(
                    Activity::Waiting {
                        reason,
                        until,
                        outage,
                    },
                    true,
                );
            }
            7 if supervised => self.leave(Activity::Paused, true),
            8 if supervised => {
                let until = dice.one_in(2).then_some(until);
                let text = "which?".to_owned();
                self.leave(Activity::Asking { text, until }, true);
            }
            9 if supervised => {
                let job = "training".to_owned();
                self.leave(Activity::Detached { job, until }, true);
            }
            10 => self.die(),
            11 => self.end(SessionEnd::Complete),
            12 => self.end(SessionEnd::Failed {
                class: dice.pick(&FailureClass::ALL).copied(),
                error: "broken".to_owned(),
            }),
            13 => self.end(SessionEnd::LimitReached {
                limit: "time".to_owned(),
                hint: String::new(),
            }),
            14 => self.end(SessionEnd::Stopped {
                by: "ap stop".to_owned(),
            }),
            _ => self.end(SessionEnd::Interrupted {
                by: "a TERM signal".to_owned(),
            }),
        }
    }
}
