//! Finds what the running agent did last.
use super::target::{self, Selection};
use crate::agent::Transcript;
use crate::exec::file_tail::FileTail;
use crate::model::Usage;
use crate::store::layout::{Project, RunDir};
use crate::store::session::Snapshot;
use crate::ui::activity::Shown;
use fs_err as fs;
use jiff::Timestamp;

/// An output up to this size is read as a whole.
const SMALL_OUTPUT: u64 = 8 * 1024 * 1024;
/// How many lines of a larger one are read.
const LAST_LINES: usize = 200;

/// The latest activity of an attempt.
#[derive(Debug, Default)]
pub(crate) struct Latest {
    /// What the agent did last, in one line.
    pub(crate) action: Option<String>,
    /// When it last wrote something.
    pub(crate) sign_at: Option<Timestamp>,
    /// What it has used so far; `None` if its output is too large to read as a whole.
    pub(crate) usage: Option<Usage>,
}

/// Reads the output of the current attempt; output that cannot be read has no activity.
pub(crate) fn latest(project: &Project, dir: &RunDir, snapshot: &Snapshot) -> Latest {
    read(project, dir, snapshot).unwrap_or_default()
}

fn read(project: &Project, dir: &RunDir, snapshot: &Snapshot) -> Option<Latest> {
    let target = target::find(Selection::default(), snapshot).ok()?;
    let attempt = target::attempts(dir, &target)
        .into_iter()
        .find(|attempt| attempt.cursor == snapshot.state.current.cursor)?;
    let path = target::stdout(&attempt.folder);
    let mut output = FileTail::open(&path).ok()?;
    let is_small = output.length().ok()? <= SMALL_OUTPUT;
    if !is_small {
        output.seek_to_last_lines(LAST_LINES).ok()?;
    }
    let agent = target::agent_of(dir, target.node, attempt.cursor);
    let mut transcript = Transcript::new(agent.adapter().output_format());
    let shown = Shown::new([project.root(), dir.root(), attempt.folder.as_path()]);
    let mut action = None;
    output
        .read(|piece| {
            if let Some(activity) = transcript.push(piece).last() {
                action = Some(shown.short(&activity.line()));
            }
            true
        })
        .ok()?;
    let changed = fs::metadata(&path).ok()?.modified().ok()?;
    Some(Latest {
        action,
        sign_at: Timestamp::try_from(changed).ok(),
        usage: is_small.then(|| transcript.usage()),
    })
}
