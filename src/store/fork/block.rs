//! Copies a parallel block that has ended: its branches become runs within the new run.
use super::copy::{copy, copy_lines, write_plan};
use super::request::Fork;
use crate::plan::{Block, Plan};
use crate::store::journal::Journal;
use crate::store::layout::RunDir;
use crate::store::{atomic, crash};
use fs_err as fs;
use std::io;

impl Fork<'_> {
    /// Copies a block that has ended.
    pub(super) fn copy_block(
        &self,
        step: u32,
        block: &Block,
        place: &RunDir,
        draft: &RunDir,
    ) -> io::Result<()> {
        let old = self.old.1;
        copy(&old.block(step, &block.id), &draft.block(step, &block.id))?;
        if let Ok(text) = fs::read(old.manifest(step, &block.id)) {
            let manifest = self.relocate_value(serde_json::from_slice(&text)?, place);
            let text = serde_json::to_vec_pretty(&manifest)?;
            atomic::replace(&draft.manifest(step, &block.id), &text)?;
        }
        for (index, branch) in block.branches.iter().enumerate() {
            let from = old.branch(step, &block.id, &branch.name);
            let to = draft.branch(step, &block.id, &branch.name);
            if let Ok(text) = fs::read(from.plan()) {
                let plan: Plan = serde_json::from_slice(&text)?;
                let plan = Plan {
                    session: self.plan.session.clone(),
                    run: self.plan.run.of_branch(step, index),
                    ..plan
                };
                write_branch(&from, &to, &self.relocate(&plan, place)?)?;
            }
        }
        crash::point("fork: block copied");
        Ok(())
    }
}

/// Writes the plan and journal of a branch whose folder has been copied.
fn write_branch(from: &RunDir, to: &RunDir, plan: &Plan) -> io::Result<()> {
    let fingerprint = write_plan(to, plan)?;
    fs::remove_file(to.journal())?;
    for view in [to.state(), to.checkpoint()] {
        // It is made again from the journal.
        let _ = fs::remove_file(view);
    }
    let mut journal = Journal::open(&to.journal(), |_| ()).map_err(io::Error::other)?;
    copy_lines(from, u64::MAX, &mut journal, plan, &fingerprint).map_err(io::Error::other)?;
    journal.sync()
}
