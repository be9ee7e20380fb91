//! `manifest.json` of a parallel block: the outputs of each branch, for the steps after the block.
//!
//! ```json
//! {"block":{"name":"duel","index":1,"stages":["plan"]},
//!  "providers":{"claude":{"plan":{"latest_output":"/…/output.md","status":"complete","iterations":2,
//!                                 "termination_reason":"2 agents in a row voted to stop","history":["/…/output.md"]}}},
//!  "failed":{"codex":"…"},"completed_at":"2026-01-02T03:04:05Z"}
//! ```
use super::outputs::listed;
use crate::clock;
use crate::engine::FinishedNode;
use crate::model::{BranchReport, Ending, Event, NodeEnding, NodeId};
use crate::plan::{Block, Select};
use crate::store::layout::RunDir;
use crate::store::session::{Session, Snapshot, load_cached};
use crate::store::{atomic, beneath, crash};
use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;

/// What a block put out.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Manifest {
    block: About,
    /// By branch, then by stage.
    pub providers: BTreeMap<String, BTreeMap<String, Stage>>,
    /// Branches that did not reach their goal, and why.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub failed: BTreeMap<String, String>,
    completed_at: jiff::Timestamp,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct About {
    name: String,
    /// 0-based, among the pipeline's nodes.
    index: u32,
    stages: Vec<String>,
}

/// What one branch's stage put out.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Stage {
    /// Absolute; `null` if it put out nothing.
    pub latest_output: Option<Utf8PathBuf>,
    pub status: String,
    pub iterations: u32,
    pub termination_reason: String,
    /// Absolute, oldest first; at most the last 50.
    pub history: Vec<Utf8PathBuf>,
}

impl Manifest {
    /// Returns the ids of the block's stages, in the order they ran.
    pub fn stages(&self) -> &[String] {
        &self.block.stages
    }
}

/// The outputs of a block whose branches have all ended, and what is needed to list them.
pub(super) struct BlockOutputs {
    run: RunDir,
    step: u32,
    /// 0-based, among the pipeline's nodes.
    index: u32,
    block: Block,
    reported: BTreeMap<NodeId, BranchReport>,
}

impl BlockOutputs {
    /// Returns the outputs of the block that an event finishes, if it finishes one.
    pub(super) fn of(session: &Session, event: &Event) -> Option<Self> {
        let Event::NodeFinished {
            node: step,
            ending: NodeEnding::Branches { .. },
            ..
        } = *event
        else {
            return None;
        };
        Some(Self {
            run: session.dir.clone(),
            step,
            index: u32::try_from(session.plan.split(step).1).unwrap_or_default(),
            block: session.plan.block(step)?.clone(),
            reported: session.state().current.branches.clone(),
        })
    }

    /// Writes the block's manifest.
    pub(super) fn write_manifest(&self) -> crate::error::Result<()> {
        let text = serde_json::to_vec_pretty(&self.manifest()?).map_err(io::Error::from)?;
        crash::point("manifest: before");
        atomic::replace_durably(&self.run.manifest(self.step, &self.block.id), &text)?;
        crash::point("manifest: written");
        Ok(())
    }

    fn manifest(&self) -> crate::error::Result<Manifest> {
        let (mut providers, mut failed) = (BTreeMap::new(), BTreeMap::new());
        for branch in &self.block.branches {
            let dir = self.run.branch(self.step, &self.block.id, &branch.name);
            let Some(snapshot) = load_cached(&dir)? else {
                continue;
            };
            let name = branch.name.to_string();
            let reported = self.reported.get(&branch.name);
            match reported.and_then(|report| report.ending.as_ref()) {
                Some(Ending::Completed { .. }) => {
                    providers.insert(name, stages(&dir, &snapshot));
                }
                ending => {
                    let reason = ending.and_then(Ending::shortfall).unwrap_or_default();
                    failed.insert(name, reason);
                }
            }
        }
        Ok(Manifest {
            block: self.about(),
            providers,
            failed,
            completed_at: clock::now(),
        })
    }

    fn about(&self) -> About {
        let first = self.block.branches.first();
        let nodes = first.map_or(&[][..], |branch| &branch.nodes);
        About {
            name: self.block.id.to_string(),
            index: self.index,
            stages: nodes.iter().map(|node| node.id.to_string()).collect(),
        }
    }
}

fn stages(dir: &RunDir, snapshot: &Snapshot) -> BTreeMap<String, Stage> {
    let stage = |(index, done): (u32, &FinishedNode)| {
        let history = listed(dir, index, &done.id, done.iterations, Select::All);
        let status = if matches!(done.ending, NodeEnding::MaxIterations { .. }) {
            "max_iterations"
        } else {
            "complete"
        };
        let stage = Stage {
            latest_output: history.last().cloned(),
            status: status.to_owned(),
            iterations: done.iterations,
            termination_reason: done.ending.to_string(),
            history,
        };
        (done.id.to_string(), stage)
    };
    (0..)
        .zip(&snapshot.state.session.finished)
        .map(stage)
        .collect()
}

/// Reads a manifest.
pub fn read(path: &camino::Utf8Path) -> io::Result<Manifest> {
    serde_json::from_slice(&beneath::read(path)?).map_err(io::Error::from)
}
