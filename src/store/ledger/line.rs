//! A line of the ledger: what one attempt, or one answer of a judge, cost.
use crate::model::{AccountKind, Cursor, Event, NodeId, RunId, SessionName, Usage};
use crate::plan::Plan;
use camino::{Utf8Path, Utf8PathBuf};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A line of `spent.jsonl`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpentLine {
    pub run: RunId,
    /// The fact's number in the journal of the run, or of its branch.
    pub number: u64,
    /// `<step>/<name>` of a branch.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub branch: String,
    pub at: Timestamp,
    pub usd: f64,
    pub kind: SpentKind,
    pub project: Utf8PathBuf,
    pub session: SessionName,
    pub node: NodeId,
    pub iteration: u32,
    pub attempt: u32,
    pub input: u64,
    pub output: u64,
    pub cache_read: u64,
    pub cache_write: u64,
    pub turns: u64,
    /// What was reckoned from its turns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reckoned_usd: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountKind>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub key_source: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub models: BTreeMap<String, Usage>,
}

/// What spent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpentKind {
    Attempt,
    Judge,
}

/// Returns the branch of a plan, as the ledger names it; empty for a session.
pub fn branch_key(plan: &Plan) -> String {
    let branch = plan.branch.as_ref();
    branch.map_or_else(String::new, |it| format!("{}/{}", it.step, it.name))
}

impl SpentLine {
    /// Returns the line of a fact; none for one that costs nothing. `last` is the last attempt up to it, which a judge
    /// judges.
    pub fn new(
        plan: &Plan,
        project: &Utf8Path,
        (number, at): (u64, Timestamp),
        event: &Event,
        last: Cursor,
    ) -> Option<Self> {
        let (kind, usage, cursor) = match event {
            Event::AgentExited(attempt) => (SpentKind::Attempt, attempt.usage, attempt.cursor),
            Event::GateAnswered { usage, .. } => (SpentKind::Judge, *usage, last),
            _ => return None,
        };
        if usage == Usage::default() {
            return None;
        }
        let node = plan.step(cursor.node)?.id().clone();
        let mut line = Self {
            run: plan.run.clone(),
            number,
            branch: branch_key(plan),
            at,
            usd: usage.cost_usd,
            kind,
            project: project.to_owned(),
            session: plan.session.clone(),
            node,
            iteration: cursor.iteration,
            attempt: cursor.attempt,
            input: usage.input_tokens,
            output: usage.output_tokens,
            cache_read: usage.cache_read_tokens,
            cache_write: usage.cache_write_tokens,
            turns: usage.turns,
            reckoned_usd: None,
            account: None,
            key_source: String::new(),
            models: BTreeMap::new(),
        };
        if let Event::AgentExited(attempt) = event
            && let Some(cost) = attempt.cost.as_deref()
        {
            line.reckoned_usd = Some(cost.reckoned.cost_usd);
            line.account = cost.account;
            line.key_source.clone_from(&cost.key_source);
            line.models.clone_from(&cost.models);
        }
        Some(line)
    }
}
