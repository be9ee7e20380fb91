//! The line of a start's message about what its agents may do.
use crate::model::PermissionMode;
use crate::plan::Plan;

/// Returns a line for a plan whose agents may do anything, as they may by default.
pub(super) fn line(plan: &Plan) -> &'static str {
    let mut agents = plan.all_nodes().flat_map(|node| node.agent.chain());
    let may_do_anything = agents.any(|agent| {
        agent.permissions == PermissionMode::BypassPermissions && !agent.adapter().is_built_in()
    });
    if may_do_anything {
        "  safety  agents may do anything here, unasked; `--permissions acceptEdits` narrows it (`ap explain safety`)\n"
    } else {
        ""
    }
}
