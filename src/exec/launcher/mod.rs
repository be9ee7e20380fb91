//! Where runners live.
mod tmux;

pub use tmux::{Found, Tmux};
