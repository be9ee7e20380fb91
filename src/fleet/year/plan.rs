//! How much of everything happens in a simulation.

/// How much of everything happens. A chance is one in so many.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    pub(super) projects: u64,
    pub(super) max_agents: u32,
    /// The chance that a runner dies in an iteration.
    pub(super) crash: u64,
    /// The chance that an iteration ends the session as failed.
    pub(super) failure: u64,
    /// The chance that a session asks.
    pub(super) question: u64,
    /// Iterations until a session is complete, at most.
    pub(super) longest_session: u64,
    /// The chance that you answer on a day; none if you never do.
    pub(super) answer: Option<u64>,
    /// The chance of an outage on a day.
    pub(super) outage: u64,
}

impl Plan {
    pub(super) fn busy() -> Self {
        Self {
            projects: 50,
            max_agents: 4,
            crash: 80,
            failure: 150,
            question: 200,
            longest_session: 300,
            answer: Some(2),
            outage: 10,
        }
    }

    pub(super) fn unattended() -> Self {
        Self {
            projects: 12,
            answer: None,
            failure: 400,
            ..Self::busy()
        }
    }
}
