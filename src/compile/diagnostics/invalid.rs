//! Everything wrong with a definition, as one error.
use super::diagnostic::{Problem, Severity};
use crate::text::count;

/// Everything wrong with a definition, as one error.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{name} cannot be used: {}", count(errors(.problems), "mistake"))]
pub struct Invalid {
    name: String,
    pub problems: Vec<Problem>,
}

fn errors(problems: &[Problem]) -> usize {
    let is_error = |problem: &&Problem| problem.severity == Severity::Error;
    problems.iter().filter(is_error).count()
}

impl Invalid {
    /// `name` is what was asked for: `` loop `work` ``.
    pub fn new(name: impl Into<String>, problems: Vec<Problem>) -> Self {
        Self {
            name: name.into(),
            problems,
        }
    }
}
