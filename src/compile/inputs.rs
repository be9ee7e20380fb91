//! `inputs:` of a node: which earlier node's outputs it gets.
use super::definition::{BranchesDef, FromBlockDef, FromParallelDef, NodeInputsDef};
use super::diagnostics::{LintCode, Location, Problem};
use super::node_context::NodeContext;
use super::prior::PriorBlock;
use crate::model::NodeId;
use crate::plan::{BlockInput, NodeInput, Select, suggest};

/// The hint where no earlier block exists.
const NO_BLOCK: &str = "put a node with `parallel:` before this one";

/// Reads what a node gets from an earlier one.
pub(super) fn read(ctx: &NodeContext<'_>, inputs: &NodeInputsDef) -> Option<NodeInput> {
    let location = ctx.location.to("inputs");
    let select = select(
        &location,
        inputs.select.as_deref(),
        default_select(ctx, inputs.from.as_deref()),
    );
    let from = inputs
        .from
        .as_deref()
        .or_else(|| one_before(ctx, &location, inputs))?;
    if ctx
        .scope
        .earlier
        .is_some_and(|earlier| earlier.iter().any(|id| id == from))
    {
        return Some(NodeInput {
            node: from.parse().ok()?,
            select,
        });
    }
    if ctx.scope.may_come(from) {
        return None;
    }
    ctx.location.report(
        ctx.scope
            .no_such(from, |code, message| location.at("from", code, message)),
    );
    None
}

/// Returns the preceding node, for inputs that set only `select`.
fn one_before<'a>(
    ctx: &NodeContext<'a>,
    location: &Location<'_>,
    inputs: &NodeInputsDef,
) -> Option<&'a str> {
    inputs.select.as_ref()?;
    let before = ctx
        .scope
        .earlier
        .and_then(<[String]>::last)
        .filter(|_| inputs.from_parallel.is_none());
    if before.is_none() {
        let problem = location.at_key(
            "select",
            LintCode::NoEffect,
            "`select` has no effect here: it chooses from the outputs of a node before",
        );
        let hint = if inputs.from_parallel.is_some() {
            "write it inside `from_parallel`, next to `stage`"
        } else {
            "remove it"
        };
        location.report(problem.hint(hint).warning());
    }
    before.map(String::as_str)
}

/// Reads what a node gets from earlier blocks.
pub(super) fn parallel(ctx: &NodeContext<'_>, inputs: &NodeInputsDef) -> Vec<BlockInput> {
    let location = ctx.location.to("inputs");
    let whole = |stage: &str| FromBlockDef {
        stage: Some(stage.to_owned()),
        ..FromBlockDef::default()
    };
    match &inputs.from_parallel {
        None => Vec::new(),
        Some(FromParallelDef::Stage(stage)) => {
            from_block(ctx, &location, "from_parallel", &whole(stage))
                .into_iter()
                .collect()
        }
        Some(FromParallelDef::One(def)) => {
            from_block(ctx, &location.to("from_parallel"), "stage", def)
                .into_iter()
                .collect()
        }
        Some(FromParallelDef::Many(all)) => {
            let location = location.to("from_parallel");
            (0..)
                .zip(all)
                .filter_map(|(index, def)| from_block(ctx, &location.item(index), "stage", def))
                .collect()
        }
    }
}

