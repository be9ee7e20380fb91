//! Reads `any` and `all`: several strategies in one termination.
use super::definition::TerminationDef;
use super::diagnostics::{LintCode, Location};
use super::strategy::{Inherited, StrategyReader, kind_names};
use super::unused_keys::report_unused_keys;
use crate::plan::suggest;
use crate::termination::{Fixed, Termination, TerminationKind};

impl StrategyReader<'_> {
    /// Reads a combination.
    pub(super) fn combination(
        &mut self,
        location: &Location<'_>,
        def: &TerminationDef,
    ) -> Option<Termination> {
        let (key, parts) = match (&def.any, &def.all) {
            (Some(_), Some(_)) => {
                let problem = location.at_key(
                    "all",
                    LintCode::AnyAndAll,
                    "`any` and `all` cannot be used together",
                );
                location.report(problem.hint("nest one in the other: `all: [{any: [...]}, ...]`"));
                return None;
            }
            (Some(parts), None) => ("any", parts),
            (None, parts) => ("all", parts.as_ref()?),
        };
        if let Some(word) = &def.kind {
            let problem = location.at(
                "type",
                LintCode::AnyAndAll,
                format!("`type: {word}` and `{key}` cannot be used together"),
            );
            location.report(problem.hint(format!("make `{{type: {word}}}` one of `{key}`")));
        }
        if parts.is_empty() {
            location.report(
                location
                    .at(
                        key,
                        LintCode::NoTermination,
                        format!("`{key}` is an empty list"),
                    )
                    .hint(suggest::hint("", kind_names())),
            );
            return None;
        }
        let of = parts
            .iter()
            .enumerate()
            .map(|(at, part)| self.part(&location.to(key).item(at), part))
            .collect::<Option<Vec<_>>>()?;
        Some(if key == "any" {
            Termination::Any { of }
        } else {
            Termination::All { of }
        })
    }

    /// Reads one part of `any` or `all`.
    fn part(&mut self, location: &Location<'_>, def: &TerminationDef) -> Option<Termination> {
        if def.any.is_some() || def.all.is_some() {
            return self.combination(location, def);
        }
        let Some(word) = &def.kind else {
            location.report(
                location
                    .here(
                        LintCode::NoTermination,
                        "one of the terminations has no `type`",
                    )
                    .hint(suggest::hint("", kind_names())),
            );
            return None;
        };
        let kind = self.kind(location, "type", word)?;
        if kind == TerminationKind::Fixed {
            return Some(Termination::Fixed(Fixed {
                iterations: part_iterations(location, def),
            }));
        }
        if def.max.is_some() || def.iterations.is_some() {
            let problem = location.here(
                LintCode::NoEffect,
                "`max` and `iterations` of one of several count only with `type: fixed`",
            );
            location.report(
                problem
                    .hint("move it out of the list, to the top of `termination`")
                    .warning(),
            );
        }
        self.strategy(location, def, kind, &Inherited::default())
    }
}

/// Returns the number of iterations of a `fixed` part, if it sets one.
fn part_iterations(location: &Location<'_>, def: &TerminationDef) -> Option<u32> {
    report_unused_keys(location, def, TerminationKind::Fixed);
    let key = if def.iterations.is_some() {
        "iterations"
    } else {
        "max"
    };
    let iterations = def.iterations.or(def.max);
    if iterations == Some(0) {
        location.report(location.at(
            key,
            LintCode::BadValue,
            format!("`{key}` must be at least 1"),
        ));
    }
    iterations
}
