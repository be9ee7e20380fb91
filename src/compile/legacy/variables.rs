//! Environment variables of the older agent-pipelines that have no effect here, and what replaces them.

/// A variable without effect.
#[derive(Clone, Copy, Debug)]
pub struct LegacyVariable {
    /// As it is written in the environment.
    pub name: &'static str,
    /// What does its work here, or why nothing does.
    pub instead: &'static str,
}

const MODEL: &str = "set `model` in the definition, or `--model`";
const BOUNDS: &str = "`limits` of a loop bound every attempt of every agent: `wall`, `start`, `idle`, `tool`, `after_tool`, `after_result`, `prompt`, `permission`";
const SCRIPTED: &str = "`--provider scripted` runs without an account";

/// Names specific to agent-pipelines.
const VARIABLES: [(&str, &str); 16] = [
    ("CODEX_MODEL", MODEL),
    ("CODEX_REASONING_EFFORT", MODEL),
    ("CODEX_TIMEOUT", BOUNDS),
    ("CODEX_WATCHDOG", BOUNDS),
    ("CODEX_POLL_INTERVAL", BOUNDS),
    ("CODEX_GRACE_PERIOD", BOUNDS),
    (
        "JUDGE_PROMPT_PATH",
        "a judge decides by `criteria` of its termination",
    ),
    ("PLATEAU_TEST_MODE", SCRIPTED),
    ("MOCK_MODE", SCRIPTED),
    ("MOCK_FIXTURES_DIR", SCRIPTED),
    (
        "PIPELINE_RUN_ROOT",
        "runs are stored in the project; `AP_PROJECT` names another one",
    ),
    (
        "PIPELINE_TMUX_REQUIRED",
        "sessions run in tmux unless `--foreground` is given",
    ),
    (
        "BEADS_LABEL_PREFIX",
        "give the whole label with `--label`, or `label` of the loop's `queue`",
    ),
    (
        "FILE_LOCK_TIMEOUT",
        "the kernel holds our locks, and releases those of a dead process",
    ),
    (
        "AGENT_PIPELINES_LEGACY",
        "every session has its journal, `events.jsonl`",
    ),
    ("DEBUG_PARALLEL", "`AP_LOG=debug` tells what ap does"),
];

/// Returns the variables of the older program that are set and have no effect; an empty one is not set.
pub fn legacy_variables(variable: &impl Fn(&str) -> Option<String>) -> Vec<LegacyVariable> {
    let set = |name| variable(name).is_some_and(|value| !value.is_empty());
    VARIABLES
        .into_iter()
        .filter(|(name, _)| set(name))
        .map(|(name, instead)| LegacyVariable { name, instead })
        .collect()
}
