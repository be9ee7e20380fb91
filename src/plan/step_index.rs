//! Queries on a plan: its steps by id or index, and the plan of one branch.
use super::branch_plan::{BranchContext, Prior};
use super::node::Node;
use super::session_plan::{Guardrails, Plan};
use super::step::{Block, Step};
use crate::model::NodeId;
use crate::termination::Gate;

impl Plan {
    /// Returns the node at an index, unless the step there is a block.
    pub fn node(&self, index: u32) -> Option<&Node> {
        self.step(index)?.node()
    }

    /// Returns the block at an index, unless the step there is a node.
    pub fn block(&self, index: u32) -> Option<&Block> {
        self.step(index)?.block()
    }

    /// Returns the commands that gates ask, those of branches included.
    pub fn gate_commands_mut(&mut self) -> impl Iterator<Item = &mut Gate> {
        let nodes = self.steps.iter_mut().flat_map(Step::all_nodes_mut);
        let commands = nodes.flat_map(|node| node.termination.commands_mut());
        commands.map(|(_, command)| command)
    }

    /// Returns all nodes, those of branches included.
    pub fn all_nodes(&self) -> impl Iterator<Item = &Node> {
        self.steps.iter().flat_map(Step::all_nodes)
    }

    /// Returns the position of the step with an id, from 0.
    pub fn position(&self, id: &str) -> Option<usize> {
        self.steps.iter().position(|step| step.id().as_str() == id)
    }
}

impl Plan {
    /// Returns the plan of one branch of a block, which runs like a session of its own.
    pub fn branch_plan(&self, step: u32, name: &NodeId, prior: Vec<Prior>) -> Option<Self> {
        let block = self.block(step)?;
        let index = block
            .branches
            .iter()
            .position(|branch| branch.name == *name)?;
        let siblings = block
            .branches
            .iter()
            .map(|branch| branch.name.clone())
            .filter(|other| other != name)
            .collect();
        Some(Self {
            run: self.run.of_branch(step, index),
            steps: block
                .branches
                .get(index)?
                .nodes
                .iter()
                .map(|node| Step::Node(Box::new(node.clone())))
                .collect(),
            // Cost and time are limits of the whole session, which ends its branches.
            guardrails: Guardrails {
                max_runtime_seconds: 0,
                max_cost_usd: 0.0,
                max_tokens: 0,
                ..self.guardrails
            },
            runs: 1,
            branch: Some(BranchContext {
                step,
                block: block.id.clone(),
                name: name.clone(),
                siblings,
                prior,
                answers: Vec::new(),
            }),
            // Its steps are no stages of the pipeline.
            confirm: None,
            provenance: Vec::new(),
            ..self.clone()
        })
    }
}

/// A step index counts on from run to run: in a plan of three steps, index 3 is the first step's second run.
/// Within a run a step has a position.
impl Plan {
    /// Returns the step at an index.
    pub fn step(&self, index: u32) -> Option<&Step> {
        let (run, position) = self.split(index);
        self.steps.get(position).filter(|_| run < self.runs)
    }

    /// Returns the run an index is in and the step's position in that run; both from 0.
    pub fn split(&self, index: u32) -> (u32, usize) {
        let steps = self.steps_per_run();
        (index / steps, (index % steps) as usize)
    }

    /// Returns the index of the step at a position, in the run that `index` is in.
    pub fn same_run(&self, index: u32, position: usize) -> u32 {
        self.index_in_run(self.split(index).0, position)
    }

    /// Returns the last index before `index` of the step at a position, or its first one if there is none before.
    pub fn last_before(&self, index: u32, position: usize) -> u32 {
        match self.same_run(index, position) {
            later if index <= later && self.steps_per_run() <= later => {
                later - self.steps_per_run()
            }
            earlier => earlier,
        }
    }

    /// Returns the index of the step at a position of a run; both from 0.
    pub fn index_in_run(&self, run: u32, position: usize) -> u32 {
        run * self.steps_per_run() + u32::try_from(position).unwrap_or(u32::MAX)
    }

    /// Returns the index of the last step of the last run.
    pub fn last_index(&self) -> u32 {
        (self.runs * self.steps_per_run()).saturating_sub(1)
    }

    /// Returns `run 2 of 3` for an index, or nothing if the plan runs once.
    pub fn run_label(&self, index: u32) -> Option<String> {
        let run = self.split(index.min(self.last_index())).0 + 1;
        (1 < self.runs).then(|| format!("run {run} of {}", self.runs))
    }

    fn steps_per_run(&self) -> u32 {
        u32::try_from(self.steps.len()).unwrap_or(u32::MAX).max(1)
    }
}
