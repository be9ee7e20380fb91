//! When a session's wait is over, whatever the wall clock does meanwhile.
//!
//! A wait is a length of time: the clock of the machine may be set back or ahead in it, and may have been wrong when it
//! began. Only the reset of a provider's quota is a moment, which comes earlier if the clock is set ahead.
use crate::engine::Phase;
use crate::model::WaitReason;
use jiff::Timestamp;
use std::time::Duration;
use tokio::time::Instant;

/// When a wait is over.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct WaitEnd {
    /// When its length has passed.
    pub(super) at: Instant,
    /// The moment that is waited for, if it is one.
    pub(super) moment: Option<Timestamp>,
}

/// Measures the current wait.
#[derive(Debug, Default)]
pub(super) struct WaitClock {
    /// The wait, by its begin and end in the journal, and when it is over.
    current: Option<(Timestamp, Timestamp, WaitEnd)>,
    /// Whether this runner has looked before. A wait that it sees later has just begun; one that it finds began under an
    /// earlier runner, and only the wall clock shows how much of it is left.
    has_looked: bool,
}

impl WaitClock {
    /// Returns when the wait of this phase is over, if it is one.
    pub(super) fn end(&mut self, phase: &Phase, now: Timestamp) -> Option<WaitEnd> {
        let is_found = !std::mem::replace(&mut self.has_looked, true);
        let Phase::Waiting {
            reason,
            since,
            until,
        } = phase
        else {
            self.current = None;
            return None;
        };
        match self.current {
            Some((began, ends, end)) if (began, ends) == (*since, *until) => Some(end),
            Some(_) | None => {
                let end = WaitEnd {
                    at: Instant::now() + left(*since, *until, if is_found { now } else { *since }),
                    moment: matches!(
                        reason,
                        WaitReason::RateLimit { .. }
                            | WaitReason::Quota { .. }
                            | WaitReason::Budget { .. }
                    )
                    .then_some(*until),
                };
                self.current = Some((*since, *until, end));
                Some(end)
            }
        }
    }
}

/// Returns how much of a wait is left. One that began in the future, by a clock that was wrong then or is wrong now, has
/// its whole length left and no more.
fn left(since: Timestamp, until: Timestamp, now: Timestamp) -> Duration {
    let length = until.duration_since(since);
    let waited = now.duration_since(since);
    let left = if waited.is_negative() {
        length
    } else {
        length - waited
    };
    Duration::try_from(left).unwrap_or(Duration::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    #[test]
    fn a_wait_is_never_longer_than_it_was_meant_to_be() {
        for (now, seconds) in [
            (0, 30),
            (10, 20),
            (29, 1),
            (30, 0),
            (86_400, 0),
            (-1, 30),
            (-86_400 * 3, 30),
        ] {
            let left = left(at(0), at(30), at(now));
            assert_eq!(left, Duration::from_secs(seconds), "{now}");
        }
    }

    #[test]
    fn a_clock_that_is_set_as_a_wait_begins_does_not_end_it() {
        let delay = Phase::Waiting {
            reason: WaitReason::Delay,
            since: at(0),
            until: at(3600),
        };
        let mut clock = WaitClock::default();
        assert_eq!(clock.end(&Phase::Ready, at(-1)), None);
        let end = clock.end(&delay, at(86_400)).unwrap();
        assert!(Instant::now() + Duration::from_secs(3000) < end.at);
        let found = WaitClock::default().end(&delay, at(86_400)).unwrap();
        assert!(found.at <= Instant::now());
    }

    #[test]
    fn a_clock_that_is_set_meanwhile_changes_no_length() {
        let wait = |reason| Phase::Waiting {
            reason,
            since: at(0),
            until: at(30),
        };
        let mut clock = WaitClock::default();
        let delay = wait(WaitReason::Delay);
        let first = clock.end(&delay, at(0)).unwrap();
        assert_eq!(first.moment, None);
        for now in [-3600, 86_400] {
            assert_eq!(clock.end(&delay, at(now)), Some(first), "{now}");
        }
        assert_eq!(clock.end(&Phase::Ready, at(0)), None);
        let quota = wait(WaitReason::RateLimit {
            reason: String::new(),
            gives_up_at: None,
        });
        assert_eq!(clock.end(&quota, at(0)).unwrap().moment, Some(at(30)));
    }
}
