//! Reports keys of a termination that its type does not use.
use super::definition::TerminationDef;
use super::diagnostics::{LintCode, Location};
use crate::termination::TerminationKind;

/// Reports keys that have no effect on this strategy.
pub(super) fn report_unused_keys(
    location: &Location<'_>,
    def: &TerminationDef,
    kind: TerminationKind,
) {
    use TerminationKind as Kind;
    if def.consensus == Some(0) {
        location.report(location.at(
            "consensus",
            LintCode::BadValue,
            "`consensus` must be at least 1",
        ));
    }
    let commands = matches!(kind, Kind::Verify | Kind::Command);
    let judges = kind == Kind::Judge || kind == Kind::Judgment && def.judge.is_some();
    let unused = [
        (
            "consensus",
            def.consensus.is_some() && kind != Kind::Judgment,
        ),
        (
            "min_iterations",
            def.min_iterations.is_some() && !matches!(kind, Kind::Judgment | Kind::Judge),
        ),
        (
            "iterations",
            def.iterations.is_some() && kind != Kind::Fixed && def.max.is_some(),
        ),
        (
            "max",
            def.max.is_some() && kind == Kind::Fixed && def.iterations.is_some(),
        ),
        ("empty", def.empty.is_some() && kind != Kind::Queue),
        ("text", def.text.is_some() && kind != Kind::Promise),
        ("command", def.command.is_some() && !commands),
        ("timeout", def.timeout.is_some() && !commands),
        ("threshold", def.threshold.is_some() && kind != Kind::Verify),
        ("prd", def.prd.is_some() && kind != Kind::Verify),
        (
            "tasks_closed",
            def.tasks_closed.is_some() && kind != Kind::Verify,
        ),
        ("judge", def.judge.is_some() && !judges),
        ("criteria", def.criteria.is_some() && !judges),
        ("confidence", def.confidence.is_some() && !judges),
    ];
    for (key, _) in unused.into_iter().filter(|(_, unused)| *unused) {
        let why = match key {
            "max" => "beside `iterations`",
            _ => "on this type of termination",
        };
        let message = format!("`{key}` has no effect {why}");
        location.report(location.at_key(key, LintCode::NoEffect, message).warning());
    }
}
