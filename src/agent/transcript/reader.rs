//! Reads an agent's output as it grows.
use super::activity::Activity;
use super::budget_watch::{Allowance, BudgetWatch};
use super::decoder::Decoder;
use super::format::OutputFormat;
use super::lines::Lines;
use super::quota::RateLimit;
use super::requests::OpenRequests;
use super::state::{Denial, TranscriptState};
use crate::model::{AccountKind, AttemptCost, QuotaReport, Usage};
use crate::text::clean;
use serde_json::Value;

/// The parsed output of an agent so far. Its memory is bounded, and no output is fatal.
#[derive(Debug)]
pub struct Transcript {
    format: OutputFormat,
    lines: Lines,
    decoder: Decoder,
    state: TranscriptState,
    budget: BudgetWatch,
}

impl Transcript {
    /// Returns an empty transcript.
    pub fn new(format: OutputFormat) -> Self {
        Self {
            format,
            lines: Lines::default(),
            decoder: Decoder::default(),
            state: TranscriptState::default(),
            budget: BudgetWatch::default(),
        }
    }

    /// Reads the next bytes of the output, split anywhere, and returns the activities in them.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Activity> {
        let mut shown = Vec::new();
        let (format, decoder, state) = (self.format, &mut self.decoder, &mut self.state);
        let budget = &mut self.budget;
        self.lines.push(bytes, |line| {
            format.read_line(decoder, state, &line, &mut shown);
            budget.look(&state.usage(), &state.reckoning);
        });
        shown
    }

    /// Reads the rest as the last line: the output is complete.
    pub fn finish(&mut self) -> Vec<Activity> {
        let mut shown = Vec::new();
        let (format, decoder, state) = (self.format, &mut self.decoder, &mut self.state);
        self.lines
            .finish(|line| format.read_line(decoder, state, &line, &mut shown));
        format.finish(decoder, state, &mut shown);
        shown
    }

    /// Returns the usage so far: what the last result reported, and what was reckoned of the turns since.
    pub fn usage(&self) -> Usage {
        self.state.usage()
    }

    /// Sets what the agent may use.
    pub fn set_budget(&mut self, allowances: Vec<Allowance>) {
        self.budget.allowances = allowances;
    }

    /// Notes that the session has run for as long as it may.
    pub fn note_time_is_up(&mut self) {
        self.budget.note_time(&self.state.reckoning);
    }

    /// Whether the agent must end because it has used what it may: the turn that did it is over. An agent that has given
    /// its result ends by itself, and so does one whose program does not print its turns.
    pub fn must_end(&self) -> bool {
        self.budget.must_end(&self.state.reckoning)
    }

    /// Returns the agent's last message, as it wrote it.
    pub fn final_text(&self) -> Option<&str> {
        // A structured result repeats itself as text; the message before it reads better.
        let structured = self.state.structured.is_some();
        let (first, second) = (&self.state.result_text, &self.state.last_text);
        let text = if structured {
            second.as_ref().or(first.as_ref())
        } else {
            first.as_ref().or(second.as_ref())
        };
        text.map(String::as_str)
    }

    /// Whether the connection was lost within the agent's last message, so that more may have followed.
    pub fn is_cut_off(&self) -> bool {
        self.state.is_cut_off
    }

    /// Returns the structured result, if the agent gave one.
    pub fn structured_status(&self) -> Option<&Value> {
        self.state.structured.as_ref()
    }

    /// Whether the agent has given a result. Another turn may still follow.
    pub fn saw_result(&self) -> bool {
        self.state.results > 0
    }

    /// Whether the output had no events, so that the text itself is the agent's answer.
    pub fn is_plain(&self) -> bool {
        self.state.events == 0
    }

    /// Whether only the end of the output is used, because the format is plain text.
    pub fn needs_only_the_end(&self) -> bool {
        matches!(self.format, OutputFormat::Plain)
    }

    /// Returns how the usage is known, and who pays for it.
    pub fn cost(&self) -> AttemptCost {
        let state = &self.state;
        let is_reported = self.saw_result() && state.live == Usage::default();
        let models = if state.models.is_empty() {
            &state.reckoning.models
        } else {
            &state.models
        };
        AttemptCost {
            reckoned: state.reckoning.total,
            is_reported,
            models: models.clone(),
            account: self.account(),
            key_source: clean(&state.key_source),
            refused: state.refused.clone(),
        }
    }

    /// Returns the kind of account that pays, as far as it is known.
    pub fn account(&self) -> Option<AccountKind> {
        match self.state.key_source.as_str() {
            _ if self.state.subscription => Some(AccountKind::Subscription),
            "" => None,
            "none" if self.state.error == "authentication_failed" => None,
            "none" => Some(AccountKind::Login),
            _ => Some(AccountKind::ApiKey),
        }
    }

    /// Returns the last report of the provider about the quota.
    pub fn rate_limit(&self) -> Option<&RateLimit> {
        self.state.rate_limit.as_ref()
    }

    /// Returns what was reported of the quota since this was last called.
    pub fn take_quota(&mut self) -> QuotaReport {
        self.state.take_quota()
    }

    /// Returns the permissions for which the agent waits.
    pub fn requests(&self) -> &OpenRequests {
        &self.state.requests
    }

    /// Whether the agent has read the message of this id.
    pub fn has_heard(&self, id: &str) -> bool {
        self.state.has_heard(id)
    }

    /// Returns the tool calls that were not permitted, the first twenty.
    pub fn denials(&self) -> &[Denial] {
        &self.state.denials
    }

    pub(in crate::agent) fn state(&self) -> &TranscriptState {
        &self.state
    }
}
