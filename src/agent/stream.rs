//! Reads an agent's output as it grows.
use super::activity::Activity;
use super::event::{Denial, RateLimit};
use super::facts::TranscriptState;
use super::lines::Lines;
use crate::model::Usage;
use crate::plan::Provider;
use serde_json::Value;

/// What an agent has said so far. Memory is bounded whatever comes, and nothing in the output is fatal.
#[derive(Debug)]
pub struct Transcript {
    provider: Provider,
    lines: Lines,
    facts: TranscriptState,
}

impl Transcript {
    /// Nothing read yet.
    pub fn new(provider: Provider) -> Self {
        Self {
            provider,
            lines: Lines::default(),
            facts: TranscriptState::default(),
        }
    }

    /// Takes more of the output, cut anywhere, and returns what it shows.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Activity> {
        let mut shown = Vec::new();
        let (provider, facts) = (self.provider, &mut self.facts);
        self.lines
            .push(bytes, |cut| facts.take(provider, &cut, &mut shown));
        shown
    }

    /// Takes what is left as the last line: the output is complete.
    pub fn finish(&mut self) -> Vec<Activity> {
        let mut shown = Vec::new();
        let (provider, facts) = (self.provider, &mut self.facts);
        self.lines
            .finish(|cut| facts.take(provider, &cut, &mut shown));
        shown
    }

    /// Returns what was used so far. Output tokens and cost are known when a result has come; input is live.
    pub fn usage(&self) -> Usage {
        let mut usage = self.facts.settled;
        usage += self.facts.live;
        usage
    }

    /// Returns the agent's last words, as it wrote them.
    pub fn final_text(&self) -> Option<&str> {
        // A structured result repeats itself as text; what the agent said before it reads better.
        let structured = self.facts.structured.is_some();
        let (first, second) = (&self.facts.result_text, &self.facts.last_text);
        let text = if structured {
            second.as_ref().or(first.as_ref())
        } else {
            first.as_ref().or(second.as_ref())
        };
        text.map(String::as_str)
    }

    /// Returns the structured result, if the agent gave one.
    pub fn structured_status(&self) -> Option<&Value> {
        self.facts.structured.as_ref()
    }

    /// Whether the agent has said its last word. Another turn may still follow.
    pub fn saw_result(&self) -> bool {
        self.facts.results > 0
    }

    /// Whether nothing was an event: then the output itself is the agent's answer.
    pub fn is_plain(&self) -> bool {
        self.facts.events == 0
    }

    /// Whether nothing but the end of what it says is ever asked for: it speaks to people, not in events.
    pub fn counts_its_end_only(&self) -> bool {
        self.provider == Provider::Command && self.is_plain()
    }

    /// Returns which account pays: `API key`, `subscription`, or `login` (signed in, the plan not yet known).
    pub fn billing(&self) -> Option<&str> {
        match self.facts.key_source.as_str() {
            _ if self.facts.subscription => Some("subscription"),
            "" => None,
            "none" if self.facts.error == "authentication_failed" => None,
            "none" => Some("login"),
            _ => Some("API key"),
        }
    }

    /// Returns what the provider last said about the quota.
    pub fn rate_limit(&self) -> Option<&RateLimit> {
        self.facts.rate_limit.as_ref()
    }

    /// Returns the tool calls that were not permitted, the first twenty.
    pub fn denials(&self) -> &[Denial] {
        &self.facts.denials
    }

    pub(super) fn facts(&self) -> &TranscriptState {
        &self.facts
    }
}
