//! `inputs:` of a node: which earlier node's outputs it gets.
use super::definition::{BranchesDef, FromBlockDef, FromParallelDef, NodeInputsDef};
use super::node::Seat;
use super::place::Place;
use super::problem::Problem;
use super::{Block, BlockInput, NodeInput, Select, suggest};
use crate::model::NodeId;

/// Reads what a node gets from an earlier one.
pub(super) fn read(seat: &Seat<'_>, inputs: &NodeInputsDef, problems: &mut Vec<Problem>) -> Option<NodeInput> {
    let place = seat.place.to("inputs");
    let select = select(&place, inputs.select.as_deref(), unless_said(seat, inputs.from.as_deref()), problems);
    let from = inputs.from.as_deref().or_else(|| one_before(seat, &place, inputs, problems))?;
    if seat.around.earlier.is_some_and(|earlier| earlier.iter().any(|id| id == from)) {
        return Some(NodeInput { node: from.parse().ok()?, select });
    }
    problems.push(seat.around.no_such(from, |code, message| place.at("from", code, message)));
    None
}

/// Returns the node before, where only `select` is said: it is meant of that one.
fn one_before<'a>(seat: &Seat<'a>, place: &Place<'_>, inputs: &NodeInputsDef, problems: &mut Vec<Problem>) -> Option<&'a str> {
    inputs.select.as_ref()?;
    let before = seat.around.earlier.and_then(<[String]>::last).filter(|_| inputs.from_parallel.is_none());
    if before.is_none() {
        let problem = place.at_key("select", "no-effect", "`select` has no effect here: it chooses from the outputs of a node before");
        let hint = if inputs.from_parallel.is_some() { "write it below `from_parallel`, beside its `stage`" } else { "remove it" };
        problems.push(problem.hint(hint).warning());
    }
    before.map(String::as_str)
}

/// Reads what a node gets from earlier blocks.
pub(super) fn parallel(seat: &Seat<'_>, inputs: &NodeInputsDef, problems: &mut Vec<Problem>) -> Vec<BlockInput> {
    let place = seat.place.to("inputs");
    let whole = |stage: &str| FromBlockDef { stage: Some(stage.to_owned()), ..FromBlockDef::default() };
    match &inputs.from_parallel {
        None => Vec::new(),
        Some(FromParallelDef::Stage(stage)) => from_block(seat, &place, "from_parallel", &whole(stage), problems).into_iter().collect(),
        Some(FromParallelDef::One(def)) => from_block(seat, &place.to("from_parallel"), "stage", def, problems).into_iter().collect(),
        Some(FromParallelDef::Many(all)) => {
            let place = place.to("from_parallel");
            (0..).zip(all).filter_map(|(index, def)| from_block(seat, &place.item(index), "stage", def, problems)).collect()
        }
    }
}

/// `key` is where the stage is written.
fn from_block(seat: &Seat<'_>, place: &Place<'_>, key: &str, def: &FromBlockDef, problems: &mut Vec<Problem>) -> Option<BlockInput> {
    let blocks = seat.around.blocks;
    let has =
        |block: &Block, stage: &str| block.branches.first().is_some_and(|branch| branch.nodes.iter().any(|node| node.id.as_str() == stage));
    let Some(stage) = def.stage.as_deref() else {
        problems.push(place.here("no-stage", "`from_parallel` names no `stage`").hint("add `stage: <id of a stage of the block>`"));
        return None;
    };
    let found = match def.block.as_deref() {
        None => blocks.iter().rev().find(|block| has(block, stage)),
        Some(name) => {
            let block = blocks.iter().find(|block| block.id.as_str() == name);
            if block.is_none() {
                let known = blocks.iter().map(|block| block.id.as_str());
                problems.push(
                    place
                        .at("block", "unknown-block", format!("no earlier parallel block is called `{name}`"))
                        .hint(suggest::hint(name, known)),
                );
                return None;
            }
            block.filter(|block| has(block, stage))
        }
    };
    let Some(block) = found else {
        let stages = blocks.iter().filter_map(|block| block.branches.first()).flat_map(|branch| &branch.nodes).map(|node| node.id.as_str());
        problems.push(
            place.at(key, "unknown-stage", format!("no earlier parallel block has a stage `{stage}`")).hint(suggest::hint(stage, stages)),
        );
        return None;
    };
    Some(BlockInput {
        block: block.id.clone(),
        stage: stage.parse().ok()?,
        select: select(place, def.select.as_deref(), Select::Latest, problems),
        providers: providers(place, def.providers.as_ref(), block, problems),
    })
}

