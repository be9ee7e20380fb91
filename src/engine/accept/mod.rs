//! Turns an input into a fact, if it still matters.
mod permission;
mod question;
mod request;
mod said;

use crate::engine::policy::probe_interval;
use crate::engine::state::{Phase, State};
use crate::model::{
    BranchReport, Containment, Cursor, Event, FinishedAttempt, Input, Limit, NodeId, Outcome,
    ProcessId, QuotaDecision, Status, Task, WaitReason,
};
use crate::plan::Plan;
use jiff::{SignedDuration, Timestamp};
use question::out_of_time;
use request::requested;

/// Returns the fact an input amounts to, if it still matters.
///
/// An answer about an attempt that is no longer waited for changes nothing.
pub fn accept(plan: &Plan, state: &State, input: &Input, now: Timestamp) -> Option<Event> {
    match input {
        Input::Request(request) => requested(state, request, now),
        Input::AgentStarted {
            cursor,
            shim,
            containment,
        } => agent_started(state, *cursor, shim, *containment),
        Input::AgentExited(attempt) => agent_exited(state, attempt),
        Input::AccountChanged {
            cursor,
            account,
            of_session,
        } => {
            let asks =
                state.runs(*cursor) && state.session.spending.is_new_bill(*account, *of_session);
            asks.then_some(Event::AccountChanged { account: *account })
        }
        Input::AccountAccepted => {
            let asks = state.session.spending.billing.is_some();
            asks.then_some(Event::AccountAccepted)
        }
        Input::BudgetHeld {
            cursor,
            reason,
            until,
        } => budget_held(state, *cursor, reason, *until, now),
        Input::BudgetReached { cursor, limit } => budget_reached(state, *cursor, limit),
        Input::GateAnswered {
            cursor,
            gate,
            verdict,
            answer,
            phases,
            usage,
        } => {
            let name = gate_name(plan, state, *cursor, *gate)?;
            Some(Event::GateAnswered {
                gate: *gate,
                name: name.to_owned(),
                verdict: verdict.clone(),
                answer: answer.clone(),
                phases: phases.clone(),
                usage: *usage,
            })
        }
        Input::QueueChecked {
            cursor,
            status,
            released,
            parked,
        } => {
            // A claim that found no task reports the status instead.
            let asked = state.awaits_queue(plan) || state.awaits_claim(plan);
            (asked && *cursor == state.current.cursor).then(|| Event::QueueChecked {
                status: status.clone(),
                released: released.clone(),
                parked: parked.clone(),
            })
        }
        Input::TaskClaimed { cursor, task } => task_claimed(plan, state, *cursor, task),
        Input::BranchReported {
            step,
            branch,
            report,
        } => branch_reported(plan, state, *step, branch, report),
        Input::QuotaRead {
            agent,
            account,
            windows,
            allowed,
            policy,
            decision,
        } => is_news(plan, state, (agent, policy), decision, now).then(|| Event::QuotaRead {
            agent: agent.clone(),
            account: account.clone(),
            windows: windows.clone(),
            allowed: allowed.clone(),
            policy: policy.clone(),
            decision: decision.clone(),
        }),
        Input::PermissionAsked {
            cursor,
            permission,
            is_allowed,
        } => permission::asked(plan, state, *cursor, (permission, *is_allowed), now),
        Input::RequestWithdrawn { cursor, request } => {
            permission::withdrawn(state, *cursor, request)
        }
        Input::AgentTold { cursor, id } => said::told(state, *cursor, id, now),
        Input::HookEnded { run, exit } => {
            let (running, again) = state.session.hooks.running?;
            (running == *run).then(|| Event::HookEnded {
                run: *run,
                exit: exit.clone(),
                again,
            })
        }
        Input::MayPark { after } => may_park(state, *after, now),
        Input::Woke => woke(state, now),
        Input::ProbeSucceeded { cursor } => probe_succeeded(state, *cursor),
    }
}

fn agent_started(
    state: &State,
    cursor: Cursor,
    started: &ProcessId,
    containment: Option<Containment>,
) -> Option<Event> {
    let Phase::Running { shim } = &state.phase else {
        return None;
    };
    let news = cursor == state.current.cursor && shim.as_ref() != Some(started);
    news.then(|| Event::AgentStarted {
        cursor,
        shim: started.clone(),
        containment,
    })
}

fn agent_exited(state: &State, attempt: &FinishedAttempt) -> Option<Event> {
    state
        .runs(attempt.cursor)
        .then(|| Event::AgentExited(asking(state, repeated_memory_failure(state, attempt))))
}

/// Returns the attempt. One without a status that has asked you with `ap block` has reported that.
fn asking(state: &State, attempt: FinishedAttempt) -> FinishedAttempt {
    let asked = state.current.unasked.as_ref();
    match (asked, &attempt.outcome) {
        (Some(asked), Outcome::Unreported { .. }) if asked.cursor == attempt.cursor => {
            let outcome = Outcome::Reported {
                status: Status::asking(&asked.text),
            };
            FinishedAttempt {
                class: outcome.class(),
                outcome,
                ..attempt
            }
        }
        _ => attempt,
    }
}

fn budget_held(
    state: &State,
    cursor: Cursor,
    reason: &str,
    until: Timestamp,
    now: Timestamp,
) -> Option<Event> {
    let matters = match &state.phase {
        Phase::Running { .. } => !state.must_stop_agent(),
        Phase::Ready | Phase::Exited { .. } => state.session.spending.hold.is_none(),
        Phase::New | Phase::Parallel | Phase::Waiting { .. } | Phase::Ended { .. } => false,
    };
    (matters && cursor == state.current.cursor && now < until).then(|| Event::BudgetHeld {
        reason: reason.to_owned(),
        until,
    })
}

