//! The questions that an agent at work asks.
use super::question::question;
use crate::engine::pacing::later;
use crate::engine::state::State;
use crate::model::{
    Deadline, Event, MORE_PERMITS, Next, PERMITS, Permission, Permit, Question, Subject,
};
use crate::plan::Plan;
use jiff::{SignedDuration, Timestamp};

/// Permissions in a row after which it is asked whether the agent may ask for more.
const MOST_IN_A_ROW: u32 = 25;

/// Asks for a permission, or, after many of them, whether the agent may ask for more.
pub(in crate::engine) fn permission_question(
    plan: &Plan,
    state: &State,
    permission: &Permission,
    now: Timestamp,
) -> Event {
    let cursor = state.current.cursor;
    let asked = state.current.permissions.asked;
    let (subject, text, words): (_, _, &[(&str, Permit)]) = if asked < MOST_IN_A_ROW {
        (Subject::Permission { cursor }, permission.text(), &PERMITS)
    } else {
        let text = format!(
            "The agent has asked for {asked} permissions in a row, and now wants to use {}. Let it keep asking?",
            permission.tool
        );
        (Subject::ManyPermissions { cursor }, text, &MORE_PERMITS)
    };
    let question = Question {
        choices: words.iter().map(|(word, _)| (*word).to_owned()).collect(),
        permission: Some(permission.clone()),
        until: deadline(plan, state, now),
        ..question(state, subject, text, now)
    };
    Event::QuestionAsked { question }
}

/// Returns when the request is denied.
fn deadline(plan: &Plan, state: &State, now: Timestamp) -> Option<Deadline> {
    let seconds = state.changed_node(plan)?.agent.limits.permission_s;
    let limit = i64::try_from(seconds).ok().filter(|limit| 0 < *limit)?;
    Some(Deadline {
        at: later(now, SignedDuration::from_secs(limit)),
        next: Next::Go,
    })
}
