//! Runs a parallel block: its branches are runs within the run, each with a runner of its own in the same thread.
use super::branches::{BranchOpening, BranchSignal, Branches};
use super::observer::window::Window;
use super::run::{Runner, attach_ledger};
use super::wakeup::ControlSource;
use crate::engine::Budget;
use crate::error::Result;
use crate::model::{Cursor, Input, NodeId, PauseAfter, Request, Said, Stop, StopSource};
use crate::plan::Block;
use crate::store::background::in_background;
use std::rc::Rc;
use std::sync::Arc;

impl Runner {
    /// Starts the branches that have not ended, and publishes what the session wants of all of them.
    pub(super) async fn run_branches(&mut self, at: Cursor) -> Result<()> {
        if self.branches.block() != at {
            self.branches = Branches::new(at);
        }
        let state = self.session.state();
        self.branches.publish(BranchSignal {
            orders: state.orders(),
            stop_requests: self.stop_requests,
            continue_requests: self.continue_requests,
            budget: Budget::of_session(&self.session.plan, state),
            reported: state.current.branches.clone(),
        });
        let Some(block) = self.session.plan.block(at.node).cloned() else {
            return Ok(());
        };
        for branch in &block.branches {
            if !self.has_ended(&branch.name) && !self.branches.is_running(&branch.name) {
                self.start_branch(&block, &branch.name).await?;
            }
        }
        Ok(())
    }

    fn has_ended(&self, branch: &NodeId) -> bool {
        let report = self.session.state().current.branches.get(branch);
        report.is_some_and(|report| report.ending.is_some())
    }

    async fn start_branch(&mut self, block: &Block, name: &NodeId) -> Result<()> {
        let step = self.branches.block().node;
        let opening = BranchOpening::new(&self.session, step, block, name);
        let mut session = in_background(move || opening.open()).await?;
        session.set_redactor(Arc::clone(&self.env.redactor));
        attach_ledger(&self.env, &mut session)?;
        let window = Window::for_branch(&self.env, &session, name);
        self.env
            .show_branch(&self.session.plan.session, &block.id, name);
        let control = ControlSource::Branch(self.branches.link(name));
        let mut runner = Self::new(session, Rc::clone(&self.env), window, control)?;
        self.branches.start(name, async move { runner.run().await });
        Ok(())
    }

    /// Does what the session wants of its branch.
    pub(super) fn apply_orders(&mut self) -> Result<()> {
        let ControlSource::Branch(link) = &mut self.control else {
            return Ok(());
        };
        let (orders, stop_requests) = link.orders();
        let must_continue = link.must_continue();
        // What a branch asks is answered for its session.
        let billing = self.session.state().session.spending.billing;
        let is_asking = billing.is_some() && billing != orders.account;
        if !is_asking {
            self.accept(&Input::AccountAccepted)?;
        }
        let must_pause = orders.pause || orders.drain.is_some() || is_asking;
        if self.session.state().session.pausing != must_pause {
            let request = if must_pause {
                Request::Pause {
                    after: PauseAfter::Iteration,
                }
            } else {
                Request::Continue
            };
            self.accept(&Input::Request(request))?;
        }
        let branch = self.session.plan.branch.as_ref();
        let answer = branch.and_then(|branch| orders.answers.get(&branch.name));
        if let Some(answer) = answer {
            self.accept(&Input::Request(Request::Answer(answer.clone())))?;
        }
        self.pass_on_said(&orders.said)?;
        let asks = self.session.state().session.question.is_some();
        if must_continue && !must_pause && !asks {
            self.accept(&Input::Request(Request::Continue))?;
        }
        let drained = orders
            .drain
            .filter(|_| !self.session.state().phase.is_running());
        // The limit is the session's own, so its end is no interruption.
        let drained = drained.map(|limit| Stop::new(StopSource::Person, limit.to_string()));
        if let Some(stop) = orders.stop.or(drained) {
            self.stop_requests = stop_requests.max(1);
            self.accept(&Input::Request(Request::Stop(stop)))?;
        }
        Ok(())
    }

    /// Says to the branch's agents what was said to the session.
    fn pass_on_said(&mut self, said: &[Said]) -> Result<()> {
        let own = self.session.plan.branch.as_ref().map(|it| it.name.clone());
        let is_meant = |text: &&Said| text.branch.is_none() || text.branch == own;
        for text in said.iter().filter(is_meant) {
            self.accept(&Input::Request(Request::Say(text.clone())))?;
        }
        Ok(())
    }

    /// Returns what the session as a whole may use and has used.
    pub(super) fn budget(&self) -> Budget {
        let state = self.session.state();
        match &self.control {
            ControlSource::Session(_) => Budget::of_session(&self.session.plan, state),
            ControlSource::Branch(link) => link.budget(state),
        }
    }

    /// Reports a branch's progress to its session.
    pub(super) fn report_progress(&mut self) {
        if let ControlSource::Branch(link) = &mut self.control {
            link.report(&self.session);
        }
    }
}
