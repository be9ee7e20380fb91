//! The permissions for which an agent waits.
use crate::agent::Sign;
use std::time::{Duration, Instant};

/// Requests that are remembered; agents make few at a time.
const MAX_REQUESTS: usize = 256;

/// The permissions that an agent asks for and that were not answered.
#[derive(Debug, Default)]
pub(super) struct Requests {
    open: Vec<Request>,
    /// When one was opened or answered last.
    moved: Option<Instant>,
}

#[derive(Debug)]
struct Request {
    id: String,
    call: String,
    since: Instant,
}

impl Requests {
    /// Takes in what an event says.
    pub(super) fn push(&mut self, sign: &Sign) {
        match sign {
            Sign::PermissionAsked { request, call } => {
                let known = self.open.iter().any(|open| open.id == *request);
                if !known && self.open.len() < MAX_REQUESTS {
                    self.moved = Some(Instant::now());
                    self.open.push(Request {
                        id: request.clone(),
                        call: call.clone(),
                        since: Instant::now(),
                    });
                }
            }
            Sign::RequestWithdrawn { request } => self.open.retain(|open| open.id != *request),
            // A request that names no call is not closed by an answer that names none either.
            Sign::ToolAnswered { id } => self
                .open
                .retain(|open| open.call.is_empty() || open.call != *id),
            Sign::Result => self.open.clear(),
            Sign::Session(_)
            | Sign::ToolCalled { .. }
            | Sign::SubAgent { .. }
            | Sign::Heard { .. }
            | Sign::UnknownRequest { .. } => {}
        }
    }

    /// Records that a request is answered. Returns whether the agent waited for that.
    pub(super) fn answer(&mut self, id: &str) -> bool {
        let before = self.open.len();
        self.open.retain(|open| open.id != id);
        let waited = self.open.len() < before;
        if waited {
            self.moved = Some(Instant::now());
        }
        waited
    }

    /// Returns since when the agent has waited for an answer, if it does.
    pub(super) fn since(&self) -> Option<Instant> {
        self.open.iter().map(|open| open.since).min()
    }

    /// Returns the requests of an agent to which nothing was answered for `limit`.
    pub(super) fn overdue(&self, limit: Duration) -> Vec<String> {
        let is_overdue = self.moved.is_some_and(|at| limit <= at.elapsed());
        let open = self.open.iter().filter(|_| is_overdue);
        open.map(|open| open.id.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(id: &str) -> Sign {
        Sign::PermissionAsked {
            request: id.to_owned(),
            call: format!("call of {id}"),
        }
    }

    #[test]
    fn a_request_is_answered_once_and_closed_by_whatever_ends_it() {
        let mut requests = Requests::default();
        requests.push(&asked("a"));
        requests.push(&asked("a"));
        assert!(requests.since().is_some());
        assert!(requests.answer("a"));
        assert!(!requests.answer("a"), "it was answered before");
        assert!(!requests.answer("b"), "it was never asked");
        for end in [
            Sign::RequestWithdrawn {
                request: "c".to_owned(),
            },
            Sign::ToolAnswered {
                id: "call of c".to_owned(),
            },
            Sign::Result,
        ] {
            requests.push(&asked("c"));
            requests.push(&end);
            assert!(requests.since().is_none(), "{end:?}");
        }
    }

    #[test]
    fn a_request_without_a_call_stays_open_when_a_tool_without_an_id_answers() {
        let mut requests = Requests::default();
        requests.push(&Sign::PermissionAsked {
            request: "a".to_owned(),
            call: String::new(),
        });
        requests.push(&Sign::ToolAnswered { id: String::new() });
        assert!(requests.answer("a"));
    }

    #[test]
    fn an_answer_to_an_unknown_request_postpones_no_other() {
        let mut requests = Requests::default();
        requests.push(&asked("a"));
        let moved = requests.moved;
        assert!(!requests.answer("b"));
        assert_eq!(requests.moved, moved);
    }

    #[test]
    fn requests_are_overdue_when_none_was_answered_for_too_long() {
        let mut requests = Requests::default();
        assert!(requests.overdue(Duration::ZERO).is_empty());
        requests.push(&asked("a"));
        requests.push(&asked("b"));
        assert_eq!(requests.overdue(Duration::ZERO), ["a", "b"]);
        assert!(requests.overdue(Duration::from_secs(3600)).is_empty());
    }
}
