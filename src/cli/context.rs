//! What every command needs to know of its surroundings; the environment is read here and nowhere else.
use crate::store::layout::Project;
use camino::Utf8PathBuf;

/// Read once, in `main`, and passed on.
#[derive(Clone, Debug)]
pub struct Context {
    pub project: Project,
    /// `~/.config/agent-pipelines`: the user's own loops, pipelines and settings.
    pub user_config: Utf8PathBuf,
    /// The running program, for agents and runners to call.
    pub exe: Utf8PathBuf,
    /// `CLAUDE_PIPELINE_SESSION`, when called by an agent.
    pub session: Option<String>,
}
