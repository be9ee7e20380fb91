//! Records permissions: what was asked, decided and withdrawn while an agent is at work.
use super::elapsed::passed_ms;
use crate::engine::state::State;
use crate::model::{
    GivenAnswer, NodeId, Permission, PermissionDecision, Permit, Question, QuestionId, Subject,
};
use jiff::Timestamp;

/// Decisions that are remembered; an agent waits for few at a time.
const MAX_DECISIONS: usize = 64;
/// Calls that are allowed for a whole session.
const MAX_ALLOWED: usize = 512;

impl State {
    pub(super) fn permission_asked(&mut self, subject: Subject, at: Timestamp) {
        let permissions = &mut self.current.permissions;
        match subject {
            Subject::Permission { .. } => permissions.asked += 1,
            Subject::ManyPermissions { .. } => {}
            _ => return,
        }
        permissions.waits_since = Some(at);
    }

    /// Records the answer to a question of the agent at work.
    pub(super) fn permission_answered(&mut self, question: &Question, answer: &GivenAnswer) {
        let permit = answer.permit.unwrap_or(Permit::Denied);
        let Some(permission) = &question.permission else {
            return;
        };
        if let Subject::ManyPermissions { .. } = question.subject {
            self.current.permissions.asked = 0;
            self.current.permissions.denies_rest = permit == Permit::Denied;
            return;
        }
        let decision = PermissionDecision {
            request: permission.request.clone(),
            permit,
            reason: answer.text.clone(),
        };
        self.permission_decided(permission, &decision);
    }

    pub(super) fn permission_decided(
        &mut self,
        permission: &Permission,
        decision: &PermissionDecision,
    ) {
        if decision.permit == Permit::Session {
            self.allow(permission);
        }
        let decisions = &mut self.current.permissions.decisions;
        if decisions.len() == MAX_DECISIONS {
            decisions.pop_front();
        }
        decisions.push_back(decision.clone());
    }

    /// Allows every call of the session that is the same.
    fn allow(&mut self, permission: &Permission) {
        let allowed = &mut self.session.allowed;
        if allowed.len() < MAX_ALLOWED {
            allowed.insert(permission.as_allowed());
        }
    }

    /// Allows for the session what you allowed to a branch for the session.
    pub(super) fn allow_as_branch(&mut self, branch: &NodeId, answer: &GivenAnswer) {
        let report = self.current.branches.get(branch);
        let question = report.and_then(|report| report.question.as_ref());
        let question = question.filter(|question| question.id == answer.id);
        let permission = question.and_then(|question| question.permission.clone());
        if let (Some(permission), Some(Permit::Session)) = (permission, answer.permit) {
            self.allow(&permission);
        }
    }

    pub(super) fn question_withdrawn(&mut self, id: QuestionId, at: Timestamp) {
        if self.permission_question().is_some_and(|it| it.id == id) {
            self.close_permission(at);
        }
    }

    /// Closes the question of an agent that does not wait any more.
    pub(super) fn close_permission(&mut self, at: Timestamp) {
        if self.count_permission_time(at) {
            self.session.question = None;
        }
    }

    /// Counts the time since the agent asked, or since it was counted last, as time in which the session did not run.
    /// Returns whether the agent waits for you.
    pub(super) fn count_permission_time(&mut self, at: Timestamp) -> bool {
        let asks = self.permission_question().is_some();
        let since = &mut self.current.permissions.waits_since;
        let Some(since) = since.as_mut().filter(|_| asks) else {
            return false;
        };
        let waited = passed_ms(since, at);
        self.session.unattended_ms = self.session.unattended_ms.saturating_add(waited);
        true
    }
}
