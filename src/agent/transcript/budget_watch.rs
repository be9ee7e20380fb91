//! Notices, event by event, that an agent has used what it may, and ends it with its turn.
use super::reckoning::Reckoning;
use crate::model::Usage;

/// A budget, and what was spent of it before the attempt; a maximum of 0 is none.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Allowance {
    pub max_cost_usd: f64,
    pub cost_usd: f64,
    pub max_tokens: u64,
    pub tokens: u64,
}

impl Allowance {
    /// Whether it is used up, with what the attempt has used.
    pub fn is_used_up(&self, usage: &Usage) -> bool {
        let cost_usd = self.cost_usd + usage.cost_usd;
        let tokens = self.tokens.saturating_add(usage.billed_tokens());
        (0.0 < self.max_cost_usd && self.max_cost_usd <= cost_usd)
            || (0 < self.max_tokens && self.max_tokens <= tokens)
    }
}

/// Looks at an agent's usage after each event.
#[derive(Clone, Debug, Default)]
pub(super) struct BudgetWatch {
    pub(super) allowances: Vec<Allowance>,
    /// The number of the turn in which one was used up.
    used_up_in: Option<u64>,
}

impl BudgetWatch {
    /// Notes whether a budget is used up.
    pub(super) fn look(&mut self, usage: &Usage, reckoning: &Reckoning) {
        if self.used_up_in.is_none() && self.allowances.iter().any(|it| it.is_used_up(usage)) {
            self.used_up_in = Some(reckoning.begun);
        }
    }

    /// Notes that the time is used up.
    pub(super) fn note_time(&mut self, reckoning: &Reckoning) {
        self.used_up_in.get_or_insert(reckoning.begun);
    }

    /// Whether the agent must end: a budget is used up, and the turn that used it up is over or another one has begun.
    pub(super) fn must_end(&self, reckoning: &Reckoning) -> bool {
        self.used_up_in
            .is_some_and(|turn| reckoning.is_over || turn < reckoning.begun)
    }
}
