//! Where a session that was forked comes from.
use super::{NodeId, RunId, SessionName};
use serde::{Deserialize, Serialize};

/// The moment in another session's life that a session goes on from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForkedFrom {
    pub session: SessionName,
    pub run: RunId,
    pub node: NodeId,
    /// The last iteration of that node that both sessions have.
    pub iteration: u32,
    /// The commit that was checked out then, if git said so.
    pub commit: Option<String>,
}
