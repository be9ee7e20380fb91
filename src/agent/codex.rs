//! Codex CLI, headless: `codex exec --json`, the prompt on stdin.
//!
//! From `codex exec --help` of 0.169.0, and of openai/codex the event types in `codex-rs/exec/src/exec_events.rs` and the
//! words of errors in `codex-rs/protocol/src/error.rs`. Not run against the real program with an account. It exits 0 when
//! its turn completes, and 1 when it fails. It reports when a quota comes back only as a time of day without a zone, which
//! is not relied on. It does not report costs.
use super::adapter::{Adapter, READ_ONLY};
use super::context::InvocationContext;
use super::failure;
use super::model;
use super::options::AgentOptions;
use super::transcript::json::{list, nested, number, string};
use super::transcript::{Activity, Denial, OutputFormat, TranscriptState};
use crate::model::{PermissionMode, Usage};
use crate::text::{clean, first_line};
use serde_json::Value;

/// The values of `model_reasoning_effort`.
const EFFORTS: [&str; 6] = ["none", "minimal", "low", "medium", "high", "xhigh"];

/// The maximum number of files shown of one change.
const MAX_PATHS: usize = 8;

/// Returns the flags of a permission mode. `exec` never asks: what the sandbox does not allow fails.
fn permissions(mode: PermissionMode) -> &'static [&'static str] {
    match mode {
        PermissionMode::BypassPermissions => &["--dangerously-bypass-approvals-and-sandbox"],
        PermissionMode::AcceptEdits => &["--sandbox", "workspace-write"],
        PermissionMode::Auto => &["--approve-for-me"],
        // No flag: `config.toml` decides.
        PermissionMode::Default | PermissionMode::Ask => &[],
        PermissionMode::DontAsk | PermissionMode::Plan => &["--sandbox", "read-only"],
    }
}

/// The provider `codex`.
pub(super) struct Codex;

impl Adapter for Codex {
    fn name(&self) -> &str {
        "codex"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["openai"]
    }

    fn display_name(&self) -> &str {
        "Codex"
    }

    fn install_hint(&self) -> String {
        "install Codex (`npm install -g @openai/codex`), then run `codex login`".to_owned()
    }

    fn login_hint(&self) -> &'static str {
        "log in: run `codex login`"
    }

    fn refuses(&self, mode: PermissionMode) -> Option<&'static str> {
        match mode {
            PermissionMode::BypassPermissions
            | PermissionMode::Default
            | PermissionMode::AcceptEdits
            | PermissionMode::Ask
            | PermissionMode::Auto => None,
            PermissionMode::Plan => Some(READ_ONLY),
            PermissionMode::DontAsk => Some(
                "Codex has no list of what is allowed; `acceptEdits` runs it in its sandbox and never asks",
            ),
        }
    }

    fn efforts(&self) -> &'static [&'static str] {
        &EFFORTS
    }

    fn unknown_effort<'m>(&self, model: &'m str) -> Option<&'m str> {
        model::unknown_effort(model, self.efforts())
    }

    fn args(&self, options: &AgentOptions<'_>, _: &InvocationContext<'_>) -> Vec<String> {
        let (name, effort) = model::split(options.model, &EFFORTS);
        // Without the flag Codex refuses to work outside a git repository, unlike other providers.
        let fixed = [
            "exec",
            "--json",
            "--color",
            "never",
            "--skip-git-repo-check",
        ];
        let permissions = permissions(options.permissions).iter();
        let mut chosen: Vec<String> = permissions.map(|&flag| flag.to_owned()).collect();
        chosen.extend(model::flag("--model", name));
        if let Some(effort) = effort {
            let setting = format!("model_reasoning_effort=\"{effort}\"");
            chosen.extend(model::flag("-c", &setting));
        }
        let mut args = options.arguments(&fixed, chosen);
        args.push("-".to_owned());
        args
    }

    fn address_variable(&self) -> Option<&'static str> {
        Some("OPENAI_BASE_URL")
    }

    fn output_format(&self) -> OutputFormat {
        OutputFormat::Events {
            read,
            ends_with_result: false,
        }
    }
}