/// `key` is where the stage is written.
fn from_block(
    ctx: &NodeContext<'_>,
    location: &Location<'_>,
    key: &str,
    def: &FromBlockDef,
) -> Option<BlockInput> {
    let select = select(location, def.select.as_deref(), Select::Latest);
    if def.stage.is_none() {
        location.report(
            location
                .here(LintCode::NoStage, "`from_parallel` names no `stage`")
                .hint("add `stage: <id of a stage of the block>`"),
        );
    }
    let blocks = ctx.scope.blocks;
    let Some(name) = def.block.as_deref() else {
        let stage = def.stage.as_deref()?;
        let Some(block) = blocks.iter().rev().find(|block| block.may_have(stage)) else {
            location.report(no_stage(location, key, stage, blocks));
            return None;
        };
        return input(location, def, stage, select, block);
    };
    let Some(block) = blocks.iter().find(|block| block.may_be(name)) else {
        let known = blocks.iter().map(|block| block.id.as_str());
        let problem = location.at(
            "block",
            LintCode::UnknownBlock,
            format!("no earlier parallel block is called `{name}`"),
        );
        location.report(problem.hint(if blocks.is_empty() {
            NO_BLOCK.to_owned()
        } else {
            suggest::hint(name, known)
        }));
        return None;
    };
    let stage = def.stage.as_deref()?;
    let missing = (!block.may_have(stage))
        .then(|| no_stage(location, key, stage, std::slice::from_ref(block)));
    let right = missing.is_none();
    missing
        .into_iter()
        .for_each(|missing| location.report(missing));
    input(location, def, stage, select, block).filter(|_| right)
}

fn no_stage(location: &Location<'_>, key: &str, stage: &str, blocks: &[PriorBlock]) -> Problem {
    let known = blocks
        .iter()
        .flat_map(|block| block.stages.iter().flatten())
        .map(String::as_str);
    let message = match blocks {
        [block] => format!("block `{}` has no stage `{stage}`", block.id),
        _ => format!("no earlier parallel block has a stage `{stage}`"),
    };
    let hint = if blocks.is_empty() {
        NO_BLOCK.to_owned()
    } else {
        suggest::hint(stage, known)
    };
    location.at(key, LintCode::UnknownStage, message).hint(hint)
}

fn input(
    location: &Location<'_>,
    def: &FromBlockDef,
    stage: &str,
    select: Select,
    block: &PriorBlock,
) -> Option<BlockInput> {
    let providers = providers(location, def.providers.as_ref(), block);
    Some(BlockInput {
        block: block.id.parse().ok()?,
        stage: stage.parse().ok()?,
        select,
        providers,
    })
}

fn providers(
    location: &Location<'_>,
    def: Option<&BranchesDef>,
    block: &PriorBlock,
) -> Vec<NodeId> {
    let names = match def {
        None => return Vec::new(),
        Some(BranchesDef::Word(word)) if word == "all" => return Vec::new(),
        Some(BranchesDef::Word(word)) => std::slice::from_ref(word),
        Some(BranchesDef::Names(names)) => names,
    };
    let Some(there) = &block.branches else {
        return Vec::new();
    };
    for name in names.iter().filter(|name| !there.contains(name)) {
        let problem = location.at(
            "providers",
            LintCode::UnknownProvider,
            format!("block `{}` has no provider `{name}`", block.id),
        );
        location.report(problem.hint(suggest::hint(name, there.iter().map(String::as_str))));
    }
    names
        .iter()
        .filter(|name| there.contains(name))
        .filter_map(|name| name.parse().ok())
        .collect()
}

fn select(location: &Location<'_>, word: Option<&str>, default: Select) -> Select {
    match word {
        None => default,
        Some("latest") => Select::Latest,
        Some("all" | "history") => Select::All,
        Some(word) => {
            let problem = location.at(
                "select",
                LintCode::BadValue,
                format!("`select` must be `latest` or `all`, not `{word}`"),
            );
            location.report(problem.hint(
                "`latest` is the output of the last iteration, `all` those of every iteration",
            ));
            Select::Latest
        }
    }
}

/// Returns the default: all outputs of a node with perspectives, else the latest.
fn default_select(ctx: &NodeContext<'_>, from: Option<&str>) -> Select {
    let mut nodes = ctx.pipeline.iter().flat_map(|(_, def)| def.nodes().1);
    let named = nodes.find(|def| def.id.as_deref().or(def.name.as_deref()) == from);
    let perspectives = named
        .and_then(|def| def.perspectives.as_ref())
        .is_some_and(|texts| !texts.is_empty());
    if perspectives {
        Select::All
    } else {
        Select::Latest
    }
}
