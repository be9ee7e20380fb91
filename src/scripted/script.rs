//! A script as written.
use crate::error::{Error, Result};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

/// What the agent does, iteration by iteration.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Script {
    #[serde(default = "twenty")]
    pause_ms: u64,
    iterations: Vec<Step>,
}

/// What it does in one attempt.
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
    pub(super) sleep_ms: u64,
    pub(super) status: Option<Value>,
    pub(super) cost_usd: f64,
    pub(super) rate_limit: Option<RateLimit>,
    pub(super) crash: Option<String>,
    pub(super) hang: bool,
    pub(super) exit: u8,
}

/// Ends like a quota that is used up.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RateLimit {
    /// Without it, like throttling: nothing is said about a reset.
    pub(super) resets_in_s: Option<i64>,
}

/// One command or several, each a list of words; no shell reads them.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Commands {
    One(Vec<String>),
    Many(Vec<Vec<String>>),
}

impl Default for Commands {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl Commands {
    /// Returns the commands in order, without empty ones.
    pub(super) fn all(&self) -> Vec<&[String]> {
        let all: Vec<&[String]> = match self {
            Self::One(words) => vec![words],
            Self::Many(commands) => commands.iter().map(Vec::as_slice).collect(),
        };
        all.into_iter().filter(|words| !words.is_empty()).collect()
    }
}

fn twenty() -> u64 {
    20
}

impl Script {
    /// Reads a script; `name` is for the message that says what is wrong with it.
    pub(super) fn parse(name: &str, text: &str) -> Result<Self> {
        serde_yaml::from_str(text).map_err(|error| Error::usage(format!("{name} is not a script for the scripted agent: {error}")))
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

fn nth_or_last(steps: &[Step], n: u32) -> Option<&Step> {
    steps.get(n.saturating_sub(1) as usize).or_else(|| steps.last())
}
