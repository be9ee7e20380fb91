//! `parallel:`: providers that run the same stages side by side, each in a world of its own.
use super::agent::Layer;
use super::compiler::Loaded;
use super::definition::{BranchDef, NodeDef, ParallelDef, ParallelKey};
use super::diagnostics::{Place, Problem};
use super::inputs;
use super::lint;
use super::node::{self, Seat};
use super::steps;
use crate::model::NodeId;
use crate::plan::{Block, Branch, Node, OnFailure, SettingOrigin};
use std::rc::Rc;

/// Finds the loop a stage uses.
pub(super) type Find<'a, 'f> =
    dyn Fn(&Place<'_>, &NodeDef, &mut Vec<Problem>) -> Option<Option<Rc<Loaded<'a>>>> + 'f;

/// Makes a block, or says what is wrong with it.
pub(super) fn block(
    seat: &Seat<'_>,
    def: &NodeDef,
    find: &Find<'_, '_>,
    problems: &mut Vec<Problem>,
) -> Option<(Block, Vec<SettingOrigin>)> {
    let Some(ParallelKey::Block(parallel)) = &def.parallel else {
        return None;
    };
    let id = node::id(seat, def, problems);
    let place = seat.place.to("parallel");
    misplaced(seat, def, problems);
    let names = names(&place, parallel, problems);
    let on_failure = on_failure(&place, parallel, problems);
    let (key, stages) = parallel.stages();
    if stages.is_empty() {
        problems.push(
            place
                .here("no-nodes", "the block has no stages")
                .hint("add `stages:` with at least one `- id: …` and its `loop: …`"),
        );
    }
    let ids: Vec<String> = stages
        .iter()
        .map(|stage| steps::name_of(stage).to_owned())
        .collect();
    let (mut branches, mut said) = (Vec::new(), Vec::new());
    for (index, (name, provider)) in names.iter().zip(&parallel.providers).enumerate() {
        let own = Own {
            place: place.to("providers").item(index),
            provider,
            ids: &ids,
        };
        if lint::enough(problems) {
            break;
        }
        // All of them, before the first one that cannot be made matters.
        let nodes: Vec<_> = (0..stages.len())
            .map(|stage| {
                stage_node(
                    seat,
                    &place.to(key).item(stage),
                    &own,
                    &stages[stage],
                    stage,
                    find,
                    problems,
                )
            })
            .collect();
        let Some(nodes) = nodes.into_iter().collect::<Option<Vec<_>>>() else {
            continue;
        };
        let (nodes, who): (Vec<Node>, Vec<Vec<SettingOrigin>>) = nodes.into_iter().unzip();
        let full = |said: SettingOrigin| SettingOrigin {
            setting: format!("{}/{name}/{}", steps::name_of(def), said.setting),
            ..said
        };
        said.extend(who.into_iter().flatten().map(full));
        branches.push(Branch {
            name: name.clone(),
            nodes,
        });
    }
    let complete = !branches.is_empty()
        && branches.len() == parallel.providers.len()
        && branches.iter().all(|branch| !branch.nodes.is_empty());
    let block = Block {
        id: id?,
        description: def.description.clone().unwrap_or_default(),
        branches,
        on_failure,
    };
    complete.then_some((block, said))
}

/// A provider of the block, and the stages it runs.
struct Own<'a> {
    place: Place<'a>,
    provider: &'a BranchDef,
    /// Of all stages of the block.
    ids: &'a [String],
}

fn stage_node(
    seat: &Seat<'_>,
    place: &Place<'_>,
    own: &Own<'_>,
    def: &NodeDef,
    index: usize,
    find: &Find<'_, '_>,
    problems: &mut Vec<Problem>,
) -> Option<(Node, Vec<SettingOrigin>)> {
    if matches!(def.parallel, Some(ParallelKey::Block(_))) {
        problems.push(
            place
                .at_key("parallel", "misplaced", "a block within a block")
                .hint("put the inner block's providers into the outer one"),
        );
        return None;
    }
    if def.pipeline.is_some() {
        let problem = place.at_key("pipeline", "misplaced", "a pipeline within a block");
        problems.push(problem.hint("write its nodes as the block's stages"));
        return None;
    }
    let earlier: Vec<String> = seat
        .around
        .earlier
        .unwrap_or_default()
        .iter()
        .chain(&own.ids[..index])
        .cloned()
        .collect();
    let around = inputs::Around {
        earlier: Some(&earlier),
        later: &own.ids[index..],
        perspectives: def.perspectives.is_some(),
        ..seat.around
    };
    let inner = Seat {
        request: seat.request,
        overrides: seat.overrides,
        place: place.clone(),
        pipeline: seat.pipeline,
        around,
        branch: Some(layer(own)),
    };
    let loaded = find(place, def, problems);
    let mut made = match loaded {
        None => node::of_node(&inner, def, None, problems),
        Some(Some(loaded)) => node::of_node(&inner, def, Some(&loaded), problems),
        Some(None) => {
            // It cannot become a node, but the rest of it may be wrong too.
            node::of_node(&inner, def, None, problems);
            None
        }
    }?;
    let given = own.provider.inputs().filter(|_| def.inputs.is_none());
    if let Some(given) = given {
        let at = Seat {
            place: own.place.clone(),
            branch: None,
            ..inner
        };
        (made.0.from, made.0.from_parallel) = (
            inputs::read(&at, given, problems),
            inputs::parallel(&at, given, problems),
        );
    }
    Some(made)
}

