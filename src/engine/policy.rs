//! What follows from each class of failure: the one table of its waits, what it costs, and what ends it.
use super::state::State;
use crate::fingerprint::fingerprint;
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

/// Returns how often a wait is looked at, if something other than time can end it.
pub(super) fn probe_interval(reason: &WaitReason) -> Option<SignedDuration> {
    let seconds = match (reason, policy(FailureClass::Environment).then) {
        (WaitReason::Environment { .. }, Then::Probe(every)) => every,
        (WaitReason::Outage { .. }, _) => OUTAGE_LOOK,
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
    let hash = fingerprint(format!("{name} {run} {}", state.current.cursor));
    let digits = u32::from_str_radix(&hash[..8], 16).unwrap_or_default();
    f64::from(digits) / f64::from(u32::MAX)
}

/// Returns a wait of the table as this plan has it: tests shorten all of them.
pub(super) fn scaled(wait: SignedDuration, plan: &Plan) -> SignedDuration {
    plan.guardrails
        .wait_factor
        .map_or(wait, |factor| wait.mul_f64(factor))
}
