//! When a session that failed is resumed, and when you are asked instead.
use super::project::{MAX_RECOVERIES, Project};
use crate::model::FailureClass;
use jiff::{SignedDuration, Timestamp};

/// The waits before the first, the second, … resume.
const WAITS: [SignedDuration; 5] = [
    SignedDuration::from_mins(1),
    SignedDuration::from_mins(5),
    SignedDuration::from_mins(30),
    SignedDuration::from_hours(2),
    SignedDuration::from_hours(6),
];

/// What follows from a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Recovery {
    /// The session is resumed at this time, as attempt number so many since the last success.
    Resume { attempt: u32, at: Timestamp },
    /// Only you can change it, or it was tried often enough.
    Ask,
}

/// Returns what follows from a failure of this class.
pub(super) fn recovery(project: &Project, class: Option<FailureClass>, now: Timestamp) -> Recovery {
    let Some(first) = first_wait(class) else {
        return Recovery::Ask;
    };
    let tries = project.recoveries_since(now);
    if MAX_RECOVERIES <= tries {
        return Recovery::Ask;
    }
    let step = project.recoveries.len();
    let wait = WAITS[(first + step).min(WAITS.len() - 1)];
    Recovery::Resume {
        attempt: u32::try_from(step + 1).unwrap_or(u32::MAX),
        at: now.saturating_add(wait).unwrap_or(Timestamp::MAX),
    }
}

/// Returns the first wait after a failure of this class; none if a resume does not change it. The engine has waited for
/// hours already before a session fails by an outage.
fn first_wait(class: Option<FailureClass>) -> Option<usize> {
    match class {
        None | Some(FailureClass::Crash | FailureClass::Hang | FailureClass::Cancelled) => Some(0),
        Some(
            FailureClass::Limit
            | FailureClass::Throttle
            | FailureClass::Outage
            | FailureClass::Environment,
        ) => Some(2),
        Some(
            FailureClass::Login
            | FailureClass::Billing
            | FailureClass::Denied
            | FailureClass::Refused,
        ) => None,
    }
}
