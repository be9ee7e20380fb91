//! The world a random session runs in: agents, queues, gates, branches, and the user's requests.
use crate::engine::State;
use crate::model::*;
use crate::plan::{Branch, Plan};
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
}

pub(super) fn roll() -> impl Strategy<Value = Roll> {
    use Roll::*;
    prop_oneof![
        2 => Just(Crash), 1 => Just(Lost), 1 => Just(TimedOut), 1 => Just(Limited), 1 => Just(LimitedUnknown), 1 => Just(Throttled), 2 => Just(Outage), 1 => Just(Disk), 1 => Just(Memory), 1 => Just(Refused), 5 => Just(Stop), 5 => Just(Continue),
        1 => Just(AgentError), 1 => Just(Mute), 1 => Just(Pause), 3 => Just(Go), 1 => Just(Quit), 2 => Just(Again), 1 => Just(Stale), 1 => Just(Held), 1 => Just(Early)
    ]
}

fn said(decision: Decision) -> Outcome {
    Outcome::Reported {
        status: Status {
            decision,
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

fn outcome(roll: Roll, now: Timestamp) -> Outcome {
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
        Roll::AgentError => said(Decision::Error),
        Roll::Mute => Outcome::Unreported {
            reason: "no status".to_owned(),
        },
        Roll::Continue
        | Roll::Pause
        | Roll::Go
        | Roll::Quit
        | Roll::Again
        | Roll::Stale
        | Roll::Held
        | Roll::Early => said(Decision::Continue),
    }
}

/// Returns the input that answers what is pending, as rolled.
pub(super) fn answer(plan: &Plan, state: &State, roll: Roll, now: &mut Timestamp) -> Input {
    if let Some(input) = unasked(state, roll) {
        return input;
    }
    match state.pending(plan) {
        None => Input::Woke,
        Some(Effect::RunAgent(cursor) | Effect::StopAgent(cursor)) => {
            Input::AgentExited(FinishedAttempt {
                usage: Usage {
                    cost_usd: 0.5,
                    ..Usage::default()
                },
                ..FinishedAttempt::new(cursor, outcome(roll, *now))
            })
        }
        Some(Effect::CheckQueue(cursor)) => queue_checked(cursor, roll),
        // Others may be quicker.
        Some(Effect::ClaimTask(_)) if roll == Roll::Held => {
            queue_checked(state.current.cursor, roll)
        }
        Some(Effect::AskGate(cursor, gate)) => Input::GateAnswered {
            cursor,
            gate,
            verdict: verdict(roll),
            usage: Usage::default(),
        },
        Some(Effect::RunBlock(cursor)) => branch_report(plan, state, cursor, roll),
        Some(Effect::ClaimTask(cursor)) => Input::TaskClaimed {
            cursor,
            task: task(),
        },
        // Half of the probes find what they look for.
        Some(Effect::Probe { cursor, every, .. }) if matches!(roll, Roll::Stop | Roll::Disk) => {
            *now += every;
            Input::ProbeSucceeded { cursor }
        }
        Some(Effect::WaitUntil(at) | Effect::Probe { until: at, .. }) => {
            *now = at.max(*now);
            Input::Woke
        }
    }
}

/// Returns an input that answers nothing: a request, or one that comes too late or too early.
fn unasked(state: &State, roll: Roll) -> Option<Input> {
    Some(match roll {
        Roll::Pause => Input::Request(Request::Pause),
        Roll::Quit => Input::Request(Request::Stop(Stop::new(
            StopSource::Person,
            "you".to_owned(),
        ))),
        Roll::Go => Input::Request(Request::Continue),
        Roll::Early => Input::Woke,
        Roll::Again => Input::Request(Request::Resume {
            max_iterations: None,
            change: Change::default(),
        }),
        Roll::Stale => {
            let current = state.current.cursor;
            let cursor = Cursor {
                attempt: current.attempt + 7,
                ..current
            };
            Input::AgentExited(FinishedAttempt::new(cursor, said(Decision::Stop)))
        }
        _ => return None,
    })
}

/// Returns the report of an agent that wants to stop.
pub(super) fn agent_exited(cursor: Cursor) -> Input {
    Input::AgentExited(FinishedAttempt::new(cursor, said(Decision::Stop)))
}

/// Returns the answer of an empty queue.
pub(super) fn queue_checked_at(cursor: Cursor) -> Input {
    queue_checked(cursor, Roll::Stop)
}

/// Returns a report of a branch that is at work.
pub(super) fn branch_report_of(step: u32, branch: NodeId, seq: u64) -> Input {
    let report = BranchReport {
        seq,
        iterations: 1,
        usage: Usage::default(),
        ending: None,
        account: None,
        billing: None,
    };
    Input::BranchReported {
        step,
        branch,
        report,
    }
}

fn queue_checked(cursor: Cursor, roll: Roll) -> Input {
    let status = match roll {
        Roll::Stop => QueueStatus::Done { closed: 2 },
        Roll::Held => QueueStatus::Wait {
            held: 1,
            by: Vec::new(),
        },
        _ => QueueStatus::Work {
            ready: 1,
            left: 1,
            next: Vec::new(),
            held: 0,
            blocked: 0,
        },
    };
    Input::QueueChecked {
        cursor,
        status,
        released: Vec::new(),
        parked: Vec::new(),
    }
}

fn verdict(roll: Roll) -> GateVerdict {
    let reason = String::new();
    match roll {
        Roll::Stop => GateVerdict::Stop { reason },
        Roll::Crash | Roll::Lost | Roll::TimedOut => GateVerdict::Broken { reason },
        Roll::Held => GateVerdict::InProgress { reason },
        _ => GateVerdict::Continue { reason },
    }
}

/// Returns a report of the first branch that has not ended.
fn branch_report(plan: &Plan, state: &State, cursor: Cursor, roll: Roll) -> Input {
    let report = |branch: &Branch| state.current.branches.get(&branch.name).cloned();
    let open = |branch: &&Branch| report(branch).is_none_or(|report| report.ending.is_none());
    let branch = plan
        .block(cursor.node)
        .unwrap()
        .branches
        .iter()
        .find(open)
        .unwrap();
    let known = report(branch).unwrap_or(BranchReport {
        seq: 0,
        iterations: 0,
        usage: Usage::default(),
        ending: None,
        account: None,
        billing: None,
    });
    let orders = state.orders();
    let ending = match (
        roll,
        orders
            .stop
            .map(|stop| stop.how)
            .or(orders.drain.map(|limit| limit.to_string())),
    ) {
        (Roll::Stop, _) => Some(Ending::Completed {
            reason: NodeEnding::AllIterations { iterations: 3 },
        }),
        (_, Some(by)) => Some(Ending::Stopped { by }),
        (Roll::Crash | Roll::Lost, None) => Some(Ending::Failed {
            error: "as rolled".to_owned(),
            hint: String::new(),
        }),
        _ => None,
    };
    let usage = Usage {
        cost_usd: known.usage.cost_usd + 0.5,
        ..Usage::default()
    };
    let report = BranchReport {
        seq: known.seq + 3,
        iterations: known.iterations + 1,
        usage,
        ending,
        account: known.account,
        billing: None,
    };
    Input::BranchReported {
        step: cursor.node,
        branch: branch.name.clone(),
        report,
    }
}

pub(super) fn task() -> Task {
    Task {
        id: "t".to_owned(),
        title: String::new(),
        body: String::new(),
        acceptance: Vec::new(),
        priority: None,
        state: TaskState::Held,
        owner: None,
        why: None,
    }
}
