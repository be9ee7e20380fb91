//! Copies the folders of the steps and iterations a fork keeps.
use super::copy::{copy, copy_first};
use super::request::Fork;
use crate::model::{Cursor, NodeId};
use crate::plan::{Node, PlanKind, Step};
use crate::store::crash;
use crate::store::layout::RunDir;
use camino::Utf8PathBuf;
use std::io;

impl Fork<'_> {
    /// Copies the folders of the steps and iterations up to the cut. Returns whether the progress file is the one of then.
    pub(super) fn copy_folders(&self, place: &RunDir, draft: &RunDir) -> io::Result<bool> {
        let at = self.cut.cursor;
        let Some(node) = self.plan.node(at.node) else {
            return Err(io::Error::other("the plan has no such node"));
        };
        self.copy_steps(place, draft)?;
        self.copy_iterations(node, draft)?;
        crash::point("fork: iterations copied");
        self.copy_results(node, draft)
    }

    /// Copies the steps before the cut.
    fn copy_steps(&self, place: &RunDir, draft: &RunDir) -> io::Result<()> {
        let old = self.old.1;
        for index in 0..self.cut.cursor.node {
            match self.plan.step(index) {
                Some(Step::Node(node)) => {
                    copy(&old.stage(index, &node.id), &draft.stage(index, &node.id))?;
                }
                Some(Step::Block(block)) => self.copy_block(index, block, place, draft)?,
                None => (),
            }
        }
        Ok(())
    }

    /// Copies the iterations of the node the cut is in.
    fn copy_iterations(&self, node: &Node, draft: &RunDir) -> io::Result<()> {
        let at = self.cut.cursor;
        for iteration in 1..=at.iteration {
            let cursor = Cursor { iteration, ..at };
            let old = self.old.1.iteration(cursor, &node.id);
            copy(old.root(), draft.iteration(cursor, &node.id).root())?;
        }
        Ok(())
    }

    /// Copies the node's output and progress. Returns whether the progress file is the one of that iteration.
    fn copy_results(&self, node: &Node, draft: &RunDir) -> io::Result<bool> {
        let (old, at) = (self.old.1, self.cut.cursor);
        let progress = kept_progress(old, at, &node.id);
        if self.plan.kind == PlanKind::Loop {
            return Ok(copy_first(&[progress, old.progress()], &draft.progress())? == Some(0));
        }
        let (stage, new_stage) = (old.stage(at.node, &node.id), draft.stage(at.node, &node.id));
        let output = old.iteration(at, &node.id).output();
        copy_first(&[output], &new_stage.join("output.md"))?;
        // The stages do not write the pipeline's own progress file.
        copy_first(&[old.progress()], &draft.progress())?;
        let progress = [progress, stage.join("progress.md")];
        Ok(copy_first(&progress, &new_stage.join("progress.md"))? == Some(0))
    }
}

/// Returns the copy of the progress file as it was after an iteration: it is kept with the last one that changed it.
fn kept_progress(run: &RunDir, at: Cursor, node: &NodeId) -> Utf8PathBuf {
    let folder = |iteration| run.iteration(Cursor { iteration, ..at }, node);
    let changed = (1..=at.iteration)
        .rev()
        .map(folder)
        .find(|folder| folder.progress().exists() || folder.progress_omitted().exists());
    changed.unwrap_or_else(|| folder(at.iteration)).progress()
}
