//! `pipeline:` of a node: replaces the node by the nodes of another pipeline, once for each of its runs.
use super::compiled_step::{CompiledPipeline, CompiledStep};
use super::compiler::Compiler;
use super::definition::{ConfirmDef, GuardrailsDef, HooksDef, NodeDef, PipelineDef, QuotaDef};
use super::diagnostics::{Document, LintCode, Location, Problem, SourceText};
use super::lint;
use super::node;
use super::node_context::NodeContext;
use super::runs::MAX_RUNS;
use super::sources::Sources;
use super::steps;
use super::yaml;
use crate::model::NodeId;
use crate::plan::{Node, SettingOrigin, Step, suggest, template};
use std::collections::BTreeMap;
use std::rc::Rc;

/// Compiles a node that is a pipeline into the steps of that pipeline. Their ids begin with the node's.
pub(super) fn compile(
    ctx: &NodeContext<'_>,
    def: &NodeDef,
    name: &str,
) -> Option<Vec<CompiledStep>> {
    let id = node::read_id(ctx, def);
    misplaced(ctx, def);
    let inner = find(ctx.compiler, &ctx.location, name)?;
    let times = def.times().unwrap_or(inner.runs);
    if !(1..=MAX_RUNS).contains(&times) {
        ctx.location.report(ctx.location.at(
            "runs",
            LintCode::BadValue,
            format!("`runs` must be between 1 and {MAX_RUNS}"),
        ));
        return None;
    }
    let count = inner
        .steps
        .iter()
        .flat_map(|(step, _)| step.all_nodes())
        .count()
        .saturating_mul(times as usize);
    if !lint::not_too_many(&ctx.location, "pipeline", count) {
        return None;
    }
    let id = id?;
    let mut steps = Vec::new();
    for run in 1..=times {
        let prefix = if times == 1 {
            format!("{id}-")
        } else {
            format!("{id}-{run}-")
        };
        steps.extend(with_prefix(ctx, &inner, &prefix)?);
    }
    add_commands(ctx, def, &mut steps);
    Some(steps)
}

/// Returns the steps with a prefix before their ids; reports if that makes them too long.
fn with_prefix(
    ctx: &NodeContext<'_>,
    inner: &CompiledPipeline,
    prefix: &str,
) -> Option<Vec<CompiledStep>> {
    let names = inner.steps.iter().map(|(step, _)| {
        let id = step.id().to_string();
        let name: NodeId = format!("{prefix}{id}").parse().ok()?;
        Some((id, name))
    });
    let Some(names) = names.collect::<Option<BTreeMap<_, _>>>() else {
        ctx.location.report(ctx.location.at(
            "pipeline",
            LintCode::BadName,
            format!("the prefix `{prefix}` makes the names of its nodes too long"),
        ));
        return None;
    };
    let steps = inner.steps.iter().cloned();
    Some(steps.map(|step| renamed(step, &names, prefix)).collect())
}

/// Adds the commands of the node and of the outer pipeline where the inner one has none of that name.
fn add_commands(ctx: &NodeContext<'_>, def: &NodeDef, steps: &mut [CompiledStep]) {
    let outer = ctx.pipeline.map(|(_, outer)| &outer.commands);
    for node in steps.iter_mut().flat_map(|(step, _)| step.all_nodes_mut()) {
        for (name, command) in def.commands.iter().chain(outer.into_iter().flatten()) {
            let entry = node.commands.entry(name.clone());
            entry.or_insert_with(|| command.clone());
        }
    }
}

/// Returns the pipeline a node names, compiled once however many nodes use it; reports why it cannot be used.
fn find(
    compiler: &Compiler<'_>,
    location: &Location<'_>,
    name: &str,
) -> Option<Rc<CompiledPipeline>> {
    if let Some(problem) = cycle(compiler, location, name) {
        location.report(problem);
        return None;
    }
    if let Some(compiled) = compiler.pipelines.borrow().get(name) {
        return compiled.clone();
    }
    let text = find_text(compiler, location, name)?;
    let document = compiler.document(text).of_pipeline();
    compiler.stack.borrow_mut().push(name.to_owned());
    let compiled = compile_pipeline(compiler, &document, location, name).map(Rc::new);
    compiler.stack.borrow_mut().pop();
    compiler
        .pipelines
        .borrow_mut()
        .insert(name.to_owned(), compiled.clone());
    compiled
}

/// Returns the error that a pipeline runs within itself, if it does.
fn cycle(compiler: &Compiler<'_>, location: &Location<'_>, name: &str) -> Option<Problem> {
    let stack = compiler.stack.borrow();
    let start = stack.iter().position(|outer| outer == name)?;
    let cycle = stack[start..].join("` → `");
    let problem = location.at(
        "pipeline",
        LintCode::Cycle,
        format!("pipeline `{name}` runs within itself: `{cycle}` → `{name}`"),
    );
    Some(problem.hint("a pipeline that runs itself never ends: set `runs` to repeat one"))
}

