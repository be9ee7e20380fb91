//! The state that the parsers of all providers keep of an agent's events: how it ended and what it cost.
use super::activity::Activity;
use super::quota::RateLimit;
use super::reckoning::Reckoning;
use super::requests::OpenRequests;
use crate::agent::failure;
use crate::model::{QuotaReport, Usage};
use crate::text::{clean, first_line};
use jiff::SignedDuration;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Denials that are remembered; a hint needs no more.
const MAX_DENIALS: usize = 20;
/// Messages that are remembered as read.
const MAX_HEARD: usize = 4096;
/// Refused figures that are remembered.
const MAX_REFUSED: usize = 4;
/// Bytes of an answer in deltas that are kept.
const MAX_ANSWER: usize = 1 << 20;

/// The state kept of an agent's events. Its size is bounded.
#[derive(Clone, Debug, Default)]
pub struct TranscriptState {
    /// Lines that were events.
    pub(in crate::agent) events: u64,
    pub(in crate::agent) results: u32,
    /// Usage up to the last result.
    pub(in crate::agent) settled: Usage,
    /// Usage since the last result.
    pub(in crate::agent) live: Usage,
    /// Usage by model, as the results report it.
    pub(in crate::agent) models: BTreeMap<String, Usage>,
    /// What the turns amount to, whatever the results report.
    pub(in crate::agent) reckoning: Reckoning,
    /// Figures that were not believed.
    pub(in crate::agent) refused: Vec<String>,
    pub(in crate::agent) last_text: Option<String>,
    pub(in crate::agent) result_text: Option<String>,
    pub(in crate::agent) structured: Option<Value>,
    pub(in crate::agent) key_source: String,
    pub(in crate::agent) subscription: bool,
    pub(in crate::agent) turn_end: Option<TurnEnd>,
    pub(in crate::agent) rate_limit: Option<RateLimit>,
    /// What the events say of the quota, since it was last taken.
    quota: QuotaReport,
    /// The kind of the last failure (`rate_limit`, `authentication_failed`, …) unless something succeeded since.
    pub(in crate::agent) error: String,
    /// The time until the quota comes back, where only that is known.
    pub(in crate::agent) resets_in: Option<SignedDuration>,
    /// The number with which a text says when the quota comes back.
    pub(in crate::agent) reset_number: Option<i64>,
    /// The kind of the failure for which the program is waiting to send its request again.
    pub(in crate::agent) retrying: Option<String>,
    /// Whether the last answer was cut off, although it passed for a success.
    pub(in crate::agent) is_cut_off: bool,
    /// Whether the last text came in deltas and may continue.
    in_delta: bool,
    pub(in crate::agent) denials: Vec<Denial>,
    /// The last call that was denied: its result repeats the denial.
    pub(in crate::agent) denied_call: String,
    /// The last line that was not an event.
    pub(in crate::agent) last_raw: String,
    /// The permissions for which the agent waits.
    pub(in crate::agent) requests: OpenRequests,
    /// The ids of the messages that the agent has read.
    heard: BTreeSet<String>,
}

/// A tool call that was not permitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denial {
    pub tool: String,
    /// Its command or file.
    pub about: String,
    pub(in crate::agent) id: String,
}

/// How a turn of the agent ended.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TurnEnd {
    pub(in crate::agent) is_error: bool,
    /// The HTTP status of a failed request.
    pub(in crate::agent) api_status: Option<i64>,
    /// Why it ended: `completed`, `api_error`, `max_turns`, `aborted_tools`, ….
    pub(in crate::agent) reason: String,
    /// The error message; empty without one.
    pub(in crate::agent) error: String,
}

impl TranscriptState {
    /// Adds a report of the provider about the quota.
    pub(in crate::agent) fn add_quota(&mut self, report: QuotaReport) {
        self.quota.extend(report);
    }

    /// Returns what was reported of the quota since this was last called.
    pub(in crate::agent) fn take_quota(&mut self) -> QuotaReport {
        std::mem::take(&mut self.quota)
    }

    /// Whether the last result, or the last answer of the provider, was a failure.
    pub(in crate::agent) fn has_failed(&self) -> bool {
        let failed_turn = self.turn_end.as_ref().is_some_and(|end| end.is_error);
        !self.error.is_empty() || failed_turn
    }

    /// Returns the error message of the provider, if there is one.
    pub(in crate::agent) fn error_text(&self) -> Option<String> {
        let end = self.turn_end.as_ref().filter(|end| end.is_error)?;
        match end.reason.as_str() {
            // The messages of these errors are for the developers of the program.
            "aborted_tools" | "aborted_streaming" => Some(format!("interrupted ({})", end.reason)),
            reason => [end.error.as_str(), reason]
                .into_iter()
                .find(|text| !text.is_empty())
                .map(str::to_owned),
        }
    }

