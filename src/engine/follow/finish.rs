//! The facts that end a session.
use crate::model::{Ending, Event, Limit};

pub(super) fn finish(ending: Ending) -> Event {
    Event::SessionFinished { ending }
}

pub(super) fn fail(error: impl Into<String>, hint: impl Into<String>) -> Event {
    finish(Ending::Failed {
        error: error.into(),
        hint: hint.into(),
    })
}

pub(super) fn limit_reached(limit: Limit) -> Event {
    finish(Ending::LimitReached { limit })
}
