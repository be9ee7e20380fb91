//! Compiles the termination of a node: its own, else its loop's.
use super::definition::{JudgeDef, LoopDef, NodeDef, TerminationDef};
use super::diagnostics::{LintCode, Location};
use super::judge::judge_agent;
use super::loaded_loop::LoadedLoop;
use super::node_context::NodeContext;
use super::settings::CustomProviders;
use super::strategy::{Inherited, StrategyReader};
use crate::agent::AgentSpec;
use crate::termination::{Fixed, Termination, TerminationKind};

/// A termination, with the maximum written beside it and the agent that judges, if one does.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct CompiledTermination {
    pub(super) termination: Termination,
    pub(super) max: Option<u32>,
    pub(super) judge: Option<AgentSpec>,
    /// Whether a queue that has no tasks at all is done.
    pub(super) empty_is_done: bool,
}

/// Compiles the termination of a node, with the judge that the environment names if no definition names one.
pub(super) fn for_node(
    ctx: &NodeContext<'_>,
    def: &NodeDef,
    loaded: Option<&LoadedLoop>,
) -> Option<CompiledTermination> {
    let providers = &ctx.compiler.overrides.providers;
    // Where the node has a termination, mistakes in the loop's do not matter.
    let set = def.ends().is_some() || def.completion.is_some();
    let loop_termination = match loaded {
        Some(LoadedLoop { document, def, .. }) if !set => {
            Some(of_loop(&Location::top(document), def, providers)?)
        }
        Some(LoadedLoop { document, def, .. }) => {
            let read = || of_loop(&Location::top(document), def, providers);
            ctx.compiler.diagnostics.filtered(|_| false, read)
        }
        None => None,
    };
    let mut compiled = of_node(&ctx.location, def, loop_termination.as_ref(), providers)?;
    if let Some(judge) = compiled
        .judge
        .as_mut()
        .filter(|_| ctx.default_judge_applies(def, loaded.map(|loaded| &loaded.def)))
    {
        let overrides = ctx.compiler.overrides;
        let default = JudgeDef {
            provider: overrides.judge_provider.clone(),
            model: overrides.judge_model.clone(),
            program: None,
        };
        *judge = judge_agent(ctx.location.flag(), &default, providers);
    }
    Some(compiled)
}

/// Returns the termination of a loop, which must have one.
fn of_loop(
    location: &Location<'_>,
    def: &LoopDef,
    providers: &CustomProviders,
) -> Option<CompiledTermination> {
    let legacy = Legacy {
        completion: def.completion.as_deref(),
        min_iterations: def.min_iterations,
        count: def.iterations.or(def.max),
    };
    let compiled = read(
        location,
        ("termination", def.termination.as_ref()),
        &legacy,
        None,
        providers,
    );
    if compiled.is_none() && def.termination.is_none() && def.completion.is_none() {
        let problem = location.here(LintCode::NoTermination, "the loop has no termination");
        location.report(
            problem
                .hint("add `termination:` with `type: judgment`, `type: queue` or `type: fixed`"),
        );
    }
    compiled
}

/// Returns the termination of a node: its own, else its loop's. An inline prompt runs once.
fn of_node(
    location: &Location<'_>,
    def: &NodeDef,
    under: Option<&CompiledTermination>,
    providers: &CustomProviders,
) -> Option<CompiledTermination> {
    let ends = def.ends();
    let unset = ends.is_none() && def.completion.is_none();
    if let Some(compiled) = under.filter(|_| unset) {
        return Some(compiled.clone());
    }
    if unset {
        return Some(CompiledTermination {
            termination: Termination::Fixed(Fixed::default()),
            max: Some(1),
            judge: None,
            empty_is_done: false,
        });
    }
    let legacy = Legacy {
        completion: def.completion.as_deref(),
        min_iterations: None,
        count: None,
    };
    read(
        location,
        (
            ends.map_or("termination", |(key, _)| key),
            ends.map(|(_, def)| def),
        ),
        &legacy,
        under,
        providers,
    )
}

struct Legacy<'a> {
    completion: Option<&'a str>,
    min_iterations: Option<u32>,
    count: Option<u32>,
}

fn read(
    location: &Location<'_>,
    (key, def): (&str, Option<&TerminationDef>),
    legacy: &Legacy<'_>,
    under: Option<&CompiledTermination>,
    providers: &CustomProviders,
) -> Option<CompiledTermination> {
    let (empty, written) = (TerminationDef::default(), def.is_some());
    let def = def.unwrap_or(&empty);
    let max = def.max.or(def.iterations).or(legacy.count);
    let inherited = Inherited {
        under: under.map(|compiled| &compiled.termination),
        min_iterations: legacy.min_iterations,
    };
    let empty_is_done = under.is_some_and(|compiled| compiled.empty_is_done);
    let mut reader = StrategyReader {
        providers,
        judge: under.and_then(|compiled| compiled.judge.clone()),
        empty_is_done,
    };
    let inside = location.to(key);
    let termination = if def.any.is_some() || def.all.is_some() {
        reader.combination(&inside, def)?
    } else {
        let kind = match (&def.kind, legacy.completion) {
            (Some(word), _) => reader.kind(&inside, "type", word)?,
            (None, Some(word)) => reader.kind(location, "completion", word)?,
            (None, None) => match (under, max) {
                (Some(compiled), _) => match compiled.termination.kind() {
                    Some(kind) => kind,
                    // A combination is inherited as a whole.
                    None => {
                        return Some(CompiledTermination {
                            max: max.or(compiled.max),
                            ..compiled.clone()
                        });
                    }
                },
                (None, Some(_)) => TerminationKind::Fixed,
                (None, None) => {
                    if written {
                        reader.report_no_type(location, key, format!("`{key}` has no `type`"));
                    }
                    return None;
                }
            },
        };
        reader.strategy(&inside, def, kind, &inherited)?
    };
    // Beside `iterations`, the `max` of a fixed loop never counts.
    let fixed = def.iterations.filter(|_| termination.is_fixed());
    let max = fixed.or(max).or(under.and_then(|compiled| compiled.max));
    Some(CompiledTermination {
        termination,
        max,
        judge: reader.judge,
        empty_is_done: reader.empty_is_done,
    })
}
