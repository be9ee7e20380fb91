//! What a runner can ask of a running agent.
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
