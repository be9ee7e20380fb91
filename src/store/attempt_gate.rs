//! What is asked before an attempt begins: whether anything outside the session, as the quota, keeps it from that.
use crate::engine::State;
use crate::model::Input;
use crate::plan::Plan;
use jiff::Timestamp;
use std::fmt;

/// Asked before each attempt of a session. It is opened in one thread and run in another.
pub trait AttemptGate: fmt::Debug + Send {
    /// Returns whether the next attempt may begin; the agent is named by its index in the chain and its label.
    fn ask(&mut self, plan: &Plan, state: &State, agent: (u32, &str)) -> Permission;

    /// Returns what ends a wait that the gate caused, if something does.
    fn look(&mut self, plan: &Plan, state: &State, now: Timestamp) -> Option<Input>;
}

/// The answer of a gate.
#[derive(Clone, Debug, PartialEq)]
pub enum Permission {
    Begin,
    /// Something is to be recorded first; then the gate is asked again.
    Record(Box<Input>),
    /// The answer takes a while: nothing follows until then.
    Wait,
}
