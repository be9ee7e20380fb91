//! What must be done beside a gate that passes: the PRD and the tasks.
use crate::autopilot::{Evidence, OpenBoxes, OpenTasks, Prd, done_phases, incomplete};
use crate::model::{DonePhase, GateVerdict};
use crate::runner::attempt_context::AttemptContext;
use crate::termination::{Completeness, Gate, GateReading, PARTIAL_PASS};
use camino::Utf8PathBuf;
use fs_err as fs;

/// The largest PRD that is read.
const MAX_PRD_BYTES: u64 = 1024 * 1024;

/// What must be done too, and what the queue said of it.
pub(super) struct CompletenessCheck {
    root: Utf8PathBuf,
    complete: Completeness,
    open_tasks: Option<OpenTasks>,
}

impl CompletenessCheck {
    /// Returns what a gate's passing is checked with; `None` if nothing else must be done.
    pub(super) fn new(context: &AttemptContext<'_>, gate: &Gate) -> Option<Self> {
        let complete = gate.complete.clone()?;
        let status = context.state.current.queue_status.as_ref();
        let has_queue = complete.tasks && context.node.queue.is_some();
        Some(Self {
            root: context.env.workspace.cwd.clone(),
            open_tasks: has_queue.then(|| OpenTasks::of(status)),
            complete,
        })
    }

    /// Takes a pass back if something is still open, and returns the phases of the PRD that are over with it. An answer of
    /// another kind stays as it is.
    pub(super) fn apply(&self, reading: GateReading) -> (GateReading, Vec<DonePhase>) {
        let is_partial = match &reading.verdict {
            GateVerdict::Stop { .. } => false,
            GateVerdict::Continue { reason } if reason.starts_with(PARTIAL_PASS) => true,
            _ => return (reading, Vec::new()),
        };
        let text = match self.prd() {
            Ok(text) => text,
            Err(reason) => return (GateVerdict::Broken { reason }.into(), Vec::new()),
        };
        let prd = text.as_deref().map(|text| (Prd::parse(text), text));
        let phases = prd.iter().flat_map(|(prd, text)| done_phases(prd, text));
        let phases = phases.collect();
        let why = incomplete(&Evidence {
            open_boxes: prd.as_ref().map(|(prd, _)| OpenBoxes::of(prd)),
            open_tasks: self.open_tasks,
        });
        let verdict = match why.filter(|_| !is_partial) {
            None => return (reading, phases),
            Some(why) => GateVerdict::Continue {
                reason: format!("{PARTIAL_PASS}: {why}"),
            },
        };
        (GateReading { verdict, ..reading }, phases)
    }

    /// Returns the text of the first PRD that exists.
    fn prd(&self) -> Result<Option<String>, String> {
        let mut paths = self.complete.prd.iter().map(|path| self.root.join(path));
        let Some(path) = paths.find(|path| path.exists()) else {
            return Ok(None);
        };
        let about = fs::metadata(&path).map_err(|error| error.to_string())?;
        if !about.is_file() || MAX_PRD_BYTES < about.len() {
            return Err(format!("{path} is not a file of at most 1 MiB"));
        }
        let bytes = fs::read(&path).map_err(|error| error.to_string())?;
        Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
    }
}
