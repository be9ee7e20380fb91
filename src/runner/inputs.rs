//! The inputs of a node: outputs of the steps before it, in its own plan or before the block it is a branch of.
use crate::engine::State;
use crate::plan::{BlockInput, Node, Plan, Prior, Select, Step};
use crate::store::layout::RunDir;
use crate::store::manifest::{self, Stage};
use crate::store::outputs::{self, listed};
use crate::text::first_line;
use camino::Utf8PathBuf;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The node that gets the inputs.
pub(super) struct NodeInputs<'a> {
    pub(super) plan: &'a Plan,
    pub(super) state: &'a State,
    pub(super) node: &'a Node,
    /// Its index in its plan.
    pub(super) index: u32,
    pub(super) run: &'a RunDir,
}

/// Outputs, each with a heading.
type Outputs = Vec<(String, Utf8PathBuf)>;

impl NodeInputs<'_> {
    /// Returns `inputs.from_stage` of `context.json`.
    pub(super) fn of_stages(&self) -> Value {
        let mut stages = Map::new();
        if let Some(id) = self.source() {
            let outputs = self.outputs_of(id).unwrap_or_default();
            stages.insert(
                id.to_owned(),
                outputs.into_iter().map(|(_, path)| json!(path)).collect(),
            );
        }
        Value::Object(stages)
    }

    /// Returns `inputs.from_parallel` of `context.json`.
    pub(super) fn of_blocks(&self) -> Value {
        let one = |input: &BlockInput| {
            let providers: Map<String, Value> = self
                .stages(input)
                .into_iter()
                .map(|(name, stage)| (name, told(&stage, input.select)))
                .collect();
            json!({
                "stage": input.stage,
                "block": input.block,
                "select": input.select,
                "manifest": self.manifest(input.block.as_str()),
                "providers": providers,
                "failed": self.failed(input),
            })
        };
        self.node.from_parallel.iter().map(one).collect()
    }

    /// Returns the text for `${INPUTS}`: of the node it names, then of the blocks.
    pub(super) fn text(&self) -> String {
        if self.node.from_parallel.is_empty() {
            return self
                .source()
                .map_or_else(String::new, |id| self.text_of(id));
        }
        let of = |input: &BlockInput| -> Outputs {
            let outputs = |(name, stage): (String, Stage)| match input.select {
                Select::Latest => stage
                    .latest_output
                    .into_iter()
                    .map(|path| (format!("{name}: {}", input.stage), path))
                    .collect::<Outputs>(),
                Select::All => numbered(&format!("{name}: {}", input.stage), stage.history),
            };
            self.stages(input).into_iter().flat_map(outputs).collect()
        };
        let named = self
            .node
            .from
            .iter()
            .filter_map(|from| self.outputs_of(from.node.as_str()))
            .flatten();
        let text = outputs::text(
            "the block",
            &named
                .chain(self.node.from_parallel.iter().flat_map(of))
                .collect::<Outputs>(),
        );
        let failed = self
            .node
            .from_parallel
            .iter()
            .flat_map(|input| self.failed(input));
        text + &without(failed.collect())
    }

    /// Returns the text for `${INPUTS.<id>}`: the outputs of an earlier step, and which branches of a block have none.
    pub(super) fn text_of(&self, id: &str) -> String {
        let failed = self
            .manifest(id)
            .and_then(|path| manifest::read(&path).ok())
            .map(|manifest| manifest.failed);
        outputs::text(id, &self.outputs_of(id).unwrap_or_default())
            + &without(failed.unwrap_or_default())
    }

    /// Returns the step whose outputs this node gets: the one it names, or the one before it. For the first step of a further
    /// run that is the last one of the run before.
    fn source(&self) -> Option<&str> {
        if let Some(from) = &self.node.from {
            return Some(from.node.as_str());
        }
        match self.index.checked_sub(1) {
            Some(before) => self.plan.step(before).map(|step| step.id().as_str()),
            None => self
                .plan
                .branch
                .as_ref()?
                .prior
                .last()
                .map(|earlier| earlier.id().as_str()),
        }
    }

    /// Returns the outputs of an earlier step, if there is such a step: those the node asks for; of a node that was given
    /// perspectives all of them, else the last; of a block the last of each branch.
    pub(super) fn outputs_of(&self, id: &str) -> Option<Outputs> {
        let asked = self
            .node
            .from
            .as_ref()
            .filter(|input| input.node.as_str() == id)
            .map(|input| input.select);
        let select = |all: bool| asked.unwrap_or(if all { Select::All } else { Select::Latest });
        let Some(place) = self.place_of(id) else {
            return Some(match self.earlier(id)? {
                Prior::Block { manifest, .. } => of_block(manifest),
                Prior::Node { outputs, all, .. } => {
                    let last = if select(*all) == Select::Latest {
                        outputs.len().saturating_sub(1)
                    } else {
                        0
                    };
                    numbered(id, outputs.get(last..).unwrap_or_default().to_vec())
                }
            });
        };
        match self.plan.step(place)? {
            Step::Block(block) => Some(of_block(&self.run.manifest(place, &block.id))),
            Step::Node(from) => {
                let done = self
                    .state
                    .session
                    .finished
                    .get(place as usize)
                    .map_or(0, |done| done.iterations);
                Some(numbered(
                    id,
                    listed(
                        self.run,
                        place,
                        &from.id,
                        done,
                        select(!from.perspectives.is_empty()),
                    ),
                ))
            }
        }
    }

    /// Returns where a step of this plan ran last.
    fn place_of(&self, id: &str) -> Option<u32> {
        Some(self.plan.last_before(self.index, self.plan.position(id)?))
    }

    fn earlier(&self, id: &str) -> Option<&Prior> {
        self.plan
            .branch
            .as_ref()?
            .prior
            .iter()
            .find(|earlier| earlier.id().as_str() == id)
    }

    fn manifest(&self, block: &str) -> Option<Utf8PathBuf> {
        match (self.place_of(block), self.earlier(block)) {
            (Some(place), _) => Some(
                self.run
                    .manifest(place, self.plan.block(place).map(|block| &block.id)?),
            ),
            (None, Some(Prior::Block { manifest, .. })) => Some(manifest.clone()),
            (None, _) => None,
        }
    }

    /// Returns the outputs of the stage, by branch.
    fn stages(&self, input: &BlockInput) -> Vec<(String, Stage)> {
        let read = self
            .manifest(input.block.as_str())
            .and_then(|path| manifest::read(&path).ok());
        let branches = read
            .map(|manifest| manifest.providers)
            .unwrap_or_default()
            .into_iter()
            .filter(|(name, _)| meant(input, name));
        branches
            .filter_map(|(name, mut stages)| Some((name, stages.remove(input.stage.as_str())?)))
            .collect()
    }

    /// Returns the branches that did not reach their goal, and why.
    fn failed(&self, input: &BlockInput) -> BTreeMap<String, String> {
        let read = self
            .manifest(input.block.as_str())
            .and_then(|path| manifest::read(&path).ok());
        read.map(|manifest| manifest.failed)
            .unwrap_or_default()
            .into_iter()
            .filter(|(name, _)| meant(input, name))
            .collect()
    }
}

