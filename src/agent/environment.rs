//! What an agent finds in its environment, and what it must not.
use super::{InvocationContext, copilot};
use crate::model::env_tag;
use crate::plan::{AgentSpec, Provider};

/// Variables by which one Claude session tells the programs inside it that they are inside it.
///
/// A deny-list on purpose: what a person sets to configure Claude Code (`CLAUDE_CONFIG_DIR`,
/// `CLAUDE_CODE_OAUTH_TOKEN`, `CLAUDE_CODE_USE_BEDROCK`, `CLAUDE_CODE_MAX_RETRIES`, time limits, proxies) must
/// keep working, and new ones appear with every release.
const NESTED: [&str; 17] = [
    "CLAUDECODE",
    "CLAUDE_PID",
    "CLAUDE_EFFORT",
    "CLAUDE_ENV_FILE",
    "CLAUDE_JOB_DIR",
    "CLAUDE_PROJECT_DIR",
    "CLAUDE_SESSION_ID",
    "CLAUDE_SKILL_DIR",
    "CLAUDE_AGENT_SDK_VERSION",
    "CLAUDE_CODE_ACTION",
    "CLAUDE_CODE_CHILD_SESSION",
    "CLAUDE_CODE_ENTRYPOINT",
    "CLAUDE_CODE_EXECPATH",
    "CLAUDE_CODE_SESSION_ID",
    "CLAUDE_CODE_SIMPLE",
    "CLAUDE_CODE_SAFE_MODE",
    "CLAUDE_CODE_SSE_PORT",
];

/// Beginnings of families of such variables; new members follow with new versions.
const NESTED_FAMILIES: [&str; 5] = [
    "CLAUDE_PIPELINE_",
    "CLAUDE_PLUGIN_",
    "CLAUDE_CODE_REMOTE_",
    "CLAUDE_CODE_SESSION_",
    "CLAUDE_CODE_TEAM_",
];

/// Keys that would move the bill from the subscription a person signed in with to an account they did not choose.
const KEYS: [&str; 2] = ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"];

/// Whether the variable belongs to the Claude session around us rather than to its user.
pub fn is_nested(name: &str) -> bool {
    NESTED.contains(&name)
        || NESTED_FAMILIES
            .iter()
            .any(|family| name.starts_with(family))
}

/// Returns the inherited variables an agent does not get; most of them only unless its loop keeps the environment.
pub(super) fn remove(spec: &AgentSpec, inherited: &[&str]) -> Vec<String> {
    let widening = if spec.provider == Provider::Copilot {
        copilot::widening(spec)
    } else {
        &[]
    };
    let foreign = |name: &str| !spec.keep_env && (is_nested(name) || KEYS.contains(&name));
    inherited
        .iter()
        .filter(|name| foreign(name) || widening.contains(name))
        .map(|name| (*name).to_owned())
        .collect()
}

/// Returns what every agent is told, whatever its provider.
pub(super) fn set(call: &InvocationContext<'_>) -> Vec<(String, String)> {
    [
        ("CLAUDE_PIPELINE_AGENT", "1".to_owned()),
        ("CLAUDE_PIPELINE_SESSION", call.session.to_string()),
        ("CLAUDE_PIPELINE_TYPE", call.node_type.to_owned()),
        ("AP_PROJECT", call.project.to_string()),
        ("AP_CONTEXT", call.context.to_string()),
        (env_tag::RUN, call.run.to_string()),
        (env_tag::ATTEMPT, env_tag::attempt(call.run, call.cursor)),
        ("AP_EXE", call.exe.to_string()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .to_vec()
}
