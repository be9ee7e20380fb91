//! `termination:` of a loop or node.
use super::duration::Span;
#[cfg(feature = "schemas")]
use crate::termination::TerminationKind;
use serde::Deserialize;

/// When a node ends. Flat, so that a mistake is reported where it is written.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct TerminationDef {
    /// `fixed`, `judgment`, `queue`, `verify`, `command`, `promise` or `judge`.
    #[cfg_attr(feature = "schemas", schemars(extend("examples" = TerminationKind::NAMES)))]
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Judgment, judge: it does not end before this iteration.
    pub min_iterations: Option<u32>,
    /// Judgment: how many agents in a row must vote to stop.
    pub consensus: Option<u32>,
    /// Fixed: how many.
    pub iterations: Option<u32>,
    /// At most this many iterations.
    pub max: Option<u32>,
    /// Queue: what a queue without any task, open or closed, means: `fail` (the default) or `done`.
    #[cfg_attr(feature = "schemas", schemars(extend("enum" = ["fail", "done", null])))]
    pub empty: Option<String>,
    /// Promise: the text in `<promise>…</promise>`.
    pub text: Option<String>,
    /// Verify, command: a program with its arguments, or a line for `sh`.
    pub command: Option<CommandDef>,
    /// Verify, command: how long it may take.
    pub timeout: Option<Span>,
    /// Verify: from 0 to 1, the score below which the work is not done.
    pub threshold: Option<f64>,
    /// Verify: paths in the project, of which the first that exists is the PRD: while one of its boxes is open, the work
    /// is not done.
    pub prd: Option<Vec<String>>,
    /// Verify: whether the work is not done while a task of the queue is open.
    pub tasks_closed: Option<bool>,
    /// Judge, or judgment with a judge: the agent that judges.
    pub judge: Option<JudgeDef>,
    /// Judge: the criteria by which the work is done.
    pub criteria: Option<String>,
    /// Judge: from 0 to 1, below which a stop does not count.
    pub confidence: Option<f64>,
    /// Done when one of these is.
    pub any: Option<Vec<Self>>,
    /// Done when all of these are.
    pub all: Option<Vec<Self>>,
}

impl TerminationDef {
    /// Whether it, or one of its parts, names the agent that judges.
    pub fn names_judge(&self) -> bool {
        let named = self.judge.as_ref().is_some_and(|judge| {
            judge.provider.is_some() || judge.program.is_some() || judge.model.is_some()
        });
        named
            || self
                .any
                .iter()
                .chain(&self.all)
                .flatten()
                .any(Self::names_judge)
    }
}

/// Who judges: an agent that does no work itself.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct JudgeDef {
    /// The kind of agent.
    pub provider: Option<String>,
    /// The agent's program, if not the provider's own.
    pub program: Option<String>,
    /// The model; a cheap one by default.
    pub model: Option<String>,
}

/// A command: a list of words, or one line that a shell reads.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(untagged, expecting = "a list of words, or one line for `sh`")]
pub enum CommandDef {
    /// Program and arguments.
    Words(Vec<String>),
    /// A line for `sh -c`.
    Line(String),
}

impl CommandDef {
    /// Returns program and arguments.
    pub fn words(&self) -> Vec<String> {
        match self {
            Self::Words(words) => words.clone(),
            Self::Line(line) if line.trim().is_empty() => Vec::new(),
            Self::Line(line) => ["sh", "-c", line].map(str::to_owned).into(),
        }
    }
}
