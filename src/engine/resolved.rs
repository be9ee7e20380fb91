//! What the state means for its plan: the current step, and the settings with the user's changes.
use super::apply::MAX_IDS;
use super::state::{Phase, State};
use crate::model::{
    Answer, BranchReport, Cursor, GivenAnswer, NodeId, Orders, Outcome, PermissionDecision,
    Question, Reply, Resolved, Said, SaidText, SessionStatus, Subject, WaitReason,
};
use crate::plan::{Guardrails, Node, Plan, Step};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

impl State {
    /// Returns the session's status, as far as its journal knows.
    pub fn status(&self) -> SessionStatus {
        match self.phase.ending() {
            Some(ending) => ending.status(),
            None if self.is_asking() => SessionStatus::Asking,
            None if self.is_paused() => SessionStatus::Paused,
            None if self.session.parked => SessionStatus::Waiting,
            None => SessionStatus::Running,
        }
    }

    /// Whether the session, or a branch of its current block, waits for your answer.
    pub fn is_asking(&self) -> bool {
        let is_held = self.permission_question().is_some();
        let waits = (!self.phase.is_running() || is_held) && self.phase.ending().is_none();
        waits && self.session.stopping.is_none() && self.first_question().is_some()
    }

    /// Returns what the session, or else the first of its branches that asks, asks you.
    pub fn first_question(&self) -> Option<&Question> {
        self.open_questions().next().map(|(_, question)| question)
    }

    /// Returns the open questions, the session's own first, then those of its branches that are not answered.
    pub fn open_questions(&self) -> impl Iterator<Item = (Option<&NodeId>, &Question)> {
        let own = self
            .session
            .question
            .iter()
            .map(|question| (None, question));
        let branches = self.current.branches.iter();
        let branches = branches.filter_map(|(name, report)| {
            let question = self.question_of_branch(name, report)?;
            Some((Some(name), question))
        });
        own.chain(branches)
    }

