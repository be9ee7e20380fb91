//! What `state.json` and `ap status` say: the seed's words, drawn from the state.
use super::{FinishedNode, Phase, State};
use crate::model::{Decision, Ending, ForkedFrom, ProcessId, SessionStatus, Usage, WaitReason};
use crate::plan::{Block, Plan, PlanKind, Step};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// `state.json`. A view: the journal can bring it back.
#[derive(Debug, Serialize)]
pub struct StateView<'a> {
    pub session: &'a str,
    /// `loop` or `pipeline`.
    #[serde(rename = "type")]
    pub kind: PlanKind,
    /// Name of the loop or pipeline.
    pub pipeline: &'a str,
    pub run: &'a str,
    /// Whose state it began with, if it was forked.
    pub forked_from: Option<&'a ForkedFrom>,
    /// As the journal knows it: whether a runner lives is another question.
    pub status: SessionStatus,
    pub started_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
    /// Which run of the pipeline it is in, from 1, of how many.
    pub run_number: u32,
    pub runs: u32,
    /// 0-based.
    pub current_stage: u32,
    /// The current iteration of the current stage, 1-based; 0 before the first, and in a parallel block.
    pub iteration: u32,
    /// Iterations of the current stage that are over.
    pub iteration_completed: u32,
    pub iteration_started: Option<Timestamp>,
    /// 0 in a parallel block.
    pub max_iterations: u32,
    /// How far each branch of the current parallel block is; empty elsewhere.
    pub branches: Vec<Value>,
    pub attempt: u32,
    /// Who makes that attempt, as `fallback` would call it: `codex:gpt-5.2-codex`; empty before the first.
    pub agent: &'a str,
    /// Until when agents are out of quota, by what they are called by.
    pub limited: BTreeMap<&'a str, Timestamp>,
    /// Agents in a row that said stop.
    pub consecutive_stops: u32,
    pub stages: Vec<Value>,
    /// The last 100 iterations that are over; the journal has all.
    pub history: Vec<IterationView<'a>>,
    /// Over all stages.
    pub iterations_total: u32,
    pub usage: &'a Usage,
    /// What it waits for, since when and until when.
    pub waiting: Option<Value>,
    pub completed_at: Option<Timestamp>,
    /// In words; how each stage ended is in `stages`.
    pub completion_reason: Option<String>,
    pub failed_at: Option<Timestamp>,
    pub error: Option<Value>,
    /// The iteration a resume would run.
    pub resume_from: Option<u32>,
    pub resumed_at: Option<Timestamp>,
    pub runner: Option<&'a ProcessId>,
}

/// An iteration that is over. Borrowed: a view is made after every fact, and for each session of a list.
#[derive(Debug, Serialize)]
pub struct IterationView<'a> {
    /// From 1.
    pub run_number: u32,
    pub stage: Option<&'a str>,
    pub iteration: u32,
    pub timestamp: Timestamp,
    pub attempts: u32,
    /// Who made the last of them.
    pub agent: &'a str,
    pub decision: Decision,
    pub reason: &'a str,
    pub summary: &'a str,
    pub files_touched: &'a [String],
    pub items_completed: &'a [String],
    pub errors: &'a [String],
}

impl<'a> StateView<'a> {
    pub fn new(plan: &'a Plan, state: &'a State) -> Self {
        let ended = match &state.phase {
            Phase::Ended { ending } => Some(ending),
            Phase::New
            | Phase::Ready
            | Phase::Running
            | Phase::Parallel
            | Phase::Exited { .. }
            | Phase::Waiting { .. } => None,
        };
        let ended_at = whole(ended.and(state.updated_at));
        let goal = matches!(ended, Some(Ending::Completed { .. }));
        let place = state.cursor.node.min(plan.last_index());
        let index = u32::try_from(plan.split(place).1).unwrap_or_default();
        let (iteration, completed, max) = position(plan, state);
        Self {
            session: plan.session.as_str(),
            kind: plan.kind,
            pipeline: &plan.name,
            run: plan.run.as_str(),
            forked_from: state.forked_from.as_ref(),
            status: state.status(),
            started_at: whole(state.started_at),
            updated_at: state.updated_at,
            run_number: plan.split(place).0 + 1,
            runs: plan.runs,
            current_stage: index,
            iteration,
            iteration_completed: completed,
            iteration_started: whole(state.iteration_started),
            max_iterations: max,
            branches: state
                .step(plan)
                .and_then(Step::block)
                .map_or_else(Vec::new, |block| branches(block, state, true, None)),
            attempt: state.cursor.attempt,
            agent: &state.agent,
            limited: state
                .rate_limits
                .iter()
                .map(|(agent, limited)| (agent.as_str(), second(limited.until)))
                .collect(),
            consecutive_stops: state.counters.stops,
            stages: stages(plan, state, place),
            history: history(plan, state),
            iterations_total: state.iterations,
            usage: &state.usage,
            waiting: waiting(state),
            completed_at: if goal { ended_at } else { None },
            completion_reason: if goal { ended.map(reached) } else { None },
            failed_at: if goal { None } else { ended_at },
            error: ended
                .filter(|_| !goal)
                .map(|ending| error(ending, ended_at)),
            resume_from: ended
                .filter(|_| !goal)
                .map(|_| state.counters.iterations + 1),
            resumed_at: whole(state.resumed_at),
            runner: state.runner.as_ref().filter(|_| ended.is_none()),
        }
    }
}

