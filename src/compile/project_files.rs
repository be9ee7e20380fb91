//! The files of a project in which its settings are.
use super::diagnostics::SourceText;

/// The files of a project with its settings: each if there is one, or why it cannot be read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProjectFiles {
    /// `.claude/agent-pipelines.yaml`.
    pub limits: Option<Result<SourceText, String>>,
    /// `.agent-pipelines/config.yaml`.
    pub config: Option<Result<SourceText, String>>,
    /// `.agent-pipelines/agents.json`.
    pub agents: Option<Result<SourceText, String>>,
}
