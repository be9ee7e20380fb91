//! The nouns, and when a node ends.
pub mod clock;
pub mod fingerprint;
pub mod model;
pub mod redact;
pub mod termination;
pub mod text;
