//! What a session and the branches of its parallel block tell each other.
use super::attempt_cost::AccountKind;
use super::ending::Ending;
use super::id::NodeId;
use super::limit::Limit;
use super::question::{AllowedCall, Answer, Question};
use super::said::Said;
use super::stop::Stop;
use super::usage::Usage;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The progress of a branch, as it reports it to its session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BranchReport {
    /// The last line of the branch's journal that the report covers.
    pub seq: u64,
    /// Iterations that are over.
    pub iterations: u32,
    /// What its agents have used so far.
    pub usage: Usage,
    /// What it asks you.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub question: Option<Question>,
    /// Once it has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ending: Option<Ending>,
    /// Who pays for its agents, as far as it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountKind>,
    /// An account that would bill you, for which it paused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing: Option<AccountKind>,
}

/// What a session asks of its branches.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Orders {
    /// End now.
    pub stop: Option<Stop>,
    /// End as soon as no agent runs; why.
    pub drain: Option<Limit>,
    /// Pause as soon as no agent runs.
    pub pause: bool,
    /// Who pays, as the session has accepted it.
    pub account: Option<AccountKind>,
    /// Your answers to their questions, by branch.
    pub answers: BTreeMap<NodeId, Answer>,
    /// What you said to their agents.
    pub said: Vec<Said>,
    /// The calls that you allowed for the rest of the session.
    pub allowed: BTreeSet<AllowedCall>,
}
