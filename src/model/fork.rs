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
    /// How many lines of its journal are copies of the other session's.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub lines: u64,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_zero(number: &u64) -> bool {
    *number == 0
}
