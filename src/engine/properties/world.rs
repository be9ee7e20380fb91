//! The world a random session runs in: agents, queues, gates, branches, and the user's requests.
use super::hooks::hook_ended;
use super::rolls::{Roll, outcome, said};
use crate::engine::{Phase, State};
use crate::model::*;
use crate::plan::{Branch, Plan};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// Returns the input that answers what is pending, as rolled.
pub(super) fn answer(plan: &Plan, state: &State, roll: Roll, now: &mut Timestamp) -> Input {
    if let Some(input) = talk(state, roll, now) {
        return input;
    }
    if let Some(input) = unasked(state, roll).or_else(|| about_money(state, roll, *now)) {
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
            verdict: verdict(roll, *now),
            answer: None,
            phases: phases(state, roll),
            usage: Usage::default(),
        },
        Some(Effect::RunHook(run)) => hook_ended(run, roll),
        Some(Effect::StopHook(run)) => Input::HookEnded {
            run,
            exit: HookExit::cancelled("as rolled"),
        },
        Some(Effect::RunBlock(cursor)) => branch_report(plan, state, cursor, roll),
        Some(Effect::ClaimTask(cursor)) => Input::TaskClaimed {
            cursor,
            task: task(),
        },
        // A hold is looked at meanwhile, and lasts no longer than it was to.
        Some(Effect::Probe { until, every, .. }) if is_hold(state) => {
            let looks = matches!(roll, Roll::Stop | Roll::Disk);
            let woken = if looks {
                until.min(*now + every)
            } else {
                until
            };
            *now = woken.max(*now);
            Input::Woke
        }
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

/// Whether the quota is waited for.
pub(super) fn is_hold(state: &State) -> bool {
    let Phase::Waiting { reason, .. } = &state.phase else {
        return false;
    };
    matches!(reason, WaitReason::Quota { .. })
}

/// Returns an input that answers nothing: a request, or one that comes too late or too early.
fn unasked(state: &State, roll: Roll) -> Option<Input> {
    Some(match roll {
        Roll::Pause => Input::Request(Request::Pause {
            after: PauseAfter::Iteration,
        }),
        Roll::Quit => Input::Request(Request::Stop(Stop::new(
            StopSource::Person,
            "you".to_owned(),
        ))),
        Roll::Go => Input::Request(Request::Continue),
        Roll::Approve => reply(state, 0, Reply::Approve(String::new())),
        Roll::Reject => reply(state, 0, Reply::Reject(String::new())),
        Roll::Second => reply(state, 0, Reply::Choice(2)),
        Roll::WrongAnswer => reply(state, 1, Reply::Approve(String::new())),
        Roll::Early => Input::Woke,
        Roll::Blocks => Input::Request(Request::Block {
            cursor: Some(state.current.cursor),
            reason: "as rolled".to_owned(),
        }),
        Roll::Yield => Input::Request(Request::Yield),
        Roll::Parks => Input::MayPark {
            after: SignedDuration::from_secs(30),
        },
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

/// Returns what the agent at work asks or reads, and what it is told.
fn talk(state: &State, roll: Roll, now: &mut Timestamp) -> Option<Input> {
    let cursor = state.current.cursor;
    let open = state.permission_question();
    Some(match roll {
        Roll::Permission => Input::PermissionAsked {
            cursor,
            permission: Permission {
                // After an answer another one.
                request: format!("r{}", state.session.questions),
                tool: "Bash".to_owned(),
                call: "x".to_owned(),
                same: format!("x{}", state.session.questions % 3),
                why: String::new(),
            },
            is_allowed: false,
        },
        Roll::Withdraws => Input::RequestWithdrawn {
            cursor,
            request: open
                .and_then(|open| open.permission.as_ref())
                .map_or_else(String::new, |permission| permission.request.clone()),
        },
        Roll::Late => {
            *now += SignedDuration::from_secs(if open.is_some() { 601 } else { 0 });
            Input::Woke
        }
        Roll::Say => Input::Request(Request::Say(Said {
            id: state.session.iterations.to_string(),
            text: "as rolled".to_owned(),
            by: "you".to_owned(),
            said_at: *now,
            branch: None,
            interrupt: false,
        })),
        Roll::Hears => Input::AgentTold {
            cursor,
            id: state
                .session
                .said
                .last()
                .map_or_else(String::new, |text| text.said.id.clone()),
        },
        _ => return None,
    })
}

/// Returns an input about what is spent, and by whom.
fn about_money(state: &State, roll: Roll, now: Timestamp) -> Option<Input> {
    let cursor = state.current.cursor;
    Some(match roll {
        Roll::Spent => budget_reached(cursor),
        Roll::DayIsSpent => Input::BudgetHeld {
            cursor,
            reason: "as rolled".to_owned(),
            until: now + SignedDuration::from_hours(1),
        },
        // A branch reports it.
        Roll::Key if state.phase != Phase::Parallel => account_changed(cursor),
        _ => return None,
    })
}

pub(super) fn budget_reached(cursor: Cursor) -> Input {
    Input::BudgetReached {
        cursor,
        limit: Limit::Cost {
            max_usd: 1.0,
            spent_usd: 1.5,
            by: None,
        },
    }
}

/// Returns a key that would be billed, though the session began without a bill.
pub(super) fn account_changed(cursor: Cursor) -> Input {
    Input::AccountChanged {
        cursor,
        account: AccountKind::ApiKey,
        of_session: Some(AccountKind::Subscription),
    }
}

/// Returns an answer to the open question, or, `later`, to one that is not asked yet.
fn reply(state: &State, later: u32, reply: Reply) -> Input {
    let own = || (None, state.session.questions);
    let open = state.open_questions().next();
    let (branch, id) = open.map_or_else(own, |(branch, open)| (branch.cloned(), open.id.0));
    Input::Request(Request::Answer(Answer {
        id: QuestionId(id + later),
        branch,
        reply,
        by: "you".to_owned(),
        given_at: Timestamp::UNIX_EPOCH,
    }))
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
        question: None,
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

/// Returns phases that are over, some of them again, when a check passes.
fn phases(state: &State, roll: Roll) -> Vec<DonePhase> {
    let phase = |number: u32| DonePhase {
        name: format!("phase {number}"),
        text: String::new(),
    };
    let count = if roll == Roll::Stop {
        1 + state.session.iterations % 3
    } else {
        0
    };
    (1..=count).map(phase).collect()
}

fn verdict(roll: Roll, now: Timestamp) -> GateVerdict {
    let reason = String::new();
    match roll {
        Roll::Stop => GateVerdict::Stop { reason },
        Roll::Crash | Roll::Lost | Roll::TimedOut => GateVerdict::Broken { reason },
        Roll::Held => GateVerdict::InProgress { reason },
        Roll::Limited
        | Roll::LimitedUnknown
        | Roll::Throttled
        | Roll::Outage
        | Roll::Disk
        | Roll::Refused => GateVerdict::Unavailable {
            agent: "judge".to_owned(),
            outcome: Box::new(outcome(roll, now)),
        },
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
        question: None,
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
    // Its question stays open until it has read the answer.
    let is_open = |asked: &Question| {
        let answer = orders.answers.get(&branch.name);
        answer.is_none_or(|answer| answer.id != asked.id)
    };
    let asks = known.question.filter(is_open);
    let report = BranchReport {
        seq: known.seq + 3,
        iterations: known.iterations + u32::from(asks.is_none()),
        usage: if asks.is_some() { known.usage } else { usage },
        ending: ending.filter(|ending| asks.is_none() || matches!(ending, Ending::Stopped { .. })),
        question: asks.or_else(|| (roll == Roll::Ask).then(|| branch_question(known.seq))),
        account: known.account,
        // It asks until its session has accepted the key.
        billing: (roll == Roll::Key || known.billing.is_some())
            .then_some(AccountKind::ApiKey)
            .filter(|_| orders.account != Some(AccountKind::ApiKey)),
    };
    Input::BranchReported {
        step: cursor.node,
        branch: branch.name.clone(),
        report,
    }
}

/// Returns what an agent of a branch asks.
fn branch_question(seq: u64) -> Question {
    let subject = Subject::Agent {
        cursor: Cursor::before(0).next_iteration(),
    };
    Question {
        id: QuestionId(u32::try_from(seq).unwrap() + 1),
        asked_at: Timestamp::UNIX_EPOCH,
        by: subject.asker(),
        subject,
        text: "Which one?".to_owned(),
        choices: vec!["this".to_owned(), "that".to_owned()],
        what_happens: BTreeMap::new(),
        permission: None,
        until: None,
        remind_s: 0,
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
