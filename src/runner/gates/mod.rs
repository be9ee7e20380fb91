//! Asks a command or a judge whether a node is done. An answer that comes late or twice is ignored.
mod command;
mod completeness;
mod freeze;
#[expect(
    clippy::module_inception,
    reason = "the room and its type share a name"
)]
mod gates;
mod judge;

pub use freeze::{freeze_gates, gate_file_hash};
pub(super) use gates::Gates;
pub(super) use judge::JUDGE_INPUT_BYTES;
pub use judge::JUDGE_TRIES;
