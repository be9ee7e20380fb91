//! The end of a session that a retry does not help.
use super::finish::{fail, limit_reached};
use super::limits::session_limit;
use crate::engine::state::State;
use crate::model::{Event, Limit, Outcome};
use crate::plan::Plan;
use jiff::Timestamp;

/// Ends the session after a failure that a retry does not change.
pub(super) fn refused(plan: &Plan, state: &State, outcome: &Outcome, now: Timestamp) -> Event {
    match outcome {
        Outcome::BudgetExhausted { reason } => {
            // Its program was given what was left of the session's budget, unless the definition gave it another one.
            let own = || Limit::AgentBudget {
                reason: reason.clone(),
            };
            limit_reached(session_limit(plan, state, now).unwrap_or_else(own))
        }
        Outcome::Refused { hint, .. } => fail(outcome.to_string(), hint),
        _ => fail(outcome.to_string(), ""),
    }
}
