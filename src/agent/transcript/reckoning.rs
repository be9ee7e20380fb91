//! Reckons the usage of a running agent from its turns, before its program reports any.
use crate::model::Usage;
use std::collections::{BTreeMap, VecDeque};

/// The number of messages remembered as counted. The blocks of several messages interleave when sub-agents run.
const OPEN_MESSAGES: usize = 64;
/// The longest message id that is remembered; real ones are short.
const MAX_ID: usize = 256;
/// Models that are told apart; what further ones use is added to the last.
const MAX_MODELS: usize = 16;
/// Characters of an answer per token, about.
const BYTES_PER_TOKEN: u64 = 4;

/// The usage of one event of a message.
#[derive(Clone, Copy, Debug)]
pub(in crate::agent) struct Turn<'a> {
    /// The message's id: several events may belong to one message.
    pub(in crate::agent) id: &'a str,
    pub(in crate::agent) model: &'a str,
    /// Its usage as the event has it, priced. The output may only be the count it began with.
    pub(in crate::agent) usage: Usage,
    /// Bytes of the answer in this event.
    pub(in crate::agent) bytes: u64,
    /// What a million output tokens of the model cost.
    pub(in crate::agent) output_price: f64,
}

/// What was reckoned of an agent so far. Its size is bounded.
#[derive(Clone, Debug, Default)]
pub(in crate::agent) struct Reckoning {
    /// Of all turns, and never replaced by what the program reports.
    pub(in crate::agent) total: Usage,
    pub(in crate::agent) models: BTreeMap<String, Usage>,
    open: VecDeque<OpenMessage>,
    /// Model turns that have begun, those of sub-agents too.
    pub(in crate::agent) begun: u64,
    /// Whether the last turn that began is over.
    pub(in crate::agent) is_over: bool,
}

/// A message whose events may not all have come.
#[derive(Clone, Debug, Default)]
struct OpenMessage {
    id: String,
    bytes: u64,
    /// Output tokens that are counted.
    output: u64,
}

impl Reckoning {
    /// Counts an event of a message and returns what it adds: its input once, and its output as it grows.
    pub(in crate::agent) fn add(&mut self, turn: &Turn<'_>) -> Usage {
        let found = self.open.iter().position(|message| message.id == turn.id);
        let (index, mut more) = match found {
            Some(index) => (index, Usage::default()),
            None => (self.begin(turn.id), turn.usage),
        };
        let Some(message) = self.open.get_mut(index) else {
            return Usage::default();
        };
        if found.is_none() {
            message.output = turn.usage.output_tokens;
        }
        message.bytes += turn.bytes;
        let output = message.bytes / BYTES_PER_TOKEN;
        let grown = output
            .max(turn.usage.output_tokens)
            .saturating_sub(message.output);
        message.output += grown;
        more.output_tokens += grown;
        more.cost_usd += grown as f64 * turn.output_price / 1e6;
        self.total += more;
        *self.of_model(turn.model) += more;
        more
    }

    /// Records that the current turn is over: a tool has answered.
    pub(in crate::agent) fn end_turn(&mut self) {
        self.is_over = true;
    }

    /// Records a turn of a program that reports it only when it is over.
    pub(in crate::agent) fn finish_turn(&mut self) {
        self.begun += 1;
        self.end_turn();
    }

    fn begin(&mut self, id: &str) -> usize {
        self.begun += 1;
        self.is_over = false;
        if self.open.len() == OPEN_MESSAGES {
            self.open.pop_front();
        }
        let id = if id.len() <= MAX_ID { id } else { "" };
        self.open.push_back(OpenMessage {
            id: id.to_owned(),
            ..OpenMessage::default()
        });
        self.open.len() - 1
    }

    fn of_model(&mut self, model: &str) -> &mut Usage {
        let is_full = MAX_MODELS <= self.models.len() && !self.models.contains_key(model);
        let last = self.models.last_key_value().map(|(name, _)| name.clone());
        let name = last.filter(|_| is_full).unwrap_or_else(|| model.to_owned());
        self.models.entry(name).or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(id: &str, input: u64, output: u64, bytes: u64) -> Turn<'_> {
        Turn {
            id,
            model: "m",
            usage: Usage {
                input_tokens: input,
                output_tokens: output,
                turns: 1,
                cost_usd: input as f64 * 1e-6 + output as f64 * 10e-6,
                ..Usage::default()
            },
            bytes,
            output_price: 10.0,
        }
    }

    #[test]
    fn a_message_counts_once_and_its_output_grows_with_its_blocks() {
        let mut reckoning = Reckoning::default();
        reckoning.add(&turn("a", 1000, 1, 40));
        reckoning.add(&turn("a", 1000, 1, 40));
        reckoning.add(&turn("b", 500, 30, 8));
        let total = reckoning.total;
        assert_eq!(
            (total.input_tokens, total.output_tokens, total.turns),
            (1500, 20 + 30, 2)
        );
        assert!((total.cost_usd - (1500e-6 + 50.0 * 10e-6)).abs() < 1e-12);
        assert_eq!(reckoning.models["m"], total);
        assert_eq!((reckoning.begun, reckoning.is_over), (2, false));
        reckoning.end_turn();
        assert!(reckoning.is_over);
    }

    #[test]
    fn interleaved_messages_of_sub_agents_are_told_apart() {
        let mut reckoning = Reckoning::default();
        for id in ["a", "b", "a", "b", "a"] {
            reckoning.add(&turn(id, 10, 0, 0));
        }
        assert_eq!(reckoning.total.input_tokens, 20);
    }

    #[test]
    fn memory_is_bounded_whatever_comes() {
        let mut reckoning = Reckoning::default();
        for number in 0..1000 {
            let (id, model) = (format!("id{number}"), format!("m{number}"));
            reckoning.add(&Turn {
                model: &model,
                ..turn(&id, 1, 0, 0)
            });
        }
        assert_eq!(reckoning.open.len(), OPEN_MESSAGES);
        assert_eq!(reckoning.models.len(), MAX_MODELS);
        let of_models: u64 = reckoning.models.values().map(|it| it.input_tokens).sum();
        assert_eq!((reckoning.total.input_tokens, of_models), (1000, 1000));
    }
}
