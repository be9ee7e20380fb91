//! The context of one call of an agent: what differs from attempt to attempt.
use crate::model::{Cursor, RunId, SessionName};
use camino::Utf8Path;

/// The attempt an agent is called for, and the paths it needs.
#[derive(Clone, Copy, Debug)]
pub struct InvocationContext<'a> {
    pub cursor: Cursor,
    pub run: &'a RunId,
    pub session: &'a SessionName,
    /// The node the attempt belongs to.
    pub stage: &'a str,
    /// Name of the loop, for `CLAUDE_PIPELINE_TYPE`.
    pub node_type: &'a str,
    /// Whether the agent will run as root.
    pub is_root: bool,
    /// The `ap` executable.
    pub exe: &'a Utf8Path,
    pub project: &'a Utf8Path,
    /// The iteration's `context.json`.
    pub context: &'a Utf8Path,
    /// An existing folder outside `.claude/` for files of the agent, where it may not write inside.
    pub exchange: Option<&'a Utf8Path>,
    /// US dollars that are left of the session's budget, if it has one.
    pub cost_left_usd: Option<f64>,
    pub prompt: &'a str,
    /// The file that holds the prompt.
    pub prompt_file: &'a Utf8Path,
}
