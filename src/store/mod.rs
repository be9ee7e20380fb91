//! What is kept on disk: every path, and the ways to write without losing what was there.
pub mod atomic;
pub mod layout;
pub mod library;
