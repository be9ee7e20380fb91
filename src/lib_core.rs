//! The nouns, and what plans, agents and terminations are.
pub mod agent;
pub mod clock;
pub mod fingerprint;
pub mod guard;
pub mod model;
pub mod plan;
pub mod redact;
pub mod termination;
pub mod text;
