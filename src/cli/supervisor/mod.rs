//! The supervisor as a program, and what `ap stop`, `ap pause`, `ap continue` and `ap status` do without a session.
pub(super) mod daemon;
pub(super) mod overview;
pub(super) mod pause;
pub(super) mod recent;
pub(super) mod settings;
pub(super) mod stop;
