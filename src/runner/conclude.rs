//! What an attempt amounts to once its shim is gone, and the files it leaves.
use super::attempt::{Attempt, sweep};
use super::progress_snapshots::ProgressSnapshots;
use super::status_file;
use crate::agent;
use crate::exec::file_tail::last_text;
use crate::model::{Exit, HangKind, Outcome, Processes, Usage};
use crate::plan::{Node, Plan, PlanKind};
use crate::store::session::kept;
use crate::store::{atomic, beneath, crash};
use jiff::Timestamp;
use std::io;

/// How much of standard error an outcome may quote.
const STDERR_TAIL: u64 = 4096;

impl Attempt {
    /// Returns how the attempt ended, what it used, and what became of its processes if that is on record; writes
    /// `status.json` and `output.md`.
    pub(super) async fn conclude(
        &mut self,
        plan: &Plan,
        node: &Node,
        snapshots: &mut ProgressSnapshots,
        now: Timestamp,
    ) -> io::Result<(Outcome, Usage, Option<Processes>)> {
        let folder = &self.paths.iteration;
        let exit: Option<Exit> = beneath::read(&folder.exit())
            .ok()
            .and_then(|text| serde_json::from_slice(&text).ok());
        crash::point("conclude: exit.json read");
        let Some(exit) = exit else {
            sweep(plan, self.cursor).await;
            let outcome = if self.end.is_requested() {
                Outcome::Cancelled
            } else if self.enforcement.has_killed() {
                Outcome::TimedOut {
                    limit: HangKind::Wall,
                }
            } else {
                Outcome::Lost {
                    reason: "its shim was killed".to_owned(),
                }
            };
            return Ok((outcome, self.transcript.usage(), None));
        };
        let status = status_file::read(&self.paths);
        status_file::keep(&self.paths)?;
        let outcome = agent::outcome(
            &node.agent,
            &exit,
            &self.transcript,
            status,
            &last_text(&folder.stderr(), STDERR_TAIL),
            now,
        );
        if let (Outcome::Reported { status }, false) = (&outcome, folder.status().exists()) {
            atomic::replace(&folder.status(), &serde_json::to_vec_pretty(status)?)?;
        }
        crash::point("conclude: before output.md");
        self.keep_output(plan)?;
        crash::point("conclude: output.md kept");
        let second = self.paths.run.kept_file(&self.paths.own_progress);
        snapshots.keep(&self.paths.progress, folder, second.as_deref())?;
        Ok((outcome, self.transcript.usage(), Some(exit.processes())))
    }

    /// Keeps the agent's final text as `output.md`; of plain output, all of it.
    fn keep_output(&self, plan: &Plan) -> io::Result<()> {
        let output = self.paths.iteration.output();
        if self.transcript.is_plain() {
            // The same bytes under a second name cost nothing, however many they are.
            let stdout = self.paths.iteration.stdout();
            if !output.is_file() || output.is_symlink() {
                match kept::link_or_copy(&stdout, &output) {
                    // The agent removed it, and it has no other name.
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {
                        atomic::replace(&output, b"\n")?;
                    }
                    kept => kept?,
                }
            }
        } else {
            let mut text = self.transcript.final_text().unwrap_or_default().to_owned();
            text.push('\n');
            atomic::replace(&output, text.as_bytes())?;
        }
        if plan.kind == PlanKind::Pipeline {
            beneath::copy(&output, &self.paths.stage.join("output.md"))?;
        }
        Ok(())
    }
}
