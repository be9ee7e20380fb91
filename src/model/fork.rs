//! The origin of a forked session.
use super::id::{NodeId, RunId, SessionName};
use serde::{Deserialize, Serialize};

/// The iteration of another session that a session continues from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct ForkedFrom {
    pub session: SessionName,
    pub run: RunId,
    pub node: NodeId,
    /// The last iteration of that node that both sessions have.
    pub iteration: u32,
    /// The commit that was checked out then, if git told.
    pub commit: Option<String>,
}