fn read(state: &mut TranscriptState, kind: &str, event: &Value, shown: &mut Vec<Activity>) {
    let item = nested(event, "item");
    match kind {
        "item.started" => item_started(item, shown),
        "item.completed" => item_completed(state, item, shown),
        "turn.completed" => {
            state.add_usage(usage(nested(event, "usage")));
            state.succeed(shown);
        }
        "turn.failed" => {
            let message = string(nested(event, "error"), "message");
            state.fail(failure::kind(None, &message), &message, shown);
        }
        // The turn may continue after this: a lost connection is retried, and then the turn completes.
        "error" => {
            let message = string(event, "message");
            state.soft_error(failure::kind(None, &message), &message);
            shown.push(Activity::notice(&message));
        }
        "thread.started" | "turn.started" | "item.updated" | "item.plan.delta" => {}
        other => shown.push(Activity::unknown(other)),
    }
}

fn item_started(item: &Value, shown: &mut Vec<Activity>) {
    let text = |key: &str| string(item, key);
    match text("type").as_str() {
        "command_execution" => shown.push(Activity::tool("shell", &text("command"))),
        "mcp_tool_call" => {
            let name = format!("{}.{}", text("server"), text("tool"));
            shown.push(Activity::tool(&name, ""));
        }
        "collab_tool_call" => shown.push(Activity::tool(&text("tool"), &text("prompt"))),
        _ => {}
    }
}

fn item_completed(state: &mut TranscriptState, item: &Value, shown: &mut Vec<Activity>) {
    let text = |key: &str| string(item, key);
    match (text("type").as_str(), text("status").as_str()) {
        ("agent_message", _) => state.push_text(text("text"), shown),
        ("command_execution", "declined") => declined(state, item, shown),
        ("command_execution", "failed") => shown.push(Activity::ToolFailed {
            message: command_error(item),
        }),
        ("file_change", "failed") => shown.push(Activity::ToolFailed {
            message: clean(&format!("edit {}", changed_paths(item))),
        }),
        ("file_change", _) => shown.push(Activity::tool("edit", &changed_paths(item))),
        ("mcp_tool_call", "failed") => {
            let message = string(nested(item, "error"), "message");
            shown.push(Activity::tool_failed(&message));
        }
        ("web_search", _) => shown.push(Activity::tool("web search", &text("query"))),
        ("error", _) => shown.push(Activity::notice(&text("message"))),
        _ => {}
    }
}

fn declined(state: &mut TranscriptState, item: &Value, shown: &mut Vec<Activity>) {
    let about = clean(&string(item, "command"));
    shown.push(Activity::Denied {
        tool: "shell".to_owned(),
        message: about.clone(),
    });
    state.remember(Denial {
        tool: "shell".to_owned(),
        about,
        id: string(item, "id"),
    });
}

fn command_error(item: &Value) -> String {
    let output = first_line(&string(item, "aggregated_output"));
    match item.get("exit_code").and_then(Value::as_i64) {
        Some(code) => format!("exit code {code}: {output}"),
        None => output,
    }
}

fn changed_paths(item: &Value) -> String {
    let paths: Vec<String> = list(item, "changes")
        .take(MAX_PATHS)
        .map(|change| string(change, "path"))
        .collect();
    paths.join(", ")
}

/// Reads the usage of a turn. Codex counts cached tokens as input, `ap` does not.
fn usage(usage: &Value) -> Usage {
    let cached = number(usage, "cached_input_tokens");
    Usage {
        input_tokens: number(usage, "input_tokens").saturating_sub(cached),
        cache_read_tokens: cached,
        output_tokens: number(usage, "output_tokens"),
        turns: 1,
        ..Usage::default()
    }
}
