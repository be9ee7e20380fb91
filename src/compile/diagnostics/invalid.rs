//! Everything wrong with a definition, as one error.
use super::diagnostic::Problem;
use crate::text::count;

/// Everything wrong with a definition, as one error.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{name} cannot be used: {}", count(.problems.len(), "mistake"))]
pub struct Invalid {
    name: String,
    pub problems: Vec<Problem>,
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
