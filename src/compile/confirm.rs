//! Compiles `confirm:` of loops, nodes and pipelines.
use super::definition::{ConfirmDef, LoopDef, NodeDef};
use super::diagnostics::{LintCode, Location};
use crate::plan::{Confirm, OnTrouble};

/// Returns what a node confirms: as it says itself, or as its loop says.
pub(super) fn of_node(
    location: &Location<'_>,
    def: &NodeDef,
    loop_def: &LoopDef,
) -> Option<Confirm> {
    let own = checked(location, &def.confirm);
    own.or_else(|| loop_def.confirm.confirm())
}

/// Returns what a definition confirms, and reports a rule that never asks.
pub(super) fn checked(location: &Location<'_>, def: &ConfirmDef) -> Option<Confirm> {
    if def.never_asks() {
        let message = "`confirm` names no moment: it never asks";
        let problem = location.at("confirm", LintCode::NoEffect, message);
        location.report(problem.hint("add `before: first` or `after: every`"));
    }
    def.confirm()
}

/// Returns what follows when a node cannot continue by itself.
pub(super) fn on_trouble(def: &NodeDef, loop_def: &LoopDef) -> OnTrouble {
    def.on_trouble.or(loop_def.on_trouble).unwrap_or_default()
}
