//! The tools that an agent has called and that have not answered.
use crate::agent::Sign;
use std::time::{Duration, Instant};

/// Calls that are remembered; agents make few at a time.
const MAX_CALLS: usize = 256;
/// Characters of a command that are remembered.
const MAX_ABOUT: usize = 200;

/// A tool that has not answered.
#[derive(Clone, Debug)]
pub(super) struct ToolCall {
    id: String,
    /// Its command or file.
    pub(super) about: String,
    /// When it was called, or a sub-agent that it runs last did something.
    pub(super) since: Instant,
    /// Its processes are not older than this.
    pub(super) not_before: Instant,
}

/// The calls of an agent.
#[derive(Debug, Default)]
pub(super) struct ToolCalls {
    open: Vec<ToolCall>,
    /// Whether the last event was the answer of a tool.
    answered: bool,
}

impl ToolCalls {
    /// Takes in what an event says; `not_before` is when the output was read before.
    pub(super) fn push(&mut self, signs: &[Sign], not_before: Instant) {
        self.answered = false;
        for sign in signs {
            match sign {
                Sign::ToolCalled { id, about } if self.open.len() < MAX_CALLS => {
                    self.answered = false;
                    self.open.push(ToolCall {
                        id: id.clone(),
                        about: about.chars().take(MAX_ABOUT).collect(),
                        since: Instant::now(),
                        not_before,
                    });
                }
                Sign::ToolAnswered { id } => {
                    self.open.retain(|call| call.id != *id);
                    self.answered = true;
                }
                Sign::SubAgent { call } => {
                    let called = self.open.iter_mut().find(|open| open.id == *call);
                    called
                        .into_iter()
                        .for_each(|call| call.since = Instant::now());
                }
                Sign::Result => self.open.clear(),
                Sign::ToolCalled { .. }
                | Sign::Session(_)
                | Sign::Heard { .. }
                | Sign::PermissionAsked { .. }
                | Sign::UnknownRequest { .. }
                | Sign::RequestWithdrawn { .. } => {}
            }
        }
    }

    /// Whether the last event was the answer of a tool and no other tool is at work.
    pub(super) fn all_answered(&self) -> bool {
        self.answered && self.open.is_empty()
    }

    /// Returns the call that has been open for the longest time.
    pub(super) fn longest(&self) -> Option<&ToolCall> {
        self.open.iter().min_by_key(|call| call.since)
    }

    /// Passes over a time in which no call counts as being at work.
    pub(super) fn pass_over(&mut self, time: Duration) {
        let now = Instant::now();
        for call in &mut self.open {
            call.since = (call.since + time).min(now);
        }
    }

    /// Forgets the call that has been open for the longest time, and returns it with how long that was.
    pub(super) fn give_up_longest(&mut self) -> Option<(ToolCall, Duration)> {
        let call = self.longest()?.clone();
        self.open.retain(|open| open.id != call.id);
        let ran = call.since.elapsed();
        Some((call, ran))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn called(id: &str) -> Sign {
        Sign::ToolCalled {
            id: id.to_owned(),
            about: format!("run {id}"),
        }
    }

    fn answered(id: &str) -> Sign {
        Sign::ToolAnswered { id: id.to_owned() }
    }

    #[test]
    fn a_call_is_open_until_its_tool_answers() {
        let mut calls = ToolCalls::default();
        let mut push = |signs: &[Sign]| {
            calls.push(signs, Instant::now());
            (
                calls.longest().map(|call| call.about.clone()),
                calls.all_answered(),
            )
        };
        let run = |id: &str| Some(format!("run {id}"));
        assert_eq!(push(&[called("a"), called("b")]), (run("a"), false));
        assert_eq!(push(&[answered("a")]), (run("b"), false));
        assert_eq!(push(&[answered("b")]), (None, true));
        assert_eq!(push(&[]), (None, false), "another event follows");
        assert_eq!(push(&[called("c")]), (run("c"), false));
        assert_eq!(push(&[Sign::Result]), (None, false));
    }

    #[test]
    fn a_call_that_runs_a_sub_agent_is_as_old_as_its_last_event() {
        let mut calls = ToolCalls::default();
        calls.push(&[called("a"), called("b")], Instant::now());
        let sub = Sign::SubAgent {
            call: "a".to_owned(),
        };
        calls.push(&[sub], Instant::now());
        assert_eq!(calls.longest().unwrap().about, "run b");
        assert_eq!(calls.give_up_longest().unwrap().0.about, "run b");
        assert_eq!(calls.longest().unwrap().about, "run a");
    }

    #[test]
    fn a_call_that_began_in_a_time_that_is_passed_over_is_new() {
        let mut calls = ToolCalls::default();
        calls.push(&[called("a")], Instant::now());
        calls.pass_over(Duration::from_secs(3600));
        assert!(calls.longest().unwrap().since <= Instant::now());
    }
}
