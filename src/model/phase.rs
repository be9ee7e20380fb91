//! A phase of a PRD that is over.
use serde::{Deserialize, Serialize};

/// A phase of a PRD whose boxes are all ticked, of a project whose check passes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DonePhase {
    /// `phase 2: carts`. Of several with the same heading, each further one ends in its number: `phase 2: carts (2)`.
    pub name: String,
    /// Its part of the PRD, cut to [`DonePhase::MAX_TEXT`] bytes.
    pub text: String,
}

impl DonePhase {
    /// The maximum number of bytes of a phase that are kept.
    pub const MAX_TEXT: usize = 16 * 1024;
}
