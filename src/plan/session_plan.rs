//! The plan of a session as a whole.
use super::branch_plan::BranchContext;
use super::budgets::Budgets;
use super::confirm::Confirm;
use super::hook::Hook;
use super::provenance::SettingOrigin;
use super::quota_policy::QuotaLimits;
use super::step::Step;
use crate::model::{RunId, SessionName};
use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

/// `plan.json`: everything a session does, frozen at its start. Nothing is looked up again later.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Version of the format.
    pub version: u32,
    pub session: SessionName,
    pub run: RunId,
    /// Name of the loop or pipeline.
    pub name: String,
    pub kind: PlanKind,
    /// The command line that starts it, without flags: `ap work auth 25`. Shown in "how to resume".
    pub command: String,
    /// Where the definition came from, with the hash of its text, to detect later changes.
    pub source: Source,
    /// In the order they run; never empty.
    pub steps: Vec<Step>,
    /// How often all steps run, in order, one run after the other; at least 1.
    #[serde(default = "once")]
    pub runs: u32,
    /// Absolute paths given with `--input`.
    pub inputs: Vec<Utf8PathBuf>,
    pub guardrails: Guardrails,
    /// What the definition takes away from the user's policy for the quota.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quota: Option<QuotaLimits>,
    /// Where the pipeline asks you between its steps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirm: Option<Confirm>,
    /// What runs at its events: the user's hooks, then the pipeline's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hooks: Vec<Hook>,
    /// Where each setting came from: first flags and the environment, then what the definitions set, node by node.
    #[serde(default)]
    pub provenance: Vec<SettingOrigin>,
    /// The parallel block of which this is the plan of a branch, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<BranchContext>,
    /// The folder of the fixture to be made of the session once it has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<Utf8PathBuf>,
}

impl Plan {
    /// The format this program writes.
    pub const VERSION: u32 = 1;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum PlanKind {
    Loop,
    Pipeline,
}

impl PlanKind {
    /// Returns the kind's name in messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Loop => "loop",
            Self::Pipeline => "pipeline",
        }
    }
}

/// Where a definition was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    pub origin: Origin,
    /// The file, or `builtin:<path>`.
    pub path: String,
    /// FNV-1a of the definition's texts, in hexadecimal.
    pub hash: String,
}

/// In lookup order: the first one wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Named by its path.
    File,
    Project,
    User,
    BuiltIn,
}

/// Bounds of the whole session; 0 is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Guardrails {
    pub max_runtime_seconds: u64,
    pub max_cost_usd: f64,
    /// Input, output and cache writes of all agents.
    #[serde(default, skip_serializing_if = "is_none")]
    pub max_tokens: u64,
    /// What the definition lets all sessions of the user spend; the user's own settings may say less.
    #[serde(default, skip_serializing_if = "Budgets::is_empty")]
    pub budgets: Budgets,
    /// Error iterations in a row that end the session.
    pub max_consecutive_errors: u32,
    /// Iterations in a row that change nothing and end the session.
    #[serde(default)]
    pub max_idle_iterations: u32,
    /// Whether the definition sets the idle limit: only then does it apply to `fixed` nodes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub idle_limit_explicit: bool,
    /// Agents that may run at a time, in the branches of parallel blocks.
    #[serde(default)]
    pub max_agents: u32,
    /// Seconds of nothing but outages that end the session.
    #[serde(default)]
    pub max_outage_s: u64,
    /// Seconds of nothing but waits without a told end that end the session.
    #[serde(default)]
    pub max_wait_s: u64,
    /// Failures in a row of the same kind that end the session.
    #[serde(default)]
    pub max_same_failures: u32,
    /// Shortens the waits after failures, in tests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait_factor: Option<f64>,
    /// What follows when an agent changes files of sessions.
    #[serde(default)]
    pub on_tampering: OnTampering,
}

/// What follows when an agent changes a plan, a gate's file, or the files of another session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum OnTampering {
    /// It is recorded and shown.
    Note,
    /// The session pauses until you continue it.
    #[default]
    Hold,
    /// The session fails.
    Fail,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_none(limit: &u64) -> bool {
    *limit == 0
}

fn once() -> u32 {
    1
}
