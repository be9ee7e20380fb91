//! Ends the agent of a runner when a budget is used up.
use super::run::Runner;
use crate::agent::Allowance;
use crate::error::Result;
use crate::model::Input;

impl Runner {
    /// Returns what the current attempt may use.
    pub(super) fn allowances(&self) -> Vec<Allowance> {
        let budget = self.budget();
        vec![Allowance {
            max_cost_usd: budget.max_cost_usd,
            cost_usd: budget.cost_usd,
            max_tokens: budget.max_tokens,
            tokens: budget.tokens,
        }]
    }

    /// Records that the running agent has used up a budget, once its turn is over.
    pub(super) fn end_at_budget(&mut self) -> Result<()> {
        let Some(attempt) = self
            .attempt
            .as_ref()
            .filter(|it| it.transcript().must_end())
        else {
            return Ok(());
        };
        let (cursor, usage) = (attempt.cursor, attempt.transcript().usage());
        match self.budget().reached(&usage) {
            Some(limit) => self.accept(&Input::BudgetReached { cursor, limit }),
            None => Ok(()),
        }
    }
}
