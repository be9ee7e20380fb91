//! Records facts: one function per event, in the file of its subject.
mod attempt;
mod block;
mod control;
mod event;
mod gate;
mod node;
mod queue;
mod session;
mod touched;
mod wait;
