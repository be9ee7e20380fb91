//! What happens next in a random session, and how its agents end.
use crate::model::*;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

/// What happens next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Roll {
    Crash,
    Lost,
    TimedOut,
    Limited,
    LimitedUnknown,
    Throttled,
    Outage,
    Disk,
    Memory,
    Refused,
    Stop,
    Continue,
    AgentError,
    Mute,
    Pause,
    Go,
    Quit,
    Again,
    Stale,
    Held,
    /// A timer that fires too early.
    Early,
    /// The running agent is ended as requested.
    Ends,
    /// A budget of the session is used up.
    Spent,
    /// A budget over all sessions is used up.
    DayIsSpent,
    /// A key would be billed.
    Key,
    /// The quota allows less, or more: of the first agent of the chain, or of all.
    HoldsOne,
    HoldsAll,
    Frees,
    Ask,
    Approve,
    Reject,
    /// An answer to a question that is not open.
    WrongAnswer,
    /// The second choice of what is asked.
    Second,
    /// The agent at work asks for a permission.
    Permission,
    /// It does not wait for the answer any more.
    Withdraws,
    /// More time passes than an agent waits for an answer.
    Late,
    /// You say something to the agent at work, perhaps twice.
    Say,
    /// It has read that.
    Hears,
    /// It asks for you with `ap block`.
    Blocks,
    /// Other projects wait for the runner.
    Yield,
    /// The runner need not sit through a wait.
    Parks,
}

pub(super) fn roll() -> impl Strategy<Value = Roll> {
    use Roll::*;
    prop_oneof![
        2 => Just(Crash), 1 => Just(Lost), 1 => Just(TimedOut), 1 => Just(Limited), 1 => Just(LimitedUnknown), 1 => Just(Throttled), 2 => Just(Outage), 1 => Just(Disk), 1 => Just(Memory), 1 => Just(Refused), 5 => Just(Stop), 5 => Just(Continue),
        1 => Just(AgentError), 1 => Just(Mute), 1 => Just(Pause), 3 => Just(Go), 1 => Just(Quit), 2 => Just(Again), 1 => Just(Stale), 1 => Just(Held), 1 => Just(Early),
        1 => Just(Ends), 1 => Just(Spent), 1 => Just(DayIsSpent), 1 => Just(Key), 1 => Just(HoldsOne), 1 => Just(HoldsAll), 1 => Just(Frees),
        2 => Just(Ask), 3 => Just(Approve), 1 => Just(Reject), 1 => Just(WrongAnswer),
        2 => Just(Second), 6 => Just(Permission), 1 => Just(Withdraws), 1 => Just(Late), 2 => Just(Say), 2 => Just(Hears), 1 => Just(Blocks), 1 => Just(Yield), 2 => Just(Parks)
    ]
}

/// Returns the end of an agent that reports this.
pub(super) fn said(decision: Decision) -> Outcome {
    Outcome::Reported {
        status: Status {
            decision,
            ..Status::missing("as rolled")
        },
    }
}

fn asks() -> Outcome {
    Outcome::Reported {
        status: Status {
            decision: Decision::Ask,
            question: "Which one?".to_owned(),
            ..Status::missing("as rolled")
        },
    }
}

fn lacks(requirement: Requirement) -> Outcome {
    Outcome::Environment {
        requirement,
        reason: String::new(),
    }
}

/// Returns how an agent ends, as rolled.
pub(super) fn outcome(roll: Roll, now: Timestamp) -> Outcome {
    match roll {
        Roll::Crash => Outcome::Crashed {
            code: Some(1),
            signal: None,
            reason: String::new(),
            stderr: String::new(),
        },
        Roll::Lost => Outcome::Lost {
            reason: "gone".to_owned(),
        },
        Roll::TimedOut => Outcome::TimedOut {
            limit: HangKind::Idle,
        },
        Roll::Limited => Outcome::RateLimited {
            until: Some(now + SignedDuration::from_secs(60)),
            reason: String::new(),
        },
        Roll::LimitedUnknown => Outcome::RateLimited {
            until: None,
            reason: String::new(),
        },
        Roll::Throttled => Outcome::Throttled {
            reason: String::new(),
        },
        Roll::Outage => Outcome::Outage {
            reason: String::new(),
        },
        Roll::Disk => lacks(Requirement::DiskSpace),
        Roll::Memory => lacks(Requirement::Memory),
        Roll::Refused => Outcome::Refused {
            class: FailureClass::Login,
            reason: "as rolled".to_owned(),
            hint: String::new(),
        },
        Roll::Stop => said(Decision::Stop),
        Roll::Ask => asks(),
        Roll::AgentError => said(Decision::Error),
        Roll::Mute => Outcome::Unreported {
            reason: "no status".to_owned(),
        },
        Roll::Ends => Outcome::Cancelled,
        Roll::Continue
        | Roll::Spent
        | Roll::DayIsSpent
        | Roll::Key
        | Roll::HoldsOne
        | Roll::HoldsAll
        | Roll::Frees
        | Roll::Pause
        | Roll::Go
        | Roll::Quit
        | Roll::Again
        | Roll::Stale
        | Roll::Held
        | Roll::Approve
        | Roll::Reject
        | Roll::WrongAnswer
        | Roll::Second
        | Roll::Permission
        | Roll::Withdraws
        | Roll::Late
        | Roll::Say
        | Roll::Hears
        | Roll::Blocks
        | Roll::Yield
        | Roll::Parks
        | Roll::Early => said(Decision::Continue),
    }
}
