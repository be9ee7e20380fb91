//! Records what you say to agents at work, until an agent has it in its context.
use crate::engine::state::{Phase, State};
use crate::model::{Said, SaidText};
use jiff::Timestamp;

/// Texts that are told from a repetition of themselves.
pub(in crate::engine) const MAX_IDS: usize = 64;

impl State {
    pub(super) fn user_said(&mut self, said: &Said) {
        let ids = &mut self.session.said_ids;
        if ids.len() == MAX_IDS {
            ids.pop_front();
        }
        ids.push_back(said.id.clone());
        self.session.said.push(SaidText {
            said: said.clone(),
            delivered_at: None,
            in_context: false,
            to_branches: self.phase == Phase::Parallel,
        });
    }

    pub(super) fn agent_told(&mut self, id: &str, at: Timestamp) {
        let mut texts = self.session.said.iter_mut();
        if let Some(text) = texts.find(|text| text.said.id == id) {
            text.delivered_at = Some(at);
        }
    }

    /// Records that an agent begins with everything that was said.
    pub(super) fn brief_agent(&mut self) {
        for text in &mut self.session.said {
            text.in_context = true;
        }
    }

    /// Forgets what the agent of a finished iteration began with.
    pub(super) fn forget_said(&mut self) {
        self.session.said.retain(|text| !text.in_context);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Cursor, Event};

    #[test]
    fn an_agent_begins_with_what_was_said_before_it_and_is_sent_the_rest() {
        let now = Timestamp::UNIX_EPOCH;
        let mut state = State::default();
        let says = |id: &str| {
            Event::UserSaid(Said {
                id: id.to_owned(),
                text: id.to_owned(),
                by: "you".to_owned(),
                said_at: now,
                branch: None,
                interrupt: false,
            })
        };
        let begins = |cursor: Cursor| Event::IterationStarted {
            cursor,
            fallback: 0,
            agent: String::new(),
        };
        let ids = |texts: Vec<&SaidText>| -> Vec<String> {
            texts.iter().map(|text| text.said.id.clone()).collect()
        };
        let first = Cursor::before(0).next_iteration();
        state.apply(&says("before"), now);
        state.apply(&begins(first), now);
        state.apply(&says("after"), now);
        assert_eq!(ids(state.briefing().collect()), ["before"]);
        assert_eq!(ids(state.unread().collect()), ["after"]);
        // Another attempt begins with all of it.
        state.apply(&begins(first.next_attempt()), now);
        assert_eq!(ids(state.briefing().collect()), ["before", "after"]);
        assert!(state.unread().next().is_none());
    }
}
