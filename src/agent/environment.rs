//! The variables an agent gets from `ap`, and those it must not inherit.
use super::context::InvocationContext;
use super::spec::AgentSpec;
use crate::model::env_tag;

/// Variables that mark the programs inside a Claude session.
///
/// A deny-list on purpose: what the user sets to configure Claude Code (`CLAUDE_CONFIG_DIR`,
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

/// Prefixes of such variables; new versions add members.
const NESTED_FAMILIES: [&str; 5] = [
    "CLAUDE_PIPELINE_",
    "CLAUDE_PLUGIN_",
    "CLAUDE_CODE_REMOTE_",
    "CLAUDE_CODE_SESSION_",
    "CLAUDE_CODE_TEAM_",
];

const API_KEY: &str = "ANTHROPIC_API_KEY";
const AUTH_TOKEN: &str = "ANTHROPIC_AUTH_TOKEN";
/// The variable that sets where Claude Code sends its requests, together with its credentials.
const ADDRESS: &str = "ANTHROPIC_BASE_URL";
/// A login that the user put into the environment.
const LOGIN: &str = "CLAUDE_CODE_OAUTH_TOKEN";

/// Whether the variable belongs to the Claude session `ap` runs in rather than to its user.
fn is_nested(name: &str) -> bool {
    NESTED.contains(&name)
        || NESTED_FAMILIES
            .iter()
            .any(|family| name.starts_with(family))
}

/// Returns the keys that would bill an account the user did not choose instead of the subscription they signed in with.
///
/// A key set together with an address belongs to that address and stays with it: without the key, the user's own login
/// would be sent there.
pub fn stray_keys(inherited: &[&str]) -> &'static [&'static str] {
    let is_set = |name| inherited.contains(&name);
    match (is_set(ADDRESS), is_set(AUTH_TOKEN), is_set(LOGIN)) {
        (false, _, _) => &[API_KEY, AUTH_TOKEN],
        (true, false, true) => &[API_KEY],
        (true, _, _) => &[],
    }
}

/// Returns the inherited variables that agents get only where a definition keeps the environment.
pub fn not_for_agents<'e>(inherited: &[&'e str]) -> Vec<&'e str> {
    let keys = stray_keys(inherited);
    let is_foreign = |name: &&str| is_nested(name) || keys.contains(name);
    inherited.iter().copied().filter(is_foreign).collect()
}

/// Returns the inherited variables to remove; most of them only unless the definition keeps the environment.
pub(super) fn remove(spec: &AgentSpec, inherited: &[&str]) -> Vec<String> {
    let forbidden = spec.adapter().forbidden_variables(&spec.options());
    let foreign = not_for_agents(inherited);
    let is_removed =
        |name: &&&str| forbidden.contains(name) || (!spec.keep_env && foreign.contains(name));
    inherited
        .iter()
        .filter(is_removed)
        .map(|name| (*name).to_owned())
        .collect()
}

/// Returns the variables that every agent gets, whatever its provider.
pub(super) fn set(context: &InvocationContext<'_>) -> Vec<(String, String)> {
    [
        ("CLAUDE_PIPELINE_AGENT", "1".to_owned()),
        ("CLAUDE_PIPELINE_SESSION", context.session.to_string()),
        ("CLAUDE_PIPELINE_TYPE", context.node_type.to_owned()),
        ("AP_PROJECT", context.project.to_string()),
        ("AP_CONTEXT", context.context.to_string()),
        (env_tag::RUN, context.run.to_string()),
        (
            env_tag::ATTEMPT,
            env_tag::attempt(context.run, context.cursor),
        ),
        ("AP_EXE", context.exe.to_string()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .to_vec()
}
