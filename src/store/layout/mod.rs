//! Every path we ever write: in a project, and in the folders of the user.
mod hook_log;
mod inside;
mod ours;
mod project;
mod user;

pub use ours::PROJECT_FOLDER;
pub(in crate::store) use ours::{is_private, split};
pub use project::{IterationDir, Project, RunDir};
pub use user::{StateFile, UserDirs};