    /// Whether the last turn failed for a reason of this name.
    pub(in crate::agent) fn ended_by(&self, reason: &str) -> bool {
        self.turn_end
            .as_ref()
            .is_some_and(|end| end.is_error && end.reason == reason)
    }

    /// Returns the HTTP status of a failed request.
    pub(in crate::agent) fn api_status(&self) -> Option<i64> {
        self.turn_end.as_ref().and_then(|end| end.api_status)
    }

    /// Adds a line that is not an event.
    pub(in crate::agent) fn push_raw(&mut self, line: &[u8], shown: &mut Vec<Activity>) {
        let text = clean(&String::from_utf8_lossy(line));
        if !text.is_empty() {
            self.last_raw.clone_from(&text);
            shown.push(Activity::Raw { text });
        }
    }

    /// Adds a whole text of the agent.
    pub(in crate::agent) fn push_text(&mut self, text: String, shown: &mut Vec<Activity>) {
        shown.push(Activity::Text {
            text: clean(&text),
            sub: false,
        });
        if !text.trim().is_empty() {
            self.last_text = Some(text);
        }
    }

    /// Adds a part of a text. It continues the previous part if `follows` is set and no other event came between.
    pub(in crate::agent) fn push_delta(
        &mut self,
        text: &str,
        follows: bool,
        shown: &mut Vec<Activity>,
    ) {
        if text.is_empty() {
            return;
        }
        shown.push(Activity::Text {
            text: clean(text),
            sub: false,
        });
        let whole = self.last_text.get_or_insert_default();
        if !(follows && self.in_delta) {
            whole.clear();
        }
        self.in_delta = true;
        if whole.len() + text.len() <= MAX_ANSWER {
            whole.push_str(text);
        }
    }

    /// Ends a text that came in deltas: the next delta begins a new one.
    pub(in crate::agent) fn end_delta(&mut self) {
        self.in_delta = false;
    }

    /// Returns the usage up to the last result, and since.
    pub(in crate::agent) fn usage(&self) -> Usage {
        let mut usage = self.settled;
        usage += self.live;
        usage
    }

    /// Adds the usage of a turn that is over.
    pub(in crate::agent) fn add_usage(&mut self, usage: Usage) {
        self.live += usage;
        self.reckoning.finish_turn();
    }

    /// Remembers a figure that was not believed, the first few.
    pub(in crate::agent) fn refuse(&mut self, figure: String) {
        if self.refused.len() < MAX_REFUSED && !self.refused.contains(&figure) {
            self.refused.push(figure);
        }
    }

    /// Records that the agent finished successfully.
    pub(in crate::agent) fn succeed(&mut self, shown: &mut Vec<Activity>) {
        self.error.clear();
        self.resets_in = None;
        self.reset_number = None;
        self.turn_end = Some(TurnEnd::default());
        self.results += 1;
        // The agent ends by itself, unless it begins another turn.
        self.reckoning.is_over = false;
        self.settled += std::mem::take(&mut self.live);
        shown.push(Activity::Finished {
            error: None,
            usage: self.settled,
        });
    }

    /// Records a failure of this kind that ends the agent.
    pub(in crate::agent) fn fail(&mut self, kind: &str, message: &str, shown: &mut Vec<Activity>) {
        self.soft_error(kind, message);
        shown.push(Activity::Finished {
            error: Some(first_line(message)),
            usage: self.settled,
        });
    }

    /// Records a failure after which the agent may continue: it counts unless a success follows.
    pub(in crate::agent) fn soft_error(&mut self, kind: &str, message: &str) {
        self.error = kind.to_owned();
        self.resets_in = failure::resets_in(message);
        self.reset_number = failure::reset_number(message);
        self.turn_end = Some(TurnEnd {
            is_error: true,
            error: first_line(message),
            ..TurnEnd::default()
        });
    }

    /// Adds the usage since the last result to the settled usage, where the result itself does not report it.
    pub(in crate::agent) fn settle_usage(&mut self, since: Usage, shown: &mut [Activity]) {
        let turns = self.settled.turns;
        self.settled += Usage { turns: 0, ..since };
        self.settled.turns = turns.max(since.turns);
        if let Some(Activity::Finished { usage, .. }) = shown.last_mut() {
            *usage = self.settled;
        }
    }

    /// Records that the agent has read a message.
    pub(in crate::agent) fn heard(&mut self, id: String) {
        if !id.is_empty() && self.heard.len() < MAX_HEARD {
            self.heard.insert(id);
        }
    }

    /// Whether the agent has read the message of this id.
    pub(in crate::agent) fn has_heard(&self, id: &str) -> bool {
        self.heard.contains(id)
    }

    /// Remembers a denied tool call, once.
    pub(in crate::agent) fn remember(&mut self, denial: Denial) {
        let is_new = !self.denials.iter().any(|known| known.id == denial.id);
        if is_new && self.denials.len() < MAX_DENIALS {
            self.denials.push(denial);
        }
    }
}
