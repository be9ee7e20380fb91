//! How a provider is called and how its answer is read: argv and text, nothing is started here.
mod activity;
mod amp;
mod claude;
mod codex;
mod command;
mod copilot;
mod environment;
mod event;
mod facts;
mod failure;
mod gemini;
mod judge;
mod lines;
mod model;
mod opencode;
mod outcome;
mod scripted;
mod stream;
#[cfg(test)]
mod tests;
mod told;

pub use activity::Activity;
pub use environment::is_nested;
pub use event::{Denial, RateLimit, Window};
pub use judge::{JudgeInput, judge_invocation, judge_prompt};
pub use outcome::outcome;
pub use stream::Transcript;

use crate::model::{Cursor, RunId, SessionName};
use crate::plan::{AgentSpec, Output, PromptDelivery, Provider};
use camino::Utf8Path;
use serde::{Deserialize, Serialize};

/// Everything about one call that the plan does not know.
#[derive(Clone, Copy, Debug)]
pub struct InvocationContext<'a> {
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
    /// The whole prompt, and the file that holds it.
    pub prompt: &'a str,
    pub prompt_file: &'a Utf8Path,
}

/// A program, its arguments and what changes in its environment. The prompt comes as [`prompt_delivery`] says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invocation {
    pub program: String,
    pub args: Vec<String>,
    pub set_env: Vec<(String, String)>,
    /// Names to remove; removed before `set_env` is applied.
    pub remove_env: Vec<String>,
}

/// Returns how to call the agent. `inherited` are the names in the environment it would inherit.
pub fn invocation<'e>(
    spec: &AgentSpec,
    call: &InvocationContext<'_>,
    inherited: impl Iterator<Item = &'e str>,
) -> Invocation {
    let inherited: Vec<&str> = inherited.collect();
    let program = if spec.provider == Provider::Scripted {
        call.exe.to_string()
    } else {
        spec.program.clone()
    };
    let (args, own) = match spec.provider {
        Provider::Claude => (
            claude::args(spec, call),
            claude::environment(spec, call, &inherited),
        ),
        Provider::Codex => (codex::args(spec), Vec::new()),
        Provider::Gemini => (gemini::args(spec), Vec::new()),
        Provider::Opencode => (opencode::args(spec), opencode::environment()),
        Provider::Amp => (amp::args(spec), Vec::new()),
        Provider::Copilot => (copilot::args(spec), Vec::new()),
        Provider::Command => (command::args(spec, call), Vec::new()),
        Provider::Scripted => (scripted::args(spec), Vec::new()),
    };
    let mut set_env = environment::set(call);
    set_env.extend(own);
    Invocation {
        program,
        args,
        set_env,
        remove_env: environment::remove(spec, &inherited),
    }
}

/// Says how the agent gets its prompt; of the programs that are built in, all take it on stdin.
pub fn prompt_delivery(spec: &AgentSpec) -> PromptDelivery {
    spec.declared
        .as_ref()
        .map_or(PromptDelivery::Stdin, |declared| declared.prompt)
}

/// Returns the provider whose language the agent speaks, for [`Transcript::new`].
pub fn output_format(spec: &AgentSpec) -> Provider {
    match spec.declared.as_ref().map(|declared| declared.output) {
        Some(Output::StreamJson) => Provider::Claude,
        Some(Output::Plain) | None => spec.provider,
    }
}

/// Says how to get a provider's program.
pub fn install_hint(spec: &AgentSpec) -> String {
    if let Some(declared) = spec
        .declared
        .as_ref()
        .filter(|declared| !declared.install.is_empty())
    {
        return format!("install it: {}", declared.install);
    }
    match spec.provider {
        Provider::Claude => claude::INSTALL,
        Provider::Codex => codex::INSTALL,
        Provider::Gemini => gemini::INSTALL,
        Provider::Opencode => opencode::INSTALL,
        Provider::Amp => amp::INSTALL,
        Provider::Copilot => copilot::INSTALL,
        Provider::Command => "check that the program exists, is executable, and is on PATH where the session runs",
        Provider::Scripted => "the scripted agent is `ap` itself: check that it was not moved or removed while the session ran",
    }
    .to_owned()
}

/// Says how to let a provider's program in.
fn login_hint(spec: &AgentSpec) -> &'static str {
    match spec.provider {
        Provider::Claude | Provider::Scripted => claude::LOGIN,
        Provider::Codex => codex::LOGIN,
        Provider::Gemini => gemini::LOGIN,
        Provider::Opencode => opencode::LOGIN,
        Provider::Amp => amp::LOGIN,
        Provider::Copilot => copilot::LOGIN,
        Provider::Command => "log in to the program the agent is",
    }
}

/// Whether the last event of the provider's output is of the type `result`: what comes after it is bounded.
pub fn ends_with_result(spec: &AgentSpec) -> bool {
    match output_format(spec) {
        Provider::Claude
        | Provider::Scripted
        | Provider::Amp
        | Provider::Gemini
        | Provider::Copilot => true,
        Provider::Codex | Provider::Opencode | Provider::Command => false,
    }
}

/// Returns the text to append to the prompt, or nothing: how to report where `status.json` cannot be written.
pub fn prompt_suffix(spec: &AgentSpec) -> &'static str {
    if reports_by_result(spec) {
        claude::REPORT_BY_RESULT
    } else {
        ""
    }
}

/// Whether the agent's status comes back as its structured result, because it may not write under `.claude/`.
pub fn reports_by_result(spec: &AgentSpec) -> bool {
    match spec.provider {
        Provider::Claude => !claude::bypasses(spec),
        Provider::Codex
        | Provider::Gemini
        | Provider::Opencode
        | Provider::Amp
        | Provider::Copilot
        | Provider::Command
        | Provider::Scripted => false,
    }
}
