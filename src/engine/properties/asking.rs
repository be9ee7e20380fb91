//! The plan that the random sessions run.
use super::hooks::hooks;
use super::plans::plan;
use crate::model::Next;
use crate::plan::{Confirm, ConfirmWhen, OnTrouble, Plan, Step, Unanswered};

/// Returns the plan of the random sessions, which ask you before, between and after its steps, and has hooks of all kinds.
pub(super) fn asking_plan() -> Plan {
    let mut plan = plan();
    plan.hooks = hooks();
    plan.confirm = Some(Confirm {
        before: Some(ConfirmWhen::Every),
        after: Some(ConfirmWhen::First),
        ..Confirm::default()
    });
    for node in plan.steps.iter_mut().flat_map(Step::all_nodes_mut) {
        match node.id.as_str() {
            "gated" => node.on_trouble = OnTrouble::Ask,
            "fixed" => {
                node.confirm = Some(Confirm {
                    before: Some(ConfirmWhen::First),
                    after: Some(ConfirmWhen::Every),
                    unanswered: Some(Unanswered {
                        after_s: 60,
                        next: Next::Go,
                    }),
                    ..Confirm::default()
                });
            }
            _ => {}
        }
    }
    plan
}
