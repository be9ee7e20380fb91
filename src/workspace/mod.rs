//! Where agents work: the two folders of a session, and what git shows of its files.
pub mod git;
mod head;
mod status;
#[expect(
    clippy::module_inception,
    reason = "the room and its type share a name"
)]
mod workspace;

pub use workspace::Workspace;
