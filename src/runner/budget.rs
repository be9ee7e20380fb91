//! Ends the agent of a runner when a budget is used up, and starts none while one is.
use super::known_quota::lock;
use super::quota::user_zone;
use super::run::Runner;
use super::wakeup::ControlSource;
use crate::agent::Allowance;
use crate::clock;
use crate::engine::Phase;
use crate::error::Result;
use crate::model::{AccountKind, Cursor, Input, Usage};

impl Runner {
    /// Returns what the current attempt may use.
    pub(super) fn allowances(&mut self) -> Vec<Allowance> {
        self.look_at_shared_budget();
        let budget = self.budget();
        let own = Allowance {
            max_cost_usd: budget.max_cost_usd,
            cost_usd: budget.cost_usd,
            max_tokens: budget.max_tokens,
            tokens: budget.tokens,
        };
        std::iter::once(own)
            .chain(self.shared_budget.allowances())
            .collect()
    }

    fn look_at_shared_budget(&mut self) {
        let (defined, dirs) = (self.session.plan.guardrails.budgets, &self.env.dirs);
        let mut desk = lock(&self.desk);
        desk.settings.look(dirs);
        let budgets = desk.settings.settings().budgets.narrowed(defined);
        drop(desk);
        let zone = user_zone(&self.env.vars);
        self.shared_budget.look(dirs, budgets, clock::now(), &zone);
    }

    /// Records that the running agent would be billed, though the session began on an account that does not bill.
    pub(super) fn check_account(&mut self) -> Result<()> {
        let attempt = self.attempt.as_ref();
        match attempt.and_then(|it| Some((it.cursor, it.transcript().account()?))) {
            Some((cursor, account)) => self.check_account_of(cursor, account),
            None => Ok(()),
        }
    }

    /// Records that an agent is billed by this account, if that is to be asked.
    pub(super) fn check_account_of(&mut self, cursor: Cursor, account: AccountKind) -> Result<()> {
        let of_session = match &self.control {
            ControlSource::Session(_) => None,
            ControlSource::Branch(link) => link.account(),
        };
        self.accept(&Input::AccountChanged {
            cursor,
            account,
            of_session,
        })
    }

    /// Records that the running agent has used up a budget, once its turn is over.
    pub(super) fn end_at_budget(&mut self) -> Result<()> {
        let (budget, now, is_held) = (self.budget(), clock::now(), self.is_agent_held());
        let Some(attempt) = &mut self.attempt else {
            return Ok(());
        };
        if budget.is_time_up(now) && !is_held {
            attempt.transcript.note_time_is_up();
        }
        if !attempt.transcript().must_end() {
            return Ok(());
        }
        let (cursor, usage) = (attempt.cursor, attempt.transcript().usage());
        if let Some(limit) = budget.reached(&usage, now) {
            return self.accept(&Input::BudgetReached { cursor, limit });
        }
        self.hold(&usage)
    }

    /// Records that a budget over all sessions is spent, so that no agent starts. What this session has spent is in the
    /// ledger once its facts are synced.
    pub(super) async fn check_shared_budget(&mut self) -> Result<()> {
        let phase = &self.session.state().phase;
        if !matches!(phase, Phase::Ready | Phase::Exited { .. }) {
            return Ok(());
        }
        self.look_at_shared_budget();
        if !self.shared_budget.is_empty() {
            self.sync().await?;
            self.look_at_shared_budget();
        }
        self.hold(&Usage::default())
    }

    fn hold(&mut self, usage: &Usage) -> Result<()> {
        let cursor = self.session.state().current.cursor;
        match self.shared_budget.hold(usage) {
            Some((reason, until)) => self.accept(&Input::BudgetHeld {
                cursor,
                reason,
                until,
            }),
            None => Ok(()),
        }
    }
}