fn providers(place: &Place<'_>, def: Option<&BranchesDef>, block: &Block, problems: &mut Vec<Problem>) -> Vec<NodeId> {
    let names = match def {
        None => return Vec::new(),
        Some(BranchesDef::Word(word)) if word == "all" => return Vec::new(),
        Some(BranchesDef::Word(word)) => std::slice::from_ref(word),
        Some(BranchesDef::Names(names)) => names,
    };
    let mut known = Vec::new();
    for name in names {
        match block.branches.iter().find(|branch| branch.name.as_str() == name) {
            Some(branch) => known.push(branch.name.clone()),
            None => {
                let there = block.branches.iter().map(|branch| branch.name.as_str());
                let problem = place.at("providers", "unknown-provider", format!("block `{}` has no provider `{name}`", block.id));
                problems.push(problem.hint(suggest::hint(name, there)));
            }
        }
    }
    known
}

fn select(place: &Place<'_>, word: Option<&str>, unless_said: Select, problems: &mut Vec<Problem>) -> Select {
    match word {
        None => unless_said,
        Some("latest") => Select::Latest,
        Some("all" | "history") => Select::All,
        Some(word) => {
            let problem = place.at("select", "bad-value", format!("`select` must be `latest` or `all`, not `{word}`"));
            problems.push(problem.hint("`latest` is the last output there is, `all` is every iteration's"));
            Select::Latest
        }
    }
}

/// Of a node that was given perspectives, each iteration's output counts.
fn unless_said(seat: &Seat<'_>, from: Option<&str>) -> Select {
    let mut nodes = seat.pipeline.iter().flat_map(|(_, def)| def.nodes().1);
    let named = nodes.find(|def| def.id.as_deref().or(def.name.as_deref()) == from);
    let perspectives = named.and_then(|def| def.perspectives.as_ref()).is_some_and(|texts| !texts.is_empty());
    if perspectives { Select::All } else { Select::Latest }
}

/// Where a node stands: what it may refer to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Around<'a> {
    /// Ids of the nodes before it; `None` if it is a loop by itself, which may be put into any pipeline later.
    pub(super) earlier: Option<&'a [String]>,
    /// Ids of this node and those after it.
    pub(super) later: &'a [String],
    /// Whether its iterations are given a text each.
    pub(super) perspectives: bool,
    /// The parallel blocks before it.
    pub(super) blocks: &'a [Block],
}

impl Around<'_> {
    /// A loop by itself.
    pub(super) const ALONE: Self = Self { earlier: None, later: &[], perspectives: false, blocks: &[] };

    /// Says why a node's outputs can never be there, and what to write instead.
    pub(super) fn no_such(&self, id: &str, problem: impl FnOnce(&'static str, String) -> Problem) -> Problem {
        let earlier = self.earlier.unwrap_or_default();
        if self.later.first().is_some_and(|own| own == id) {
            return problem("unreachable-input", format!("`{id}` is this node itself"))
                .hint("what its earlier iterations put out is in `context.json` anyway, as `from_previous_iterations`");
        }
        if self.later.iter().any(|later| later == id) {
            return problem("unreachable-input", format!("`{id}` runs after this node"))
                .hint("move it before this one: nodes run in order");
        }
        let hint = match earlier {
            [] => "the first node gets nothing from others".to_owned(),
            _ => suggest::hint(id, earlier.iter().map(String::as_str)),
        };
        problem("unknown-node", format!("no earlier node is called `{id}`")).hint(hint)
    }
}
