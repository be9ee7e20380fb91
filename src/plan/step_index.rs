//! Finds the steps of a plan: by id, or by their place in a plan that may run several times.
use super::branch_plan::{BranchOf, Earlier};
use super::node::Node;
use super::session_plan::{Guardrails, Plan};
use super::step::{Block, Step};
use crate::model::NodeId;

impl Plan {
    /// Returns a step's node, if there is such a step and it is no block.
    pub fn node(&self, place: u32) -> Option<&Node> {
        self.step(place)?.node()
    }

    /// Returns a step's block, if there is such a step and it is one.
    pub fn block(&self, place: u32) -> Option<&Block> {
        self.step(place)?.block()
    }

    /// Returns every node there is, those of branches too.
    pub fn all_nodes(&self) -> impl Iterator<Item = &Node> {
        self.nodes.iter().flat_map(Step::all_nodes)
    }

    /// Returns the 0-based index of the step of that id.
    pub fn position(&self, id: &str) -> Option<usize> {
        self.nodes.iter().position(|step| step.id().as_str() == id)
    }
}

impl Plan {
    /// Returns the plan of one branch of a block: a session of its own within the session's directory.
    pub fn of_branch(&self, step: u32, name: &NodeId, earlier: Vec<Earlier>) -> Option<Self> {
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
            nodes: block
                .branches
                .get(index)?
                .nodes
                .iter()
                .map(|node| Step::Node(Box::new(node.clone())))
                .collect(),
            // Money and time bound the session as a whole, which ends its branches in time.
            guardrails: Guardrails {
                max_runtime_seconds: 0,
                max_cost_usd: 0.0,
                ..self.guardrails
            },
            runs: 1,
            branch: Some(BranchOf {
                step,
                block: block.id.clone(),
                name: name.clone(),
                siblings,
                earlier,
            }),
            overrides: Vec::new(),
            ..self.clone()
        })
    }
}

impl Plan {
    /// Returns the step at a place. Places count on from run to run: the first step's second run follows the last step's first.
    pub fn step(&self, place: u32) -> Option<&Step> {
        let (run, index) = self.turn(place);
        if run < self.runs {
            self.nodes.get(index)
        } else {
            None
        }
    }

    /// Returns which run a place is in, and which of the steps it is; both from 0.
    pub fn turn(&self, place: u32) -> (u32, usize) {
        let nodes = self.nodes_in_a_run();
        (place / nodes, (place % nodes) as usize)
    }

    /// Returns the place of a node, by its index, in the run that another place is in.
    pub fn place_beside(&self, place: u32, index: usize) -> u32 {
        self.place_in(self.turn(place).0, index)
    }

    /// Returns the last place of a step, by its index, before another place; where there is none, the first.
    pub fn place_before(&self, place: u32, index: usize) -> u32 {
        match self.place_beside(place, index) {
            later if place <= later && self.nodes_in_a_run() <= later => {
                later - self.nodes_in_a_run()
            }
            earlier => earlier,
        }
    }

    /// Returns the place of a node, by its index, in a run; both from 0.
    pub fn place_in(&self, run: u32, index: usize) -> u32 {
        run * self.nodes_in_a_run() + u32::try_from(index).unwrap_or(u32::MAX)
    }

    /// Returns the last place there is.
    pub fn last_place(&self) -> u32 {
        (self.runs * self.nodes_in_a_run()).saturating_sub(1)
    }

    /// Says which run a place is in, for people; nothing if there is only one.
    pub fn run_in_words(&self, place: u32) -> Option<String> {
        (1 < self.runs).then(|| {
            format!(
                "run {} of {}",
                self.turn(place.min(self.last_place())).0 + 1,
                self.runs
            )
        })
    }

    fn nodes_in_a_run(&self) -> u32 {
        u32::try_from(self.nodes.len()).unwrap_or(u32::MAX).max(1)
    }
}
