//! Where agents work: what git shows of a project's files.
pub mod git;
mod head;
mod status;
