//! A session in one row: what a list of all sessions shows of it.
use super::state::State;
use super::view::{StageStatus, StateView};
use crate::model::{ProcessId, SessionStatus};
use crate::plan::Plan;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Where a session stands, in few words. It is saved with a checkpoint, so that a list need not read every state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SessionSummary {
    pub pipeline: String,
    /// As the journal has it, whether or not a runner lives.
    pub status: SessionStatus,
    /// The runner that has not recorded an end.
    pub runner: Option<ProcessId>,
    pub run_number: u32,
    pub runs: u32,
    pub stage: Option<String>,
    pub iteration: u32,
    pub iteration_completed: u32,
    pub max_iterations: u32,
    /// Branches of the current parallel block that have reached their goal.
    pub branches_done: u32,
    pub branches: u32,
    pub started_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
    pub cost_usd: f64,
    /// Whether its runner ended before it did, and it is not crashed.
    #[serde(default)]
    pub parked: bool,
    /// How often others touched its files.
    #[serde(default)]
    pub touched: u32,
    /// What it asks you.
    #[serde(default)]
    pub question: Option<String>,
}

impl SessionSummary {
    pub fn new(plan: &Plan, state: &State) -> Self {
        let view = StateView::new(plan, state);
        let complete = StageStatus::Begun(SessionStatus::Complete);
        let done = view
            .branches
            .iter()
            .filter(|branch| branch.status == complete)
            .count();
        let ended = state.phase.ending().is_some();
        let step = state.step(plan).or(plan.steps.last());
        Self {
            pipeline: plan.name.clone(),
            status: state.status(),
            runner: state.session.runner.clone().filter(|_| !ended),
            run_number: view.run_number,
            runs: view.runs,
            stage: step.map(|step| step.id().to_string()),
            iteration: view.iteration,
            iteration_completed: view.iteration_completed,
            max_iterations: view.max_iterations,
            branches_done: u32::try_from(done).unwrap_or(u32::MAX),
            branches: u32::try_from(view.branches.len()).unwrap_or(u32::MAX),
            started_at: view.started_at,
            updated_at: view.updated_at,
            cost_usd: view.usage.cost_usd,
            parked: state.session.parked,
            touched: state.session.touched.as_ref().map_or(0, |it| it.times),
            question: state.first_question().map(|question| question.text.clone()),
        }
    }
}
