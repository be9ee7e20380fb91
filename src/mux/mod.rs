//! Where runners live. tmux is the one place so far; another batch engine would be one more file.
mod tmux;

pub use tmux::{Found, Tmux};
