//! What must be done beside a gate that passes: the PRD and the tasks.
use crate::autopilot::{Evidence, OpenBoxes, OpenTasks, Prd, incomplete};
use crate::model::GateVerdict;
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

    /// Takes a pass back if something is still open. An answer of another kind stays as it is.
    pub(super) fn apply(&self, reading: GateReading) -> GateReading {
        if !matches!(reading.verdict, GateVerdict::Stop { .. }) {
            return reading;
        }
        let verdict = match self.open_boxes() {
            Err(reason) => GateVerdict::Broken { reason },
            Ok(open_boxes) => match incomplete(&Evidence {
                open_boxes,
                open_tasks: self.open_tasks,
            }) {
                None => return reading,
                Some(why) => GateVerdict::Continue {
                    reason: format!("{PARTIAL_PASS}: {why}"),
                },
            },
        };
        GateReading { verdict, ..reading }
    }

    /// Returns the open boxes of the first PRD that exists.
    fn open_boxes(&self) -> Result<Option<OpenBoxes>, String> {
        let mut paths = self.complete.prd.iter().map(|path| self.root.join(path));
        let Some(path) = paths.find(|path| path.exists()) else {
            return Ok(None);
        };
        let about = fs::metadata(&path).map_err(|error| error.to_string())?;
        if !about.is_file() || MAX_PRD_BYTES < about.len() {
            return Err(format!("{path} is not a file of at most 1 MiB"));
        }
        let bytes = fs::read(&path).map_err(|error| error.to_string())?;
        Ok(Some(OpenBoxes::of(&Prd::parse(&String::from_utf8_lossy(
            &bytes,
        )))))
    }
}
