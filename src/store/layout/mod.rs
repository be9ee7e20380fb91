//! Every path we ever write: in a project, and in the folders of the user.
mod project;
mod user;

pub use project::{IterationDir, Project, RunDir};
pub use user::{StateFile, UserDirs};