fn layer<'a>(own: &Own<'a>) -> Layer<'a> {
    let said = own.provider.full();
    Layer {
        place: own.place.clone(),
        provider: own.provider.kind(),
        program: said.and_then(|said| said.program.as_deref()),
        model: own.provider.model(),
        args: said.map_or(&[], |said| said.args.as_slice()),
        fallback: said.and_then(|said| said.fallback.as_deref()),
        permissions: None,
        keep_env: None,
    }
}

/// Names the branches: as written, else after the provider, with a number where that is taken.
pub(super) fn names(
    place: &Place<'_>,
    parallel: &ParallelDef,
    problems: &mut Vec<Problem>,
) -> Vec<NodeId> {
    let place = place.to("providers");
    if parallel.providers.is_empty() {
        problems.push(
            place
                .here("no-providers", "the block has no providers")
                .hint("add `providers: [claude, codex]`"),
        );
    }
    let mut names: Vec<NodeId> = Vec::new();
    for (index, provider) in parallel.providers.iter().enumerate() {
        let at = place.item(index);
        let Some(wanted) = provider.name() else {
            problems.push(
                at.here("no-id", "the provider has no `name`")
                    .hint("add `name: claude`, or another provider"),
            );
            continue;
        };
        let taken = |name: &str| names.iter().any(|other| other.as_str() == name);
        if provider.full().is_some_and(|full| full.id.is_some()) && taken(wanted) {
            problems.push(
                at.at(
                    "id",
                    "duplicate-id",
                    format!("two providers are called `{wanted}`"),
                )
                .hint("outputs and directories are found by this name"),
            );
        }
        let free = (2..)
            .map(|number| format!("{wanted}-{number}"))
            .find(|name| !taken(name))
            .filter(|_| taken(wanted));
        match free.as_deref().unwrap_or(wanted).parse() {
            Ok(name) => names.push(name),
            Err(crate::model::InvalidName { .. }) => {
                problems.push(
                    at.here(
                        "bad-name",
                        format!("`{wanted}` cannot be the name of a branch"),
                    )
                    .hint("add `id: <name>` of letters, digits, `-` and `_`"),
                );
            }
        }
    }
    names
}

/// What its outputs would be found by belongs to the stages.
fn misplaced(seat: &Seat<'_>, def: &NodeDef, problems: &mut Vec<Problem>) {
    for key in def.says_of_one() {
        let problem = seat.place.at_key(
            key,
            "misplaced",
            format!("`{key}` belongs to the block's stages"),
        );
        problems.push(problem.hint("a parallel block only says who runs which stages"));
    }
}

fn on_failure(place: &Place<'_>, parallel: &ParallelDef, problems: &mut Vec<Problem>) -> OnFailure {
    let (min, providers) = (parallel.min_success.unwrap_or(1), parallel.providers.len());
    if parallel
        .min_success
        .is_some_and(|min| min == 0 || 0 < providers && providers < min as usize)
    {
        let message = match providers {
            0 => "`min_success` must be at least 1".to_owned(),
            _ => format!("`min_success` must be from 1 to {providers}, the number of providers"),
        };
        problems.push(place.at("min_success", "bad-value", message));
    }
    let key = if parallel.on_failure.is_some() {
        "on_failure"
    } else {
        "failure_mode"
    };
    match parallel
        .on_failure
        .as_deref()
        .or(parallel.failure_mode.as_deref())
    {
        None if parallel.min_success.is_none() => OnFailure::Fail,
        Some("fail" | "fail_fast" | "collect") => {
            if parallel.min_success.is_some() {
                let problem = place.at_key(
                    "min_success",
                    "no-effect",
                    "`min_success` has no effect unless the block goes on after a failure",
                );
                problems.push(problem.hint("say `on_failure: continue`").warning());
            }
            OnFailure::Fail
        }
        None | Some("continue" | "ignore") => OnFailure::Continue { min_success: min },
        Some(word) => {
            let problem = place.at(
                key,
                "bad-value",
                format!("`{key}` must be `fail` or `continue`, not `{word}`"),
            );
            problems
                .push(problem.hint("`fail` fails the block when any provider fails, `continue` goes on if `min_success` of them did not"));
            OnFailure::Fail
        }
    }
}
