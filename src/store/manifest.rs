//! `manifest.json` of a parallel block: what each branch put out, for whoever comes next.
//!
//! ```json
//! {"block":{"name":"duel","index":1,"stages":["plan"]},
//!  "providers":{"claude":{"plan":{"latest_output":"/…/output.md","status":"complete","iterations":2,
//!                                 "termination_reason":"2 agents in a row said stop","history":["/…/output.md"]}}},
//!  "failed":{"codex":"…"},"completed_at":"2026-01-02T03:04:05Z"}
//! ```
use super::outputs::listed;
use crate::clock;
use crate::model::{Ending, NodeEnding};
use crate::plan::Select;
use crate::store::session::{Session, Snapshot, load_cached};
use crate::store::{atomic, crash};
use camino::Utf8PathBuf;
use fs_err as fs;
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

/// Writes the manifest of a block whose branches have all ended.
pub(super) fn write(session: &Session, step: u32) -> crate::error::Result<()> {
    let Some(block) = session.plan.block(step) else {
        return Ok(());
    };
    let (mut providers, mut failed) = (BTreeMap::new(), BTreeMap::new());
    for branch in &block.branches {
        let dir = session.dir.branch(step, &block.id, &branch.name);
        let Some(snapshot) = load_cached(&dir)? else {
            continue;
        };
        match session
            .state()
            .current
            .branches
            .get(&branch.name)
            .and_then(|report| report.ending.as_ref())
        {
            Some(Ending::Completed { .. }) => {
                drop(providers.insert(branch.name.to_string(), stages(&dir, &snapshot)));
            }
            ending => drop(failed.insert(
                branch.name.to_string(),
                ending.and_then(Ending::shortfall).unwrap_or_default(),
            )),
        }
    }
    let stages = block
        .branches
        .first()
        .map(|branch| {
            branch
                .nodes
                .iter()
                .map(|node| node.id.to_string())
                .collect()
        })
        .unwrap_or_default();
    let index = u32::try_from(session.plan.split(step).1).unwrap_or_default();
    let about = About {
        name: block.id.to_string(),
        index,
        stages,
    };
    let manifest = Manifest {
        block: about,
        providers,
        failed,
        completed_at: clock::now(),
    };
    let text = serde_json::to_vec_pretty(&manifest).map_err(io::Error::from)?;
    crash::point("manifest: before");
    atomic::replace_durably(&session.dir.manifest(step, &block.id), &text)?;
    crash::point("manifest: written");
    Ok(())
}

fn stages(dir: &crate::store::layout::RunDir, snapshot: &Snapshot) -> BTreeMap<String, Stage> {
    let stage = |(index, done): (u32, &crate::engine::FinishedNode)| {
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
    serde_json::from_slice(&fs::read(path)?).map_err(io::Error::from)
}
