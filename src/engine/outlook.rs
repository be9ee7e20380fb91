//! Why a session continues, and what would stop it: each bound with what is used of it.
use super::follow::gives_up_at;
use super::idle::idle_limit_applies;
use super::state::{Phase, State};
use crate::model::WaitReason;
use crate::plan::{Node, Plan};
use crate::termination::MAX_BROKEN_ANSWERS;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A bound of a session, and how much of it is used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct BoundUse {
    /// The key that sets it: `guardrails.max_cost_usd`.
    pub key: String,
    pub used: f64,
    pub max: f64,
    /// How far it is away.
    pub left: f64,
    pub unit: BoundUnit,
    /// What is counted now, where the number alone does not show it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub what: Option<String>,
}

/// What a bound counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum BoundUnit {
    Count,
    Seconds,
    Usd,
}

/// Returns why the session needs another iteration: how its current node ends and how far that is. Nothing for a session
/// that is over, and in a parallel block.
pub fn continues_until(plan: &Plan, state: &State) -> Option<String> {
    if state.phase.ending().is_some() {
        return None;
    }
    let node = state.node(plan)?;
    let progress = node.termination.progress(&state.evidence(node));
    let mut text = format!("it ends {}", node.termination.ends(node.max_iterations));
    if !progress.is_empty() {
        text += &format!(" ({progress})");
    }
    if let Some((gate, verdict)) = &state.current.last_gate {
        text += &format!("; `{gate}` says {verdict}");
    }
    Some(text)
}

/// Returns the bounds of the session and of its current node that are set, in the order of the documentation.
pub fn bounds(plan: &Plan, state: &State, now: Timestamp) -> Vec<BoundUse> {
    let mut bounds = Bounds(Vec::new());
    if let Some(node) = state.node(plan) {
        bounds.node(state, node);
        bounds.attempt(state, node, now);
    }
    bounds.session(plan, state, now);
    bounds.breakers(plan, state);
    bounds.waits(plan, state, now);
    bounds.0
}

struct Bounds(Vec<BoundUse>);

impl Bounds {
    /// Adds a bound, unless it is none.
    fn add(&mut self, key: &str, unit: BoundUnit, used: f64, max: f64) -> Option<&mut BoundUse> {
        if max <= 0.0 {
            return None;
        }
        let used = used.max(0.0);
        self.0.push(BoundUse {
            key: key.to_owned(),
            used,
            max,
            left: (max - used).max(0.0),
            unit,
            what: None,
        });
        self.0.last_mut()
    }

    fn count(&mut self, key: &str, used: u32, max: u32) -> Option<&mut BoundUse> {
        self.add(key, BoundUnit::Count, f64::from(used), f64::from(max))
    }

    fn seconds(&mut self, key: &str, used: f64, max: u64) {
        self.add(key, BoundUnit::Seconds, used, max as f64);
    }

    fn node(&mut self, state: &State, node: &Node) {
        let counters = &state.current.counters;
        self.count(
            "termination.max",
            counters.iterations,
            state.max_iterations(node),
        );
        self.count("retries", counters.failures, node.agent.max_attempts);
        if !node.termination.gates().is_empty() {
            self.count(
                "broken answers of a gate",
                counters.gate_failures,
                MAX_BROKEN_ANSWERS,
            );
        }
    }

    /// The limit of the attempt that runs.
    fn attempt(&mut self, state: &State, node: &Node, now: Timestamp) {
        if let (true, Some(start)) = (state.phase.is_running(), state.current.iteration_started) {
            let wall = state.agent_at(node, state.current.fallback).limits.wall_s;
            let ran = now.duration_since(start).as_secs_f64();
            self.seconds("limits.wall", ran, wall);
        }
    }

    fn session(&mut self, plan: &Plan, state: &State, now: Timestamp) {
        let guardrails = state.guardrails(plan);
        self.seconds(
            "guardrails.max_runtime_seconds",
            state.ran(now).as_secs_f64(),
            guardrails.max_runtime_seconds,
        );
        self.add(
            "guardrails.max_cost_usd",
            BoundUnit::Usd,
            state.session.usage.cost_usd,
            guardrails.max_cost_usd,
        );
        self.add(
            "guardrails.max_tokens",
            BoundUnit::Count,
            state.session.usage.billed_tokens() as f64,
            guardrails.max_tokens as f64,
        );
    }

    fn breakers(&mut self, plan: &Plan, state: &State) {
        let (guardrails, counters) = (state.guardrails(plan), &state.current.counters);
        self.count(
            "guardrails.max_consecutive_errors",
            counters.errors,
            guardrails.max_consecutive_errors,
        );
        let applies = |node| idle_limit_applies(plan, node);
        if state.node(plan).is_some_and(applies) {
            self.count(
                "guardrails.max_idle_iterations",
                counters.idle,
                guardrails.max_idle_iterations,
            );
        }
        let worst = state.current.repeats.worst();
        let times = worst.map_or(0, |repeat| repeat.times);
        let bound = self.count(
            "guardrails.max_same_failures",
            times,
            guardrails.max_same_failures,
        );
        if let (Some(bound), Some(repeat)) = (bound, worst) {
            bound.what = Some(repeat.reason.clone());
        }
    }

    /// The waits that nothing ends: none of them is used unless one lasts.
    fn waits(&mut self, plan: &Plan, state: &State, now: Timestamp) {
        let guardrails = state.guardrails(plan);
        let stall = state.session.stall.filter(|_| is_stalled(plan, state));
        let lasted = |only_outages| {
            stall
                .filter(|stall| stall.only_outages == only_outages)
                .map_or(0.0, |stall| now.duration_since(stall.since).as_secs_f64())
        };
        self.seconds(
            "guardrails.max_outage",
            lasted(true),
            guardrails.max_outage_s,
        );
        self.seconds("guardrails.max_wait", lasted(false), guardrails.max_wait_s);
        if let Some(queue) = state.node(plan).and_then(|node| node.queue.as_ref()) {
            let since = state.current.counters.queue_waiting_since;
            let waited = since.map_or(0.0, |since| now.duration_since(since).as_secs_f64());
            self.seconds("queue.max_wait", waited, queue.max_wait_s);
        }
    }
}

fn is_stalled(plan: &Plan, state: &State) -> bool {
    let waits = match &state.phase {
        Phase::Waiting { reason, .. } => !matches!(reason, WaitReason::Delay),
        _ => true,
    };
    waits && gives_up_at(plan, state).is_some()
}
