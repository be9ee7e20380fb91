//! Records facts: one function per event, in the file of its subject.
mod attempt;
mod block;
mod capability;
mod control;
mod elapsed;
mod event;
mod gate;
mod hook;
mod node;
mod permission;
mod question;
mod queue;
mod said;
mod session;
mod touched;
mod wait;

pub(super) use question::OUT_OF_TIME;
pub(super) use said::MAX_IDS;
