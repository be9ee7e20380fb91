//! The stages of a pipeline, and the branches of its parallel blocks.
use super::time::whole_seconds;
use crate::engine::state::{FinishedNode, Phase, State};
use crate::model::{BranchReport, Ending, NodeEnding, Question, SessionStatus};
use crate::plan::{Block, Branch, Plan, Step};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A stage of the current run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct StageView<'a> {
    pub index: usize,
    pub name: Cow<'a, str>,
    pub status: StageStatus,
    pub iterations: u32,
    pub ending: Option<Cow<'a, NodeEnding>>,
    pub timestamp: Option<Timestamp>,
    /// Of a parallel block.
    pub branches: Option<Vec<BranchView<'a>>>,
}

/// A branch of a parallel block, as far as it has reported.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct BranchView<'a> {
    pub name: Cow<'a, str>,
    pub status: StageStatus,
    pub iterations: Option<u32>,
    pub cost_usd: Option<f64>,
    /// Why it did not reach its goal.
    pub reason: Option<String>,
    /// What it asks you.
    #[serde(default)]
    pub question: Option<Cow<'a, Question>>,
}

/// The status of a stage or of a branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum StageStatus {
    /// It has not begun.
    Pending,
    #[serde(untagged)]
    Begun(SessionStatus),
}

/// Returns the stages of the run that the step at `place` belongs to; `completed` iterations of it are over.
pub(super) fn stages<'a>(
    plan: &'a Plan,
    state: &'a State,
    place: u32,
    completed: u32,
) -> Vec<StageView<'a>> {
    let steps = plan.steps.iter().enumerate();
    steps
        .map(|(index, step)| stage(state, step, index, plan.same_run(place, index), completed))
        .collect()
}

fn stage<'a>(
    state: &'a State,
    step: &'a Step,
    index: usize,
    place: u32,
    completed: u32,
) -> StageView<'a> {
    let done = state.session.finished.get(place as usize);
    let current = place == state.current.cursor.node;
    StageView {
        index,
        name: step.id().as_str().into(),
        status: stage_status(state, done, current),
        iterations: done.map_or(if current { completed } else { 0 }, |done| done.iterations),
        ending: done.map(|done| Cow::Borrowed(&done.ending)),
        timestamp: done.map(|done| whole_seconds(done.at)),
        branches: step
            .block()
            .map(|block| branches(block, state, current, done)),
    }
}

fn stage_status(state: &State, done: Option<&FinishedNode>, current: bool) -> StageStatus {
    match done {
        Some(_) => StageStatus::Begun(SessionStatus::Complete),
        None if current && state.session.started_at.is_some() => StageStatus::Begun(state.status()),
        None => StageStatus::Pending,
    }
}

/// Returns the branches of the current block; none elsewhere.
pub(super) fn current_branches<'a>(plan: &'a Plan, state: &'a State) -> Vec<BranchView<'a>> {
    let block = state.step(plan).and_then(Step::block);
    block.map_or_else(Vec::new, |block| branches(block, state, true, None))
}

fn branches<'a>(
    block: &'a Block,
    state: &'a State,
    current: bool,
    done: Option<&'a FinishedNode>,
) -> Vec<BranchView<'a>> {
    let reports = done.map_or(&state.current.branches, |done| &done.branches);
    let otherwise = match done {
        Some(_) => StageStatus::Begun(SessionStatus::Complete),
        None if current && state.phase == Phase::Parallel => {
            StageStatus::Begun(SessionStatus::Running)
        }
        None => StageStatus::Pending,
    };
    let report = |branch: &Branch| {
        reports
            .get(&branch.name)
            .filter(|_| current || done.is_some())
    };
    block
        .branches
        .iter()
        .map(|it| branch(it, report(it), otherwise))
        .collect()
}

/// `otherwise` is the status of a branch that has not reported its end.
fn branch<'a>(
    branch: &'a Branch,
    report: Option<&'a BranchReport>,
    otherwise: StageStatus,
) -> BranchView<'a> {
    let ending = report.and_then(|report| report.ending.as_ref());
    BranchView {
        name: branch.name.as_str().into(),
        status: ending.map_or(otherwise, |ending| StageStatus::Begun(ending.status())),
        iterations: report.map(|report| report.iterations),
        cost_usd: report.map(|report| report.usage.cost_usd),
        reason: ending.and_then(Ending::shortfall),
        question: report.and_then(|report| report.question.as_ref().map(Cow::Borrowed)),
    }
}