fn find_text<'a>(
    compiler: &Compiler<'a>,
    location: &Location<'_>,
    name: &str,
) -> Option<&'a SourceText> {
    let Sources::Pipeline(source) = compiler.sources else {
        return None;
    };
    match source.pipelines.get(name) {
        Some(Ok(text)) => return Some(text),
        Some(Err(reason)) => {
            let message = format!("pipeline `{name}` cannot be used: {reason}");
            location.report(location.at("pipeline", LintCode::UnreadablePipeline, message));
        }
        None => {
            let known = source.known_pipelines.iter().map(String::as_str);
            let message = format!("there is no pipeline `{name}`");
            let problem = location.at("pipeline", LintCode::UnknownPipeline, message);
            location.report(problem.hint(suggest::hint(name, known)));
        }
    }
    None
}

fn compile_pipeline(
    compiler: &Compiler<'_>,
    document: &Document,
    location: &Location<'_>,
    name: &str,
) -> Option<CompiledPipeline> {
    let def: PipelineDef = yaml::read(document)?;
    let compile =
        || lint::pipeline(document, &def).then(|| steps::compile_steps(compiler, document, &def));
    // The inputs of its first node come from before the pipeline.
    let steps = compiler
        .diagnostics
        .filtered(|problem| problem.code != LintCode::NoInputs, compile)
        .flatten();
    for (key, set) in [
        ("guardrails", def.guardrails != GuardrailsDef::default()),
        ("quota", def.quota != QuotaDef::default()),
        ("inputs", !def.inputs.is_empty()),
        ("confirm", def.confirm != ConfirmDef::default()),
        ("hooks", def.hooks != HooksDef::default()),
    ] {
        if set {
            let message =
                format!("`{key}` of pipeline `{name}` are for a session of its own, not this one");
            let problem = location.at("pipeline", LintCode::NoEffect, message);
            let hint = format!("set `{key}` at the top level of this pipeline");
            location.report(problem.hint(hint).warning());
        }
    }
    Some(CompiledPipeline {
        steps: steps?,
        runs: def.runs.unwrap_or(1),
    })
}

/// Reports keys that belong to the nodes of the pipeline.
fn misplaced(ctx: &NodeContext<'_>, def: &NodeDef) {
    let times = def.times().is_some();
    for key in def
        .keys_of_one_agent()
        .filter(|key| *key != "commands" && !(*key == "runs" && times))
    {
        let problem = ctx.location.at_key(
            key,
            LintCode::Misplaced,
            format!("`{key}` belongs to the nodes of the pipeline"),
        );
        ctx.location
            .report(problem.hint("a node with `pipeline` may set `id`, `runs` and `commands`"));
    }
    if def.parallel.is_some() {
        ctx.location.report(
            ctx.location
                .at_key(
                    "parallel",
                    LintCode::Twice,
                    "a node is a pipeline or a block, not both",
                )
                .hint("keep one of the two"),
        );
    }
}

/// Renames a step and its references.
fn renamed(
    (mut step, origins): CompiledStep,
    names: &BTreeMap<String, NodeId>,
    prefix: &str,
) -> CompiledStep {
    rename_references(&mut step, names);
    if let Some(name) = names.get(step.id().as_str()) {
        match &mut step {
            Step::Node(node) => node.id = name.clone(),
            Step::Block(block) => block.id = name.clone(),
        }
    }
    let origins = origins
        .into_iter()
        .map(|origin| SettingOrigin {
            setting: format!("{prefix}{}", origin.setting),
            ..origin
        })
        .collect();
    (step, origins)
}

/// Renames the references of a step by a map from old names to new ones.
pub(super) fn rename_references(step: &mut Step, names: &BTreeMap<String, NodeId>) {
    if names.is_empty() {
        return;
    }
    match step {
        Step::Node(node) => rename_in_node(node, names),
        Step::Block(block) => {
            for branch in &mut block.branches {
                // A stage of the branch hides a node of its name outside.
                let own: Vec<NodeId> = branch.nodes.iter().map(|node| node.id.clone()).collect();
                let names = names
                    .iter()
                    .filter(|(name, _)| !own.iter().any(|own| own.as_str() == name.as_str()));
                let names = names.map(|(name, id)| (name.clone(), id.clone())).collect();
                branch
                    .nodes
                    .iter_mut()
                    .for_each(|node| rename_in_node(node, &names));
            }
        }
    }
}

fn rename_in_node(node: &mut Node, names: &BTreeMap<String, NodeId>) {
    if let Some(from) = &mut node.from {
        from.node = names.get(from.node.as_str()).unwrap_or(&from.node).clone();
    }
    for from in &mut node.from_parallel {
        from.block = names
            .get(from.block.as_str())
            .unwrap_or(&from.block)
            .clone();
    }
    node.prompt = template::refer(&node.prompt, &|name| names.get(name).map(NodeId::as_str));
}
