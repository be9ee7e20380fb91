//! The nodes of a plan with where they would run.
use crate::plan::{Branch, Node, Plan, Prior, Step};
use crate::store::layout::RunDir;

/// A node and where it will run.
pub(super) struct PlannedNode<'a> {
    pub(super) run: RunDir,
    /// The node's index within that run directory.
    pub(super) index: u32,
    pub(super) node: &'a Node,
    /// For a node of a branch: the plan it is in.
    pub(super) branch_plan: Option<Plan>,
    /// `duel/claude` for a node of a branch.
    branch: Option<String>,
}

impl PlannedNode<'_> {
    /// Returns the node's id, with its branch.
    pub(super) fn name(&self) -> String {
        let id = &self.node.id;
        self.branch
            .as_ref()
            .map_or_else(|| id.to_string(), |branch| format!("{branch}/{id}"))
    }
}

/// Returns every node of a plan.
pub(super) fn planned_nodes<'a>(plan: &'a Plan, run: &RunDir) -> Vec<PlannedNode<'a>> {
    (0..)
        .zip(&plan.steps)
        .flat_map(|(index, step)| nodes_of_step(plan, run, index, step))
        .collect()
}

fn nodes_of_step<'a>(
    plan: &'a Plan,
    run: &RunDir,
    index: u32,
    step: &'a Step,
) -> Vec<PlannedNode<'a>> {
    match step {
        Step::Node(node) => {
            vec![PlannedNode {
                run: run.clone(),
                index,
                node,
                branch_plan: None,
                branch: None,
            }]
        }
        Step::Block(block) => {
            let nodes = |branch: &'a Branch| {
                let branch_plan = plan.branch_plan(index, &branch.name, earlier(plan, index));
                let branch_run = run.branch(index, &block.id, &branch.name);
                let name = format!("{}/{}", block.id, branch.name);
                (0..)
                    .zip(&branch.nodes)
                    .map(move |(index, node)| PlannedNode {
                        run: branch_run.clone(),
                        index,
                        node,
                        branch_plan: branch_plan.clone(),
                        branch: Some(name.clone()),
                    })
            };
            block.branches.iter().flat_map(nodes).collect()
        }
    }
}

/// Returns the steps before a block, none of which has outputs yet.
fn earlier(plan: &Plan, step: u32) -> Vec<Prior> {
    let before = plan.steps.iter().take(step as usize);
    before
        .map(|step| Prior::Node {
            id: step.id().clone(),
            outputs: Vec::new(),
            all: false,
        })
        .collect()
}