/// Returns a time as the seed wrote it, in whole seconds: `jq`'s `fromdate` takes no fractions. The journal has them.
fn second(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

fn whole(at: Option<Timestamp>) -> Option<Timestamp> {
    at.map(second)
}

/// Returns iteration, iterations completed and their maximum; the last stage's once all are done.
fn position(plan: &Plan, state: &State) -> (u32, u32, u32) {
    if let Some(Step::Block(_)) = state.step(plan) {
        return (
            0,
            state
                .branches
                .values()
                .map(|report| report.iterations)
                .sum(),
            0,
        );
    }
    match (state.node(plan), state.finished.last(), plan.steps.last()) {
        (Some(node), ..) => (
            state.cursor.iteration,
            state.counters.iterations,
            state.max_iterations(node),
        ),
        (None, Some(done), Some(step)) => step.node().map_or((0, done.iterations, 0), |node| {
            (done.iterations, done.iterations, node.max_iterations)
        }),
        (None, ..) => (0, 0, 0),
    }
}

/// Of the run that a place is in.
fn stages(plan: &Plan, state: &State, place: u32) -> Vec<Value> {
    let so_far = position(plan, state).1;
    let stage = |(index, step): (usize, &Step)| {
        let at = plan.same_run(place, index);
        let (done, current) = (state.finished.get(at as usize), at == state.cursor.node);
        let status = match done {
            Some(_) => "complete",
            None if !current || state.started_at.is_none() => "pending",
            None => state.status().as_str(),
        };
        json!({
            "index": index,
            "name": step.id(),
            "status": status,
            "iterations": done.map_or(if current { so_far } else { 0 }, |done| done.iterations),
            "ending": done.map(|done| &done.ending),
            "timestamp": done.map(|done| second(done.at)),
            "branches": step.block().map(|block| branches(block, state, current, done)),
        })
    };
    plan.steps.iter().enumerate().map(stage).collect()
}

/// Returns how far each branch of a block is, as its session has heard.
fn branches(
    block: &Block,
    state: &State,
    current: bool,
    done: Option<&FinishedNode>,
) -> Vec<Value> {
    let reports = done.map_or(&state.branches, |done| &done.branches);
    let branch = |branch: &crate::plan::Branch| {
        let report = reports
            .get(&branch.name)
            .filter(|_| current || done.is_some());
        let status = match report.and_then(|report| report.ending.as_ref()) {
            Some(ending) => ending.status().as_str(),
            None if done.is_some() => "complete",
            None if current && state.phase == Phase::Parallel => "running",
            None => "pending",
        };
        json!({
            "name": branch.name,
            "status": status,
            "iterations": report.map(|report| report.iterations),
            "cost_usd": report.map(|report| report.usage.cost_usd),
            "reason": report.and_then(|report| report.ending.as_ref()).and_then(Ending::shortfall),
        })
    };
    block.branches.iter().map(branch).collect()
}

fn history<'a>(plan: &'a Plan, state: &'a State) -> Vec<IterationView<'a>> {
    let past = |entry: &'a super::IterationRecord| IterationView {
        run_number: plan.split(entry.node).0 + 1,
        stage: plan.node(entry.node).map(|node| node.id.as_str()),
        iteration: entry.iteration,
        timestamp: second(entry.at),
        attempts: entry.attempts,
        agent: &entry.agent,
        decision: entry.status.decision,
        reason: &entry.status.reason,
        summary: &entry.status.summary,
        files_touched: &entry.status.work.files_touched,
        items_completed: &entry.status.work.items_completed,
        errors: &entry.status.errors,
    };
    state.history.iter().map(past).collect()
}

fn waiting(state: &State) -> Option<Value> {
    let Phase::Waiting {
        reason,
        since,
        until,
    } = &state.phase
    else {
        return None;
    };
    let text = match reason {
        WaitReason::Delay => "delay between iterations".to_owned(),
        WaitReason::Retry { error } => format!("another try after: {error}"),
        WaitReason::RateLimit { reason } => format!("rate limit: {reason}"),
        WaitReason::BusyQueue { error } => format!("the queue, which is busy: {error}"),
        WaitReason::Queue { held, by } => crate::text::held(*held, by),
    };
    Some(json!({ "for": text, "reason": reason, "since": since, "until": until }))
}

fn reached(ending: &Ending) -> String {
    match ending {
        Ending::Completed { reason } => reason.to_string(),
        Ending::Failed { .. } | Ending::LimitReached { .. } | Ending::Stopped { .. } => {
            String::new()
        }
    }
}

fn error(ending: &Ending, at: Option<Timestamp>) -> Value {
    match ending {
        Ending::Completed { .. } => Value::Null,
        Ending::Failed { error, hint } => {
            json!({ "type": "failed", "message": error, "hint": hint, "timestamp": at })
        }
        Ending::LimitReached { limit } => {
            json!({ "type": "limit_reached", "message": limit, "timestamp": at })
        }
        Ending::Stopped { by } => {
            json!({ "type": "stopped", "message": format!("stopped by {by}"), "timestamp": at })
        }
    }
}
