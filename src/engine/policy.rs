//! What follows from each class of failure: the one table of its waits, what it costs, and what ends it.
use super::state::State;
use crate::model::{FailureClass, WaitReason};
use crate::plan::{Guardrails, Plan};
use jiff::SignedDuration;

/// What follows from a failure of one class.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Policy {
    pub(super) then: Then,
    /// Whether it uses up one of the attempts of its iteration.
    pub(super) costs_attempt: bool,
    /// The guardrail that ends a session in which nothing else happens.
    pub(super) bound: Option<Bound>,
}

/// What is done after a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Then {
    /// The agent rests until a told reset, or for these seconds, one after the other, while nothing else happens. The
    /// first agent of the chain that does not rest makes the next attempt.
    Rest(&'static [i64]),
    /// The machine is looked at every so many seconds, without an agent, until it has what the agent needs.
    Probe(i64),
    /// Another attempt after the node's `retry_delay`, which doubles, as often as `retries` allows.
    Retry,
    /// The session ends.
    End,
}

/// A guardrail that bounds waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bound {
    /// `max_outage`.
    Outage,
    /// `max_wait`.
    Wait,
}

/// Returns what follows from a failure of this class.
pub(super) const fn policy(class: FailureClass) -> Policy {
    const fn free(then: Then, bound: Bound) -> Policy {
        Policy {
            then,
            costs_attempt: false,
            bound: Some(bound),
        }
    }
    const fn unbounded(then: Then, costs_attempt: bool) -> Policy {
        Policy {
            then,
            costs_attempt,
            bound: None,
        }
    }
    match class {
        FailureClass::Limit => free(Then::Rest(&[60, 120, 240, 480, 900]), Bound::Wait),
        FailureClass::Throttle => free(Then::Rest(&[30, 60, 120, 240, 480, 900]), Bound::Wait),
        FailureClass::Outage => free(Then::Rest(&[15, 30, 60, 120, 300, 600, 900]), Bound::Outage),
        FailureClass::Environment => free(Then::Probe(60), Bound::Wait),
        FailureClass::Login
        | FailureClass::Billing
        | FailureClass::Denied
        | FailureClass::Refused => unbounded(Then::End, true),
        FailureClass::Hang | FailureClass::Crash => unbounded(Then::Retry, true),
        FailureClass::Cancelled => unbounded(Then::Retry, false),
    }
}

/// How often a session that waits for the end of an outage looks whether another one has been served, in seconds.
const OUTAGE_LOOK: i64 = 30;

/// How often a session that its policy for the quota holds reads the quota again, in seconds.
const QUOTA_LOOK: i64 = 60;

/// Returns how often a wait is looked at, if something other than time can end it.
pub(super) fn probe_interval(reason: &WaitReason) -> Option<SignedDuration> {
    let seconds = match (reason, policy(FailureClass::Environment).then) {
        (WaitReason::Environment { .. }, Then::Probe(every)) => every,
        (WaitReason::Outage { .. }, _) => OUTAGE_LOOK,
        (WaitReason::Quota { .. }, _) => QUOTA_LOOK,
        _ => return None,
    };
    Some(SignedDuration::from_secs(seconds))
}

impl Bound {
    /// Returns the seconds of the guardrail; none without a bound.
    pub(super) fn seconds(self, guardrails: &Guardrails) -> Option<i64> {
        let seconds = match self {
            Self::Outage => guardrails.max_outage_s,
            Self::Wait => guardrails.max_wait_s,
        };
        i64::try_from(seconds).ok().filter(|seconds| 0 < *seconds)
    }
}

/// Returns the wait before the next attempt, after this many failures in a row.
pub(super) fn rest(waits: &[i64], in_a_row: u32) -> SignedDuration {
    let index = in_a_row.saturating_sub(1) as usize;
    let seconds = waits.get(index).or(waits.last()).copied();
    SignedDuration::from_secs(seconds.unwrap_or_default())
}

/// The most that jitter adds to a wait: a fifth of it.
const JITTER: f64 = 0.2;
/// The most that jitter adds to a wait for a told reset.
const MAX_RESET_JITTER_S: f64 = 60.0;

