//! A moment by two clocks: the wall clock may be set, the other only runs while the machine is up.
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// A moment by the wall clock and by the time since the machine was started.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Moment {
    pub at: Timestamp,
    /// The boot that the next number counts from.
    pub boot: String,
    pub uptime_s: f64,
}

/// How far in the future a moment of another boot may be: clocks are corrected.
const CLOCK_SLACK: SignedDuration = SignedDuration::from_mins(1);

impl Moment {
    /// Returns how long ago this was, or nothing if the clocks do not show it: after a restart, a moment that seems to be
    /// in the future.
    pub fn age(&self, now: &Self) -> Option<SignedDuration> {
        if !self.boot.is_empty() && self.boot == now.boot {
            let seconds = (now.uptime_s - self.uptime_s).max(0.0);
            return SignedDuration::try_from_secs_f64(seconds).ok();
        }
        let age = now.at.duration_since(self.at);
        (-CLOCK_SLACK <= age).then(|| age.max(SignedDuration::ZERO))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(second: i64, boot: &str, uptime_s: f64) -> Moment {
        Moment {
            at: Timestamp::from_second(1_800_000_000 + second).unwrap(),
            boot: boot.to_owned(),
            uptime_s,
        }
    }

    #[test]
    fn the_age_does_not_depend_on_a_clock_that_was_set() {
        let then = moment(0, "a", 100.0);
        let minute = Some(SignedDuration::from_mins(1));
        assert_eq!(then.age(&moment(60, "a", 160.0)), minute);
        assert_eq!(then.age(&moment(-86_400, "a", 160.0)), minute);
        assert_eq!(then.age(&moment(86_400, "a", 160.0)), minute);
    }

    #[test]
    fn after_a_restart_the_wall_clock_counts_unless_it_went_back() {
        let then = moment(0, "a", 100.0);
        assert_eq!(
            then.age(&moment(60, "b", 1.0)),
            Some(SignedDuration::from_mins(1))
        );
        assert_eq!(then.age(&moment(-30, "b", 1.0)), Some(SignedDuration::ZERO));
        assert_eq!(then.age(&moment(-3600, "b", 1.0)), None);
    }
}
