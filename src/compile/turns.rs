//! `max_turns` of a loop.
use super::definition::LoopDef;
use super::diagnostics::{LintCode, Location};
use crate::agent::AgentSpec;

/// Reports a number of turns that ends nothing.
pub(super) fn check(location: &Location<'_>, def: &LoopDef, agent: &AgentSpec) {
    if def.max_turns == Some(0) {
        let message = "`max_turns` must be at least 1";
        location.report(location.at("max_turns", LintCode::BadValue, message));
    } else if def.max_turns.is_some() && !agent.adapter().takes_subagents() {
        let name = agent.provider_name();
        let message = format!("provider `{name}` has no `max_turns`");
        let problem = location.at_key("max_turns", LintCode::NoEffect, message);
        location.report(
            problem
                .hint("bound its time instead: `limits: {wall: 1h}`")
                .warning(),
        );
    }
}
