//! What the readers of other programs' events add to the facts, in words they share.
use super::activity::Activity;
use super::event::Verdict;
use super::facts::TranscriptState;
use super::failure;
use crate::model::Usage;
use crate::text::{clean, first_line};

/// The most of an answer in pieces that is kept.
const LONGEST_ANSWER: usize = 1 << 20;

impl TranscriptState {
    /// The agent's own words.
    pub(super) fn push_text(&mut self, text: String, shown: &mut Vec<Activity>) {
        shown.push(Activity::Text {
            text: clean(&text),
            sub: false,
        });
        if !text.trim().is_empty() {
            self.last_text = Some(text);
        }
    }

    /// Words that come in pieces; the pieces that follow each other are one text.
    pub(super) fn push_delta(&mut self, text: &str, follows: bool, shown: &mut Vec<Activity>) {
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
        if whole.len() + text.len() <= LONGEST_ANSWER {
            whole.push_str(text);
        }
    }

    /// Something came between: the next piece begins a new text.
    pub(super) fn end_delta(&mut self) {
        self.in_delta = false;
    }

    /// Tokens and money that were used just now.
    pub(super) fn used(&mut self, usage: Usage) {
        self.live += usage;
    }

    /// The agent has said its last word, and it is a good one.
    pub(super) fn succeeded(&mut self, shown: &mut Vec<Activity>) {
        self.error.clear();
        self.resets_in = None;
        self.verdict = Some(Verdict::default());
        self.results += 1;
        self.settled += std::mem::take(&mut self.live);
        shown.push(Activity::Finished {
            error: None,
            usage: self.settled,
        });
    }

    /// The program reports a failure of this kind, and ends.
    pub(super) fn failed(&mut self, kind: &str, message: &str, shown: &mut Vec<Activity>) {
        self.soft_error(kind, message);
        shown.push(Activity::Finished {
            error: Some(first_line(message)),
            usage: self.settled,
        });
    }

    /// The program reports a failure after which it may go on: it counts unless a success follows.
    pub(super) fn soft_error(&mut self, kind: &str, message: &str) {
        self.error = kind.to_owned();
        self.resets_in = failure::resets_in(message);
        self.verdict = Some(Verdict {
            is_error: true,
            error: first_line(message),
            ..Verdict::default()
        });
    }

    /// Takes what was used since as the result's, which says nothing of it itself.
    pub(super) fn settle(&mut self, since: Usage, shown: &mut [Activity]) {
        let turns = self.settled.turns;
        self.settled += Usage { turns: 0, ..since };
        self.settled.turns = turns.max(since.turns);
        if let Some(Activity::Finished { usage, .. }) = shown.last_mut() {
            *usage = self.settled;
        }
    }
}
