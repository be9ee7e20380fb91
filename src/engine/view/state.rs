//! `state.json` as a whole.
use super::error::ErrorView;
use super::iteration::IterationView;
use super::stage::{BranchView, StageView, current_branches, stages};
use super::time::whole_seconds;
use super::wait::WaitView;
use crate::engine::state::State;
use crate::model::{
    AccountKind, Containment, CostDoubt, Ending, FailureClass, ForkedFrom, ProcessId, Question,
    SessionStatus, Touched, Usage,
};
use crate::plan::{Plan, PlanKind, Step};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// `state.json`. A view: it is made from the journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct StateView<'a> {
    pub session: Cow<'a, str>,
    /// `loop` or `pipeline`.
    #[serde(rename = "type")]
    pub kind: PlanKind,
    /// Name of the loop or pipeline.
    pub pipeline: Cow<'a, str>,
    pub run: Cow<'a, str>,
    pub forked_from: Option<Cow<'a, ForkedFrom>>,
    /// As far as the journal knows: whether a runner lives is another question.
    pub status: SessionStatus,
    pub started_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
    /// The current run of the pipeline, from 1.
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
    /// The branches of the current parallel block; empty elsewhere.
    pub branches: Vec<BranchView<'a>>,
    pub attempt: u32,
    /// Label of the agent that makes the attempt, as in `fallback`: `codex:gpt-5.2-codex`; empty before the first.
    pub agent: Cow<'a, str>,
    /// Until when agents rest because their provider does not serve them, by label.
    pub limited: BTreeMap<Cow<'a, str>, Timestamp>,
    /// The class of the last attempt if it failed: `outage`, `crash`, ….
    #[serde(default)]
    pub last_class: Option<FailureClass>,
    /// Iterations in a row that voted `stop`.
    pub consecutive_stops: u32,
    /// Of the current run.
    pub stages: Vec<StageView<'a>>,
    /// The last 100 iterations that are over; the journal has all.
    pub history: Vec<IterationView<'a>>,
    /// Over all stages.
    pub iterations_total: u32,
    pub usage: Usage,
    /// What is doubtful about the last doubtful cost.
    #[serde(default)]
    pub cost_doubt: Option<Cow<'a, CostDoubt>>,
    /// Who paid for the last agent: `subscription` or `login` (costs are an estimate), `api_key` (a bill).
    #[serde(default)]
    pub account: Option<AccountKind>,
    pub waiting: Option<WaitView<'a>>,
    /// What it asks you; `branches` has what its branches ask.
    #[serde(default)]
    pub question: Option<Cow<'a, Question>>,
    pub completed_at: Option<Timestamp>,
    /// In words; `stages` has how each stage ended.
    pub completion_reason: Option<String>,
    pub failed_at: Option<Timestamp>,
    pub error: Option<ErrorView<'a>>,
    /// The iteration a resume would run.
    pub resume_from: Option<u32>,
    pub resumed_at: Option<Timestamp>,
    pub runner: Option<Cow<'a, ProcessId>>,
    /// That others changed or removed its files, and what was done about it.
    pub touched: Option<Cow<'a, Touched>>,
    /// How agents are contained: `namespace` or `groups`; null before the first.
    pub containment: Option<Containment>,
}

impl<'a> StateView<'a> {
    pub fn new(plan: &'a Plan, state: &'a State) -> Self {
        let (session, current) = (&state.session, &state.current);
        let place = current.cursor.node.min(plan.last_index());
        let (run_index, stage_index) = plan.split(place);
        let progress = Progress::new(plan, state);
        let end = End::new(state);
        Self {
            session: plan.session.as_str().into(),
            kind: plan.kind,
            pipeline: (&plan.name).into(),
            run: plan.run.as_str().into(),
            forked_from: session.forked_from.as_ref().map(Cow::Borrowed),
            status: state.status(),
            started_at: session.started_at.map(whole_seconds),
            updated_at: session.updated_at,
            run_number: run_index + 1,
            runs: plan.runs,
            current_stage: u32::try_from(stage_index).unwrap_or_default(),
            iteration: progress.iteration,
            iteration_completed: progress.completed,
            iteration_started: current.iteration_started.map(whole_seconds),
            max_iterations: progress.max,
            branches: current_branches(plan, state),
            attempt: current.cursor.attempt,
            agent: (&current.agent).into(),
            limited: limited(plan, state),
            last_class: session.last_class,
            consecutive_stops: current.counters.stops,
            stages: stages(plan, state, place, progress.completed),
            history: session
                .history
                .iter()
                .map(|it| IterationView::new(plan, it))
                .collect(),
            iterations_total: session.iterations,
            usage: session.usage,
            cost_doubt: session.spending.doubt.as_ref().map(Cow::Borrowed),
            account: session.spending.account,
            waiting: WaitView::new(&state.phase),
            question: session.question.as_ref().map(Cow::Borrowed),
            completed_at: end.completed_at,
            completion_reason: end.completion_reason,
            failed_at: end.failed_at,
            resume_from: end.error.as_ref().map(|_| current.counters.iterations + 1),
            error: end.error,
            resumed_at: session.resumed_at.map(whole_seconds),
            runner: session
                .runner
                .as_ref()
                .filter(|_| !end.ended)
                .map(Cow::Borrowed),
            touched: session.touched.as_ref().map(Cow::Borrowed),
            containment: session.containment,
        }
    }
}

fn limited<'a>(plan: &Plan, state: &'a State) -> BTreeMap<Cow<'a, str>, Timestamp> {
    let limits = state.session.resting.iter();
    limits
        .map(|(agent, rest)| (agent.into(), whole_seconds(rest.until(plan))))
        .collect()
}

/// How far the current stage is; the last one's once all are done.
struct Progress {
    iteration: u32,
    completed: u32,
    max: u32,
}

impl Progress {
    fn new(plan: &Plan, state: &State) -> Self {
        let (session, current) = (&state.session, &state.current);
        match (state.step(plan), session.finished.last(), plan.steps.last()) {
            (Some(Step::Block(_)), ..) => {
                let completed = current
                    .branches
                    .values()
                    .map(|report| report.iterations)
                    .sum();
                Self {
                    iteration: 0,
                    completed,
                    max: 0,
                }
            }
            (Some(Step::Node(node)), ..) => Self {
                iteration: current.cursor.iteration,
                completed: current.counters.iterations,
                max: state.max_iterations(node),
            },
            (None, Some(done), Some(last)) => last.node().map_or(
                Self {
                    iteration: 0,
                    completed: done.iterations,
                    max: 0,
                },
                |node| Self {
                    iteration: done.iterations,
                    completed: done.iterations,
                    max: done.max_iterations(node),
                },
            ),
            (None, ..) => Self {
                iteration: 0,
                completed: 0,
                max: 0,
            },
        }
    }
}

/// How the session ended, if it has.
#[derive(Default)]
struct End<'a> {
    ended: bool,
    completed_at: Option<Timestamp>,
    completion_reason: Option<String>,
    failed_at: Option<Timestamp>,
    error: Option<ErrorView<'a>>,
}

impl<'a> End<'a> {
    fn new(state: &'a State) -> Self {
        let at = state.session.updated_at.map(whole_seconds);
        match state.phase.ending() {
            None => Self::default(),
            Some(Ending::Completed { reason }) => Self {
                ended: true,
                completed_at: at,
                completion_reason: Some(reason.to_string()),
                ..Self::default()
            },
            Some(ending) => Self {
                ended: true,
                failed_at: at,
                error: ErrorView::new(ending, at),
                ..Self::default()
            },
        }
    }
}
