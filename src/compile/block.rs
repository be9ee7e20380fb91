//! `parallel:` of a node: providers that run the same stages in parallel.
use super::branch_names::branch_names;
use super::definition::{BranchDef, NodeDef, ParallelDef, ParallelKey};
use super::diagnostics::{LintCode, Location};
use super::inputs;
use super::layer::Layer;
use super::node;
use super::node_context::NodeContext;
use super::problem_limit;
use super::scope::Scope;
use crate::plan::{Block, Branch, Node, OnFailure, SettingOrigin};

/// Compiles a block: its branches run the same stages, each with its own provider.
pub(super) fn compile(ctx: &NodeContext<'_>, def: &NodeDef) -> Option<(Block, Vec<SettingOrigin>)> {
    let Some(ParallelKey::Block(parallel)) = &def.parallel else {
        return None;
    };
    let id = node::read_id(ctx, def);
    let location = ctx.location.to("parallel");
    misplaced(ctx, def);
    let names = branch_names(&location, parallel);
    let on_failure = on_failure(&location, parallel);
    let (key, stages) = parallel.stages();
    if stages.is_empty() {
        ctx.location.report(
            location
                .here(LintCode::NoNodes, "the block has no stages")
                .hint("add `stages:` with at least one `- id: …` and its `loop: …`"),
        );
    }
    let ids: Vec<String> = stages
        .iter()
        .map(|stage| stage.node_name().to_owned())
        .collect();
    let (mut branches, mut origins) = (Vec::new(), Vec::new());
    for (index, (name, provider)) in names.iter().zip(&parallel.providers).enumerate() {
        let own = BranchStages {
            location: location.to("providers").item(index),
            provider,
            ids: &ids,
        };
        if problem_limit::too_many_reported(&ctx.compiler.diagnostics) {
            break;
        }
        let Some((nodes, of_nodes)) = branch_nodes(ctx, &location.to(key), &own, stages) else {
            continue;
        };
        let full = |origin: SettingOrigin| SettingOrigin {
            setting: format!("{}/{name}/{}", def.node_name(), origin.setting),
            ..origin
        };
        origins.extend(of_nodes.into_iter().map(full));
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
    complete.then_some((block, origins))
}

/// Compiles the stages of one branch. All of them, before the first failure matters, so that every mistake is reported.
fn branch_nodes(
    ctx: &NodeContext<'_>,
    location: &Location<'_>,
    own: &BranchStages<'_>,
    stages: &[NodeDef],
) -> Option<(Vec<Node>, Vec<SettingOrigin>)> {
    let compiled: Vec<_> = (0..stages.len())
        .map(|index| stage_node(ctx, &location.item(index), own, &stages[index], index))
        .collect();
    let compiled = compiled.into_iter().collect::<Option<Vec<_>>>()?;
    let (nodes, origins): (Vec<_>, Vec<_>) = compiled.into_iter().unzip();
    Some((nodes, origins.into_iter().flatten().collect()))
}

/// A branch of the block: its provider, and the stages that it runs.
struct BranchStages<'a> {
    location: Location<'a>,
    provider: &'a BranchDef,
    /// Of all stages of the block.
    ids: &'a [String],
}

fn stage_node(
    ctx: &NodeContext<'_>,
    location: &Location<'_>,
    own: &BranchStages<'_>,
    def: &NodeDef,
    index: usize,
) -> Option<(Node, Vec<SettingOrigin>)> {
    if matches!(def.parallel, Some(ParallelKey::Block(_))) {
        location.report(
            location
                .at_key("parallel", LintCode::Misplaced, "a block within a block")
                .hint("put the inner block's providers into the outer one"),
        );
        return None;
    }
    if def.pipeline.is_some() {
        let problem = location.at_key("pipeline", LintCode::Misplaced, "a pipeline within a block");
        location.report(problem.hint("write its nodes as the block's stages"));
        return None;
    }
    let earlier: Vec<String> = ctx
        .scope
        .earlier
        .unwrap_or_default()
        .iter()
        .chain(&own.ids[..index])
        .cloned()
        .collect();
    let scope = Scope {
        earlier: Some(&earlier),
        later: &own.ids[index..],
        perspectives: def.perspectives.is_some(),
        ..ctx.scope
    };
    let inner = NodeContext {
        compiler: ctx.compiler,
        location: location.clone(),
        pipeline: ctx.pipeline,
        scope,
        branch: Some(layer(own)),
    };
    let mut made = node::compile(&inner, def)?;
    let given = own.provider.inputs().filter(|_| def.inputs.is_none());
    if let Some(given) = given {
        let at = NodeContext {
            location: own.location.clone(),
            branch: None,
            ..inner
        };
        (made.0.from, made.0.from_parallel) =
            (inputs::read(&at, given), inputs::parallel(&at, given));
    }
    Some(made)
}

fn layer<'a>(own: &BranchStages<'a>) -> Layer<'a> {
    let full = own.provider.full();
    Layer {
        location: own.location.clone(),
        provider: own.provider.kind(),
        program: full.and_then(|full| full.program.as_deref()),
        model: own.provider.model(),
        effort: full.and_then(|full| full.effort.as_deref()),
        args: full.map_or(&[], |full| full.args.as_slice()),
        allow_tools: &[],
        fallback: full.and_then(|full| full.fallback.as_deref()),
        permissions: None,
        keep_env: None,
    }
}

/// Reports keys that belong to the block's stages.
fn misplaced(ctx: &NodeContext<'_>, def: &NodeDef) {
    for key in def.keys_of_one_agent() {
        let problem = ctx.location.at_key(
            key,
            LintCode::Misplaced,
            format!("`{key}` belongs to the block's stages"),
        );
        ctx.location
            .report(problem.hint("a parallel block only sets which providers run which stages"));
    }
}

fn on_failure(location: &Location<'_>, parallel: &ParallelDef) -> OnFailure {
    let (min, providers) = (parallel.min_success.unwrap_or(1), parallel.providers.len());
    if parallel
        .min_success
        .is_some_and(|min| min == 0 || 0 < providers && providers < min as usize)
    {
        let message = match providers {
            0 => "`min_success` must be at least 1".to_owned(),
            _ => format!("`min_success` must be from 1 to {providers}, the number of providers"),
        };
        location.report(location.at("min_success", LintCode::BadValue, message));
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
                let problem = location.at_key(
                    "min_success",
                    LintCode::NoEffect,
                    "`min_success` has no effect unless the block continues after a failure",
                );
                location.report(problem.hint("set `on_failure: continue`").warning());
            }
            OnFailure::Fail
        }
        None | Some("continue" | "ignore") => OnFailure::Continue { min_success: min },
        Some(word) => {
            let problem = location.at(
                key,
                LintCode::BadValue,
                format!("`{key}` must be `fail` or `continue`, not `{word}`"),
            );
            location.report(problem.hint("`fail` fails the block when any provider fails, `continue` continues if at least `min_success` of them succeed"));
            OnFailure::Fail
        }
    }
}
