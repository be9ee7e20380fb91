//! Judges what an agent is about to do with a tool: commands are parsed as a shell parses them, paths are made canonical.
//!
//! A command that cannot be parsed, or that depends on what only a shell can compute, is judged by its words, strictly.
//! This is a guardrail against mistakes, not a sandbox: a program that an agent writes and then runs is not looked into.
mod brief;
mod call;
mod code;
mod expand;
mod field;
mod judge;
mod location;
mod rule;
mod rules;
mod scope;
mod shell;
mod shell_state;
mod stream;
#[cfg(test)]
mod tests;
mod walk;
mod wrappers;

pub use brief::Brief;
pub use judge::{ToolCall, judge};
pub use rule::{Block, Rule};
pub use scope::{Protected, Scope, Settings};
