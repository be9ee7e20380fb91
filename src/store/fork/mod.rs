//! Forks a session: creates a new one from the beginning of another. It is made in a draft folder and then renamed, so
//! that a crash leaves a complete session or none.
mod block;
mod copy;
mod cut;
mod folders;
mod make;
mod relocate;
mod request;

pub use cut::{Cut, find};
pub use make::{begin, make};
pub use request::Fork;