fn meant(input: &BlockInput, branch: &str) -> bool {
    input.providers.is_empty()
        || input
            .providers
            .iter()
            .any(|wanted| wanted.as_str() == branch)
}

/// Returns a line for each branch without an output.
fn without(failed: BTreeMap<String, String>) -> String {
    failed
        .into_iter()
        .map(|(name, why)| format!("\n(nothing from {name}: it {})\n", first_line(&why)))
        .collect()
}

fn told(stage: &Stage, select: Select) -> Value {
    let mut told = json!({
        "output": stage.latest_output,
        "status": stage.status,
        "iterations": stage.iterations,
        "termination_reason": stage.termination_reason,
    });
    if select == Select::All {
        told["history"] = json!(stage.history);
    }
    told
}

fn numbered(from: &str, outputs: Vec<Utf8PathBuf>) -> Outputs {
    (1..)
        .zip(outputs)
        .map(|(number, path): (u32, _)| (format!("{from} {number}"), path))
        .collect()
}

/// The last output of each branch of a block that is done.
fn of_block(path: &Utf8PathBuf) -> Outputs {
    let Ok(manifest) = manifest::read(path) else {
        return Vec::new();
    };
    let last = |stages: &BTreeMap<String, Stage>| {
        manifest
            .stages()
            .iter()
            .rev()
            .find_map(|stage| stages.get(stage)?.latest_output.clone())
    };
    manifest
        .providers
        .iter()
        .filter_map(|(name, stages)| Some((name.clone(), last(stages)?)))
        .collect()
}
