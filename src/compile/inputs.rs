//! `inputs:` of a node: which earlier node's outputs it gets.
use super::definition::{BranchesDef, FromBlockDef, FromParallelDef, NodeInputsDef};
use super::diagnostics::{Place, Problem};
use super::earlier::EarlierBlock;
use super::node::Seat;
use crate::model::NodeId;
use crate::plan::{BlockInput, NodeInput, Select, suggest};

/// What to do where there is no block to take from.
const NO_BLOCK: &str = "put a node with `parallel:` before this one";

/// Reads what a node gets from an earlier one.
pub(super) fn read(
    seat: &Seat<'_>,
    inputs: &NodeInputsDef,
    problems: &mut Vec<Problem>,
) -> Option<NodeInput> {
    let place = seat.place.to("inputs");
    let select = select(
        &place,
        inputs.select.as_deref(),
        unless_said(seat, inputs.from.as_deref()),
        problems,
    );
    let from = inputs
        .from
        .as_deref()
        .or_else(|| one_before(seat, &place, inputs, problems))?;
    if seat
        .around
        .earlier
        .is_some_and(|earlier| earlier.iter().any(|id| id == from))
    {
        return Some(NodeInput {
            node: from.parse().ok()?,
            select,
        });
    }
    if seat.around.may_come(from) {
        return None;
    }
    problems.push(
        seat.around
            .no_such(from, |code, message| place.at("from", code, message)),
    );
    None
}

/// Returns the node before, where only `select` is said: it is meant of that one.
fn one_before<'a>(
    seat: &Seat<'a>,
    place: &Place<'_>,
    inputs: &NodeInputsDef,
    problems: &mut Vec<Problem>,
) -> Option<&'a str> {
    inputs.select.as_ref()?;
    let before = seat
        .around
        .earlier
        .and_then(<[String]>::last)
        .filter(|_| inputs.from_parallel.is_none());
    if before.is_none() {
        let problem = place.at_key(
            "select",
            "no-effect",
            "`select` has no effect here: it chooses from the outputs of a node before",
        );
        let hint = if inputs.from_parallel.is_some() {
            "write it below `from_parallel`, beside its `stage`"
        } else {
            "remove it"
        };
        problems.push(problem.hint(hint).warning());
    }
    before.map(String::as_str)
}

/// Reads what a node gets from earlier blocks.
pub(super) fn parallel(
    seat: &Seat<'_>,
    inputs: &NodeInputsDef,
    problems: &mut Vec<Problem>,
) -> Vec<BlockInput> {
    let place = seat.place.to("inputs");
    let whole = |stage: &str| FromBlockDef {
        stage: Some(stage.to_owned()),
        ..FromBlockDef::default()
    };
    match &inputs.from_parallel {
        None => Vec::new(),
        Some(FromParallelDef::Stage(stage)) => {
            from_block(seat, &place, "from_parallel", &whole(stage), problems)
                .into_iter()
                .collect()
        }
        Some(FromParallelDef::One(def)) => {
            from_block(seat, &place.to("from_parallel"), "stage", def, problems)
                .into_iter()
                .collect()
        }
        Some(FromParallelDef::Many(all)) => {
            let place = place.to("from_parallel");
            (0..)
                .zip(all)
                .filter_map(|(index, def)| {
                    from_block(seat, &place.item(index), "stage", def, problems)
                })
                .collect()
        }
    }
}

/// `key` is where the stage is written.
fn from_block(
    seat: &Seat<'_>,
    place: &Place<'_>,
    key: &str,
    def: &FromBlockDef,
    problems: &mut Vec<Problem>,
) -> Option<BlockInput> {
    let select = select(place, def.select.as_deref(), Select::Latest, problems);
    if def.stage.is_none() {
        problems.push(
            place
                .here("no-stage", "`from_parallel` names no `stage`")
                .hint("add `stage: <id of a stage of the block>`"),
        );
    }
    let blocks = seat.around.blocks;
    let Some(name) = def.block.as_deref() else {
        let stage = def.stage.as_deref()?;
        let Some(block) = blocks.iter().rev().find(|block| block.may_have(stage)) else {
            problems.push(no_stage(place, key, stage, blocks));
            return None;
        };
        return input(place, def, stage, select, block, problems);
    };
    let Some(block) = blocks.iter().find(|block| block.may_be(name)) else {
        let known = blocks.iter().map(|block| block.id.as_str());
        let problem = place.at(
            "block",
            "unknown-block",
            format!("no earlier parallel block is called `{name}`"),
        );
        problems.push(problem.hint(if blocks.is_empty() {
            NO_BLOCK.to_owned()
        } else {
            suggest::hint(name, known)
        }));
        return None;
    };
    let stage = def.stage.as_deref()?;
    let missing =
        (!block.may_have(stage)).then(|| no_stage(place, key, stage, std::slice::from_ref(block)));
    let right = missing.is_none();
    problems.extend(missing);
    input(place, def, stage, select, block, problems).filter(|_| right)
}

fn no_stage(place: &Place<'_>, key: &str, stage: &str, blocks: &[EarlierBlock]) -> Problem {
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
    place.at(key, "unknown-stage", message).hint(hint)
}

fn input(
    place: &Place<'_>,
    def: &FromBlockDef,
    stage: &str,
    select: Select,
    block: &EarlierBlock,
    problems: &mut Vec<Problem>,
) -> Option<BlockInput> {
    let providers = providers(place, def.providers.as_ref(), block, problems);
    Some(BlockInput {
        block: block.id.parse().ok()?,
        stage: stage.parse().ok()?,
        select,
        providers,
    })
}

fn providers(
    place: &Place<'_>,
    def: Option<&BranchesDef>,
    block: &EarlierBlock,
    problems: &mut Vec<Problem>,
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
        let problem = place.at(
            "providers",
            "unknown-provider",
            format!("block `{}` has no provider `{name}`", block.id),
        );
        problems.push(problem.hint(suggest::hint(name, there.iter().map(String::as_str))));
    }
    names
        .iter()
        .filter(|name| there.contains(name))
        .filter_map(|name| name.parse().ok())
        .collect()
}

fn select(
    place: &Place<'_>,
    word: Option<&str>,
    unless_said: Select,
    problems: &mut Vec<Problem>,
) -> Select {
    match word {
        None => unless_said,
        Some("latest") => Select::Latest,
        Some("all" | "history") => Select::All,
        Some(word) => {
            let problem = place.at(
                "select",
                "bad-value",
                format!("`select` must be `latest` or `all`, not `{word}`"),
            );
            problems.push(
                problem.hint("`latest` is the last output there is, `all` is every iteration's"),
            );
            Select::Latest
        }
    }
}

/// Of a node that was given perspectives, each iteration's output counts.
fn unless_said(seat: &Seat<'_>, from: Option<&str>) -> Select {
    let mut nodes = seat.pipeline.iter().flat_map(|(_, def)| def.nodes().1);
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
    pub(super) blocks: &'a [EarlierBlock],
}

impl Around<'_> {
    /// A loop by itself.
    pub(super) const ALONE: Self = Self {
        earlier: None,
        later: &[],
        perspectives: false,
        blocks: &[],
    };

    /// Whether a node of this name may be in a pipeline before it that has yet to be mended.
    pub(super) fn may_come(&self, id: &str) -> bool {
        self.blocks.iter().any(|block| block.may_hold(id))
    }

    /// Says why a node's outputs can never be there, and what to write instead.
    pub(super) fn no_such(
        &self,
        id: &str,
        problem: impl FnOnce(&'static str, String) -> Problem,
    ) -> Problem {
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
