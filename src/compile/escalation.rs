//! Compiles `escalation:` of a loop.
use super::agent_names::{bad_model, check_effort, with_effort};
use super::definition::EscalationDef;
use super::diagnostics::{LintCode, Location};
use crate::agent::{AgentSpec, Escalation};
use crate::termination::Termination;

/// Iterations in a row after which an abler agent takes over, by default.
const AFTER: u32 = 3;

/// Returns when an abler agent takes over, and which; reports one that never does. `location` is that of `escalation`.
pub(super) fn escalation(
    usual: &AgentSpec,
    location: &Location<'_>,
    def: &EscalationDef,
    ends: Option<&Termination>,
) -> Option<Escalation> {
    if ends.is_some_and(|ends| ends.gates().is_empty()) {
        let message = "`escalation` counts checks that fail, and the loop's termination has none";
        let problem = location.here(LintCode::NoEffect, message);
        location.report(problem.hint("end the loop by `verify`, `command` or `judge`"));
    }
    let mut to = AgentSpec {
        fallback: Vec::new(),
        escalation: None,
        ..usual.clone()
    };
    let at = location.to("to");
    if let Some(model) = def.to.model.as_deref() {
        if bad_model(model) || model.is_empty() {
            let message = format!("`{}` cannot be the name of a model", model.escape_debug());
            at.report(at.at("model", LintCode::BadModel, message));
        }
        to.model = to.adapter().resolve_model(model).into_owned();
        check_effort(&to, &at);
    }
    if let Some(effort) = def.to.effort.as_deref() {
        to.model = with_effort(&to, &at, effort);
    }
    if to.label() == usual.label() {
        let message = "`escalation` changes nothing: `to` is the usual agent";
        let problem = location.here(LintCode::NoEffect, message);
        location.report(problem.hint("name another model: `to: {model: opus, effort: high}`"));
    }
    let returns = match def.back.as_deref() {
        None | Some("first_pass") => true,
        Some("never") => false,
        Some(other) => {
            let message = format!("`back` must be `first_pass` or `never`, not `{other}`");
            location.report(location.at("back", LintCode::BadValue, message));
            true
        }
    };
    if def.after == Some(0) {
        let message = "`after` must be at least 1";
        location.report(location.at("after", LintCode::BadValue, message));
    }
    Some(Escalation {
        after: def.after.unwrap_or(AFTER).max(1),
        returns,
        to: Box::new(to),
    })
}
