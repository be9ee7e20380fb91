//! What a runner can ask of a running agent.
use crate::exec::process;
use crate::model::{ProcessId, env_tag};
use nix::sys::signal::Signal;

/// A request to a running agent. Today there is only its end; a message will be one more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ControlRequest {
    /// End, with time for last words and to clean up.
    End,
    /// End at once.
    Kill,
}

impl ControlRequest {
    /// Returns the signal that carries the request to a shim.
    pub fn signal(self) -> Signal {
        match self {
            Self::End => Signal::SIGTERM,
            Self::Kill => Signal::SIGQUIT,
        }
    }

    /// Returns the request that signals carry, the most urgent one. A terminal that went away (HUP) is none.
    pub(super) fn among(signals: &[Signal]) -> Option<Self> {
        if signals.contains(&Signal::SIGQUIT) {
            Some(Self::Kill)
        } else if signals.contains(&Signal::SIGTERM) || signals.contains(&Signal::SIGINT) {
            Some(Self::End)
        } else {
            None
        }
    }
}

/// Passes requests on to a running agent.
pub trait Control {
    fn send(&self, request: ControlRequest);
}

/// Reaches an agent through its shim. Needs a tokio runtime.
#[derive(Debug)]
pub struct ShimControl {
    /// `None` if the runner that started it died before it recorded which process the shim is.
    pub shim: Option<ProcessId>,
    /// The tag that every process of the attempt has in its environment.
    pub attempt: String,
}

impl Control for ShimControl {
    fn send(&self, request: ControlRequest) {
        let signal = request.signal();
        let reached = self
            .shim
            .as_ref()
            .is_some_and(|shim| process::send(shim, signal));
        if !reached {
            let attempt = self.attempt.clone();
            // It reads all of `/proc`; the other branches of the session run meanwhile.
            tokio::task::spawn_blocking(move || send_to_tagged(&attempt, signal));
        }
    }
}

fn send_to_tagged(attempt: &str, signal: Signal) {
    for process in process::find_tagged(env_tag::ATTEMPT, attempt) {
        process::send(&process, signal);
    }
}

/// Ends one agent, however often that is asked for.
pub struct AgentEnd {
    control: Box<dyn Control>,
    requested: bool,
}

impl AgentEnd {
    pub fn new(control: impl Control + 'static) -> Self {
        Self {
            control: Box::new(control),
            requested: false,
        }
    }

    /// Asks the agent to end, once; `at_once` leaves it no time, and is passed on every time.
    pub fn request(&mut self, at_once: bool) {
        if at_once {
            self.control.send(ControlRequest::Kill);
        } else if !self.requested {
            self.control.send(ControlRequest::End);
        }
        self.requested = true;
    }

    pub fn is_requested(&self) -> bool {
        self.requested
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::rc::Rc;

    #[derive(Clone, Default)]
    struct RecordedControl(Rc<RefCell<Vec<ControlRequest>>>);

    impl Control for RecordedControl {
        fn send(&self, request: ControlRequest) {
            self.0.borrow_mut().push(request);
        }
    }

    #[test]
    fn an_agent_is_asked_to_end_once_and_killed_as_often_as_needed() {
        let control = RecordedControl::default();
        let mut end = AgentEnd::new(control.clone());
        assert!(!end.is_requested());
        for at_once in [false, false, true, true, false] {
            end.request(at_once);
        }
        assert!(end.is_requested());
        let sent = control.0.borrow().clone();
        assert_eq!(
            sent,
            [
                ControlRequest::End,
                ControlRequest::Kill,
                ControlRequest::Kill
            ]
        );
    }

    #[test]
    fn signals_carry_the_most_urgent_request() {
        use Signal::{SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM};
        assert_eq!(ControlRequest::among(&[SIGCHLD, SIGHUP]), None);
        assert_eq!(
            ControlRequest::among(&[SIGCHLD, SIGINT]),
            Some(ControlRequest::End)
        );
        assert_eq!(
            ControlRequest::among(&[SIGTERM, SIGQUIT]),
            Some(ControlRequest::Kill)
        );
        for request in [ControlRequest::End, ControlRequest::Kill] {
            assert_eq!(ControlRequest::among(&[request.signal()]), Some(request));
        }
    }
}
