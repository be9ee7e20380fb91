//! A script as written.
use super::commands::Commands;
use crate::error::{Error, Result};
use crate::model::GateVerdict;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

/// What the agent does, iteration by iteration.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    #[serde(default = "default_pause")]
    pause_ms: u64,
    /// The answers of gates before the first iteration, by gate number.
    #[serde(default)]
    before: BTreeMap<u32, GateVerdict>,
    iterations: Vec<Step>,
}

/// The step for one attempt.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Step {
    /// Steps of their own for the attempts at this iteration; then nothing else is read here.
    pub(super) attempts: Vec<Self>,
    pub(super) ignore_signals: bool,
    pub(super) claim: bool,
    pub(super) say: String,
    pub(super) write: BTreeMap<String, String>,
    pub(super) append: BTreeMap<String, String>,
    pub(super) run: Commands,
    pub(super) close: bool,
    pub(super) turns: Vec<Turn>,
    pub(super) sleep_ms: u64,
    pub(super) status: Option<Value>,
    pub(super) cost_usd: f64,
    pub(super) rate_limit: Option<RateLimit>,
    pub(super) crash: Option<String>,
    pub(super) hang: bool,
    pub(super) exit: u8,
    /// The answers of gates after this iteration, by gate number.
    gates: BTreeMap<u32, GateVerdict>,
}

/// A model turn that uses so much, and calls a tool.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Turn {
    /// Its model, by which its cost is reckoned; none is free.
    pub(super) model: Option<String>,
    pub(super) input_tokens: u64,
    pub(super) output_tokens: u64,
    /// Whether a sub-agent takes it.
    pub(super) sub_agent: bool,
}

/// Ends like a quota that is used up.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RateLimit {
    /// Without it no reset is reported, as for throttling.
    pub(super) resets_in_s: Option<i64>,
}

/// Milliseconds between two events, unless the script sets `pause_ms`.
fn default_pause() -> u64 {
    20
}

impl Script {
    /// Reads a script; `name` is its file in messages.
    pub fn parse(name: &str, text: &str) -> Result<Self> {
        let script: Self =
            serde_yaml::from_str(text).map_err(|error| cannot_parse(name, &error))?;
        if script.iterations.is_empty() {
            return Err(
                Error::usage(format!("{name}: the script has no iterations"))
                    .hint("the first is for iteration 1, the last one for all that follow"),
            );
        }
        Ok(script)
    }

    /// Whether the script also answers for gates, so that no command and no judge is asked.
    pub fn answers_gates(&self) -> bool {
        !self.before.is_empty() || self.iterations.iter().any(|step| !step.gates.is_empty())
    }

    /// Returns the answer of a gate after an iteration; 0 is before the first.
    pub(super) fn verdict(&self, gate: u32, iteration: u32) -> Option<&GateVerdict> {
        if iteration == 0 {
            self.before.get(&gate)
        } else {
            nth_or_last(&self.iterations, iteration)?.gates.get(&gate)
        }
    }

    /// Returns the step for an attempt, both counted from one. The last one is for all that follow.
    pub(super) fn step(&self, iteration: u32, attempt: u32) -> Option<&Step> {
        let step = nth_or_last(&self.iterations, iteration)?;
        Some(nth_or_last(&step.attempts, attempt).unwrap_or(step))
    }

    pub(super) fn pause(&self) -> Duration {
        Duration::from_millis(self.pause_ms)
    }
}

/// Returns where a script cannot be read, what was found there and what was expected.
fn cannot_parse(name: &str, error: &serde_yaml::Error) -> Error {
    let mut what = error.to_string();
    let mut location = String::new();
    if let Some(found) = error.location() {
        let (line, column) = (found.line(), found.column());
        what = what.replace(&format!(" at line {line} column {column}"), "");
        location = format!(":{line}:{column}");
    }
    Error::usage(format!("{name}{location}: cannot read the script: {what}"))
        .hint("`ap explain test` shows the keys of a script")
}

fn nth_or_last(steps: &[Step], n: u32) -> Option<&Step> {
    steps
        .get(n.saturating_sub(1) as usize)
        .or_else(|| steps.last())
}
