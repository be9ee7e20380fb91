//! Permissions that the agent at work asks for.
use crate::engine::follow::permission_question;
use crate::engine::state::State;
use crate::model::{Cursor, Event, Permission, PermissionDecision, Permit};
use crate::plan::Plan;
use jiff::Timestamp;

/// Returns what follows from a request: a decision that was made before, or a question to you. While another question is
/// open it waits. The session of a branch may have allowed the same call.
pub(super) fn asked(
    plan: &Plan,
    state: &State,
    cursor: Cursor,
    (permission, is_allowed): (&Permission, bool),
    now: Timestamp,
) -> Option<Event> {
    let is_known = state.decision(&permission.request).is_some();
    if !state.runs(cursor) || is_known || state.must_stop_agent() {
        return None;
    }
    if let Some((permit, reason)) = standing(state, permission, is_allowed) {
        return Some(Event::PermissionDecided {
            cursor,
            permission: permission.clone(),
            decision: PermissionDecision {
                request: permission.request.clone(),
                permit,
                reason,
            },
        });
    }
    let is_asking = state.session.question.is_some();
    (!is_asking).then(|| permission_question(plan, state, permission, now))
}

/// Returns what was decided about every call like this one.
fn standing(state: &State, permission: &Permission, is_allowed: bool) -> Option<(Permit, String)> {
    if is_allowed || state.session.allowed.contains(&permission.as_allowed()) {
        return Some((Permit::Session, String::new()));
    }
    let denies = state.current.permissions.denies_rest;
    denies.then(|| {
        let reason = "too many permissions were asked for in this iteration";
        (Permit::Denied, reason.to_owned())
    })
}

/// Returns that the agent does not wait for the answer to its request any more.
pub(super) fn withdrawn(state: &State, cursor: Cursor, request: &str) -> Option<Event> {
    let question = state.permission_question().filter(|_| state.runs(cursor))?;
    let permission = question.permission.as_ref()?;
    (permission.request == request).then_some(Event::QuestionWithdrawn { id: question.id })
}
