//! What you say to an agent at work.
use crate::engine::state::{Phase, State};
use crate::model::{Cursor, Event, Said};
use jiff::Timestamp;

/// Returns that you said something, unless that is known.
pub(super) fn said(state: &State, said: &Said) -> Option<Event> {
    let is_over = matches!(state.phase, Phase::New | Phase::Ended { .. });
    let is_known = state.session.said_ids.contains(&said.id);
    (!is_over && !is_known).then(|| Event::UserSaid(said.clone()))
}

/// Returns that the agent at work has read a text, once.
pub(super) fn told(state: &State, cursor: Cursor, id: &str, now: Timestamp) -> Option<Event> {
    let mut texts = state.session.said.iter();
    let text = texts.find(|text| text.said.id == id && text.is_new())?;
    state.runs(cursor).then(|| Event::AgentTold {
        cursor,
        id: id.to_owned(),
        text: text.said.text.clone(),
        by: text.said.by.clone(),
        delivered_at: now,
    })
}