/// Returns the wait with up to a fifth more, by session and attempt, so that sessions do not return together.
pub(super) fn jittered(wait: SignedDuration, state: &State) -> SignedDuration {
    wait + stretch(wait, JITTER * fraction(state), f64::MAX)
}

/// Returns a wait for a told reset with up to a minute more.
pub(super) fn jittered_reset(wait: SignedDuration, state: &State) -> SignedDuration {
    wait + stretch(wait, JITTER, MAX_RESET_JITTER_S).mul_f64(fraction(state))
}

fn stretch(wait: SignedDuration, share: f64, most_s: f64) -> SignedDuration {
    let seconds = (wait.as_secs_f64().max(0.0) * share).min(most_s);
    SignedDuration::try_from_secs_f64(seconds).unwrap_or_default()
}

/// Returns a number from 0 to 1 that differs between sessions and attempts, and is the same after a crash.
fn fraction(state: &State) -> f64 {
    let session = &state.session;
    let run = session.run.as_ref().map_or("", |run| run.as_str());
    let name = session.name.as_ref().map_or("", |name| name.as_str());
    let text = format!("{name} {run} {}", state.current.cursor);
    // FNV-1a: nothing depends on it but how waits are spread.
    let hash = text.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    f64::from(hash) / f64::from(u32::MAX)
}

/// Returns a wait of the table as this plan has it: tests shorten all of them.
pub(super) fn scaled(wait: SignedDuration, plan: &Plan) -> SignedDuration {
    plan.guardrails
        .wait_factor
        .map_or(wait, |factor| wait.mul_f64(factor))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Cursor, RunId, SessionName};

    fn session(name: &str, attempt: u32) -> State {
        let mut state = State::default();
        state.session.name = Some(name.parse::<SessionName>().unwrap());
        state.session.run = Some("r".parse::<RunId>().unwrap());
        state.current.cursor = Cursor {
            node: 0,
            iteration: 1,
            attempt,
        };
        state
    }

    #[test]
    fn every_class_has_the_waits_of_the_table() {
        let minutes = |class| match policy(class).then {
            Then::Rest(waits) => [1, 2, 3, 6, 7, 100]
                .map(|n| rest(waits, n).as_secs())
                .to_vec(),
            Then::Probe(every) => vec![every],
            Then::Retry | Then::End => Vec::new(),
        };
        let found = FailureClass::ALL.map(minutes);
        assert_eq!(found[0], [60, 120, 240, 900, 900, 900]);
        assert_eq!(found[1], [30, 60, 120, 900, 900, 900]);
        assert_eq!(found[2], [15, 30, 60, 600, 900, 900]);
        assert_eq!(found[3], [60]);
        assert!(found[4..].iter().all(Vec::is_empty));
    }

    #[test]
    fn only_failures_of_the_agent_cost_an_attempt() {
        let costs = FailureClass::ALL.map(|class| policy(class).costs_attempt);
        let expected = [
            false, false, false, false, true, true, true, true, true, true, false,
        ];
        assert_eq!(costs, expected);
    }

    #[test]
    fn waits_of_twenty_sessions_end_at_different_times_and_are_repeatable() {
        let wait = |number: u32, attempt| {
            let state = session(&format!("s{number}"), attempt);
            jittered(SignedDuration::from_mins(5), &state).as_millis()
        };
        let waits: Vec<i128> = (0..20).map(|number| wait(number, 1)).collect();
        let different: std::collections::BTreeSet<_> = waits.iter().collect();
        assert!(15 < different.len(), "{waits:?}");
        assert!(
            waits.iter().all(|wait| (300_000..=360_000).contains(wait)),
            "{waits:?}"
        );
        assert_eq!(wait(3, 1), waits[3]);
        assert_ne!(wait(3, 2), waits[3], "another attempt");
    }

    #[test]
    fn a_told_reset_is_waited_for_and_at_most_a_minute_more() {
        let hours = SignedDuration::from_hours(5);
        for number in 0..50 {
            let state = session(&format!("s{number}"), 1);
            let more = jittered_reset(hours, &state) - hours;
            assert!((0..=60).contains(&more.as_secs()), "{more}");
        }
    }
}