fn budget_reached(state: &State, cursor: Cursor, limit: &Limit) -> Option<Event> {
    (state.runs(cursor) && !state.must_stop_agent()).then(|| Event::BudgetReached {
        cursor,
        limit: limit.clone(),
    })
}

/// Returns the attempt. The second one of an iteration that ended for want of memory has crashed: the agent itself may
/// be what uses it.
fn repeated_memory_failure(state: &State, attempt: &FinishedAttempt) -> FinishedAttempt {
    if !attempt.outcome.lacks_memory() || state.current.counters.memory_failures == 0 {
        return attempt.clone();
    }
    let outcome = Outcome::Crashed {
        code: None,
        signal: None,
        reason: format!("out of memory again: {}", attempt.outcome.reason()),
        stderr: String::new(),
    };
    FinishedAttempt {
        class: outcome.class(),
        outcome,
        ..attempt.clone()
    }
}

/// Returns the name of the gate, if its answer is awaited.
fn gate_name(plan: &Plan, state: &State, cursor: Cursor, gate: u32) -> Option<&'static str> {
    let awaited = state.awaits_gate(plan) == Some(gate) && cursor == state.current.cursor;
    state
        .node(plan)?
        .termination
        .gate_name(gate)
        .filter(|_| awaited)
}

fn task_claimed(plan: &Plan, state: &State, cursor: Cursor, task: &Task) -> Option<Event> {
    let awaited = state.awaits_claim(plan) && cursor == state.current.next_attempt();
    awaited.then(|| Event::TaskClaimed {
        cursor,
        task: task.clone(),
    })
}

fn branch_reported(
    plan: &Plan,
    state: &State,
    step: u32,
    branch: &NodeId,
    report: &BranchReport,
) -> Option<Event> {
    let known = state.current.branches.get(branch);
    let news = known.is_none_or(|known| known.seq < report.seq && known.ending.is_none());
    let block = plan.block(step);
    let exists = block.is_some_and(|block| block.branches.iter().any(|it| it.name == *branch));
    let awaited = state.phase == Phase::Parallel && step == state.current.cursor.node;
    (awaited && exists && news).then(|| Event::BranchReported {
        step,
        branch: branch.clone(),
        report: report.clone(),
    })
}

/// Whether what the quota allows an agent is to be recorded: a hold as long as nothing runs, its end as long as it lasts,
/// and what allows the next attempt, once.
fn is_news(
    plan: &Plan,
    state: &State,
    (agent, policy): (&str, &str),
    decision: &QuotaDecision,
    now: Timestamp,
) -> bool {
    let is_next = || {
        let node = state.node(plan);
        node.is_some_and(|node| state.next_agent(plan, node, now).1 == agent)
    };
    let is_held = state.is_held_by_quota(agent, now);
    match (&state.phase, decision) {
        (Phase::Ready | Phase::Exited { .. }, QuotaDecision::Hold { .. }) => !is_held,
        (Phase::Ready | Phase::Exited { .. }, QuotaDecision::Go) => {
            is_held || (is_next() && !state.has_read_quota(agent, policy))
        }
        (
            Phase::Waiting {
                reason: WaitReason::Quota { .. },
                ..
            },
            QuotaDecision::Go,
        ) => is_held,
        (
            Phase::New
            | Phase::Running { .. }
            | Phase::Parallel
            | Phase::Waiting { .. }
            | Phase::Ended { .. },
            _,
        ) => false,
    }
}

/// A pause, a question and a long wait need no runner.
fn may_park(state: &State, after: SignedDuration, now: Timestamp) -> Option<Event> {
    if state.session.parked || state.session.stopping.is_some() {
        return None;
    }
    let (until, why) = match &state.phase {
        Phase::Waiting { reason, until, .. } => {
            let until = *until;
            let is_long = after < until.duration_since(now);
            is_long.then(|| (Some(until), reason.to_string()))?
        }
        _ if state.is_paused() => (None, "paused".to_owned()),
        _ => return None,
    };
    let until = until.filter(|until| *until < Timestamp::MAX);
    Some(Event::RunnerParked { until, why })
}

fn woke(state: &State, now: Timestamp) -> Option<Event> {
    match &state.phase {
        Phase::Waiting {
            reason: WaitReason::Question { .. },
            ..
        } => out_of_time(state, now),
        // Its agent waits for a permission.
        Phase::Running { .. } if state.permission_question().is_some() => out_of_time(state, now),
        Phase::Waiting { until, .. } if *until <= now => Some(Event::WaitEnded),
        Phase::New
        | Phase::Ready
        | Phase::Running { .. }
        | Phase::Parallel
        | Phase::Exited { .. }
        | Phase::Waiting { .. }
        | Phase::Ended { .. } => None,
    }
}

/// A probe is about one wait, which comes after one attempt.
fn probe_succeeded(state: &State, cursor: Cursor) -> Option<Event> {
    let Phase::Waiting { reason, .. } = &state.phase else {
        return None;
    };
    if state.session.hooks.running.is_some() {
        // Nothing is probed beside a hook.
        return None;
    }
    // What ends a hold is another reading of the quota.
    let is_hold = matches!(reason, WaitReason::Quota { .. });
    let awaited = probe_interval(reason).is_some() && !is_hold && cursor == state.current.cursor;
    awaited.then_some(Event::WaitEnded)
}
