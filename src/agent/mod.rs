//! How a provider is called and how its answer is read: argv and text, nothing is started here.
mod activity;
mod claude;
mod command;
mod environment;
mod event;
mod facts;
mod judge;
mod lines;
mod outcome;
mod scripted;
mod stream;
#[cfg(test)]
mod tests;

pub use activity::Activity;
pub use environment::is_nested;
pub use event::{Denial, RateLimit, Window};
pub use judge::{Case, judge_invocation, judge_prompt};
pub use outcome::outcome;
pub use stream::Transcript;

use crate::model::{Cursor, RunId, SessionName};
use crate::plan::{AgentSpec, Provider};
use camino::Utf8Path;
use serde::{Deserialize, Serialize};

/// Everything about one call that the plan does not know.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    pub cursor: Cursor,
    pub run: &'a RunId,
    pub session: &'a SessionName,
    /// Name of the loop, for `CLAUDE_PIPELINE_TYPE`.
    pub node_type: &'a str,
    /// Whether the agent will run as root.
    pub is_root: bool,
    /// `ap` itself.
    pub exe: &'a Utf8Path,
    pub project: &'a Utf8Path,
    /// The iteration's `context.json`.
    pub context: &'a Utf8Path,
    /// An existing folder outside `.claude/` for what the agent writes, where it may not write there.
    pub exchange: Option<&'a Utf8Path>,
}

/// A program, its arguments and what changes in its environment. The prompt comes on stdin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invocation {
    pub program: String,
    pub args: Vec<String>,
    pub set_env: Vec<(String, String)>,
    /// Names to remove; removed before `set_env` is applied.
    pub remove_env: Vec<String>,
}

/// Returns how to call the agent. `inherited` are the names in the environment it would inherit.
pub fn invocation<'e>(spec: &AgentSpec, call: &Call<'_>, inherited: impl Iterator<Item = &'e str>) -> Invocation {
    let inherited: Vec<&str> = inherited.collect();
    let (program, args, own) = match spec.provider {
        Provider::Claude => (spec.program.clone(), claude::args(spec, call), claude::environment(spec, call, &inherited)),
        Provider::Command => (spec.program.clone(), command::args(spec), Vec::new()),
        Provider::Scripted => (call.exe.to_string(), scripted::args(spec), Vec::new()),
    };
    let mut set_env = environment::set(call);
    set_env.extend(own);
    Invocation { program, args, set_env, remove_env: environment::remove(spec, &inherited) }
}

/// Returns the text to append to the prompt, or nothing: how to report where `status.json` cannot be written.
pub fn prompt_suffix(spec: &AgentSpec) -> &'static str {
    if reports_by_result(spec) { claude::REPORT_BY_RESULT } else { "" }
}

/// Whether the agent's status comes back as its structured result, because it may not write under `.claude/`.
pub fn reports_by_result(spec: &AgentSpec) -> bool {
    match spec.provider {
        Provider::Claude => !claude::bypasses(spec),
        Provider::Command | Provider::Scripted => false,
    }
}