    /// Returns what a branch asks you, unless that is answered.
    fn question_of_branch<'a>(
        &self,
        branch: &NodeId,
        report: &'a BranchReport,
    ) -> Option<&'a Question> {
        let answered = self.current.branch_answers.get(branch);
        let question = report.question.as_ref()?;
        answered
            .is_none_or(|answer| answer.id != question.id)
            .then_some(question)
    }

    /// Whether every branch of the current block that has not ended waits for you.
    pub(super) fn every_branch_asks(&self) -> bool {
        let branches = self.current.branches.iter();
        let mut at_work = branches
            .filter(|(_, report)| report.ending.is_none())
            .peekable();
        self.phase == Phase::Parallel
            && at_work.peek().is_some()
            && at_work.all(|(name, report)| self.question_of_branch(name, report).is_some())
    }

    /// Returns what the agent at work asks you, for which it waits.
    pub fn permission_question(&self) -> Option<&Question> {
        let question = self.session.question.as_ref();
        question.filter(|question| self.phase.is_running() && question.is_permission())
    }

    /// Whether the agent of this attempt is at work.
    pub(super) fn runs(&self, cursor: Cursor) -> bool {
        self.phase.is_running() && cursor == self.current.cursor
    }

    /// Returns the texts with which the current agent begins. What you say later is sent to it as a message.
    pub fn briefing(&self) -> impl Iterator<Item = &SaidText> {
        self.session.said.iter().filter(|text| text.in_context)
    }

    /// Returns the texts that no agent has read or begun with.
    pub fn unread(&self) -> impl Iterator<Item = &SaidText> {
        self.session.said.iter().filter(|text| text.is_new())
    }

    /// Returns what was decided about a request of the agent at work.
    pub fn decision(&self, request: &str) -> Option<&PermissionDecision> {
        let mut decisions = self.current.permissions.decisions.iter();
        decisions.find(|decision| decision.request == request)
    }

    /// Whether the session does nothing because it is paused.
    pub fn is_paused(&self) -> bool {
        self.session.pausing
            && self.session.stopping.is_none()
            && matches!(self.phase, Phase::Ready | Phase::Exited { .. })
    }

    /// Returns the current step; `None` when all are done.
    pub fn step<'a>(&self, plan: &'a Plan) -> Option<&'a Step> {
        plan.step(self.current.cursor.node)
    }

    /// Returns the current node; `None` when all are done, or in a parallel block.
    pub fn node<'a>(&self, plan: &'a Plan) -> Option<&'a Node> {
        self.step(plan)?.node()
    }

    /// Returns the current node with the settings of the agent that makes the attempt.
    pub fn changed_node(&self, plan: &Plan) -> Option<Node> {
        let mut node = self.node(plan)?.clone();
        let mut agent = self.agent_at(&node, self.current.fallback).into_owned();
        let change = &self.session.change;
        agent.permissions = change.permissions.unwrap_or(agent.permissions);
        agent.keep_env = change.keep_env.unwrap_or(agent.keep_env);
        node.agent = agent;
        Some(node)
    }

    /// Whether the agent that runs is to be ended.
    pub fn must_stop_agent(&self) -> bool {
        let spending = &self.session.spending;
        self.session.stopping.is_some()
            || spending.reached.is_some()
            || spending.hold.is_some()
            || spending.billing.is_some()
    }

    /// Returns what the branches of the current block should do.
    pub fn orders(&self) -> Orders {
        Orders {
            stop: self.session.stopping.clone(),
            drain: self.current.drain.clone(),
            account: self.session.spending.accepted,
            pause: self.session.pausing || self.session.question.is_some() || self.branch_is_held(),
            answers: self.branch_answers(),
            said: self.last_said(),
            allowed: self.session.allowed.clone(),
        }
    }

    /// Returns what was said last: no more than a branch tells from a repetition.
    fn last_said(&self) -> Vec<Said> {
        let said = &self.session.said;
        let first = said.len().saturating_sub(MAX_IDS);
        said[first..].iter().map(|it| it.said.clone()).collect()
    }

    /// Whether a branch asks about what concerns the other branches too.
    fn branch_is_held(&self) -> bool {
        let questions = self.current.branches.values();
        let mut subjects = questions.filter_map(|report| Some(report.question.as_ref()?.subject));
        subjects.any(|subject| subject == Subject::Tampering)
    }

    /// Returns what was answered to the branches.
    fn branch_answers(&self) -> BTreeMap<NodeId, Answer> {
        let answers = self.current.branch_answers.iter();
        answers
            .map(|(branch, given)| (branch.clone(), as_answer(given)))
            .collect()
    }

    /// Returns the session's limits.
    pub fn guardrails(&self, plan: &Plan) -> Guardrails {
        let (defined, change) = (plan.guardrails, &self.session.change);
        Guardrails {
            max_cost_usd: change.max_cost_usd.unwrap_or(defined.max_cost_usd),
            max_tokens: change.max_tokens.unwrap_or(defined.max_tokens),
            max_runtime_seconds: change
                .max_runtime_seconds
                .unwrap_or(defined.max_runtime_seconds),
            ..defined
        }
    }

    /// Returns how many iterations the current node may take.
    pub fn max_iterations(&self, node: &Node) -> u32 {
        let max = self.current.max_iterations.unwrap_or(node.max_iterations);
        max.saturating_add(self.current.counters.extra)
    }

    /// Returns the maximum that replaced the one of the current node, or of the last one once all are done.
    pub fn replaced_maximum(&self, plan: &Plan) -> Option<u32> {
        match (self.step(plan), self.session.finished.last()) {
            (None, Some(last)) => last.max_iterations,
            (Some(_), _) | (None, None) => self.current.max_iterations,
        }
    }

    /// Returns how long the session has run, without the time it had no runner.
    pub fn ran(&self, now: Timestamp) -> SignedDuration {
        // The time you take to answer is counted when you have.
        let now = match &self.phase {
            Phase::Waiting {
                reason: WaitReason::Question { .. },
                since,
                ..
            } => now.min(*since),
            Phase::Running { .. } if self.permission_question().is_some() => {
                let waits_since = self.current.permissions.waits_since;
                now.min(waits_since.unwrap_or(now))
            }
            Phase::Parallel => now.min(self.current.held_since.unwrap_or(now)),
            _ => now,
        };
        let since = self.session.started_at.unwrap_or(now);
        now.duration_since(since) - SignedDuration::from_millis(self.session.unattended_ms)
    }

    /// Returns the reason of the last failure.
    pub(super) fn last_error(&self) -> &str {
        self.session
            .last_error
            .as_deref()
            .unwrap_or("no reason given")
    }

    /// Returns the reason of the last failure, or else what the last iteration reported.
    pub fn failure_reason(&self) -> String {
        let session = &self.session;
        let reported = || {
            session
                .history
                .back()
                .map(|last| last.status.reason.clone())
        };
        session
            .last_error
            .clone()
            .or_else(reported)
            .unwrap_or_default()
    }

    /// Whether the attempt that has just ended worked on its task; others were kept from it.
    pub fn attempt_worked(&self) -> bool {
        let Phase::Exited { outcome } = &self.phase else {
            return false;
        };
        match outcome {
            Outcome::Reported { .. }
            | Outcome::Unreported { .. }
            | Outcome::Crashed { .. }
            | Outcome::BudgetExhausted { .. }
            | Outcome::TimedOut { .. } => true,
            Outcome::RateLimited { .. }
            | Outcome::Throttled { .. }
            | Outcome::Outage { .. }
            | Outcome::Environment { .. }
            | Outcome::Refused { .. }
            | Outcome::Lost { .. }
            | Outcome::Cancelled => false,
        }
    }
}

/// Returns a recorded answer as a branch gets it.
fn as_answer(given: &GivenAnswer) -> Answer {
    Answer {
        id: given.id,
        branch: None,
        reply: Reply::Resolved(Resolved {
            text: given.text.clone(),
            next: given.next,
            permit: given.permit,
        }),
        by: given.by.clone(),
        given_at: given.given_at,
    }
}
