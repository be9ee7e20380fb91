//! Records what you say to agents at work, until an agent has it in its context.
use crate::engine::state::State;
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
