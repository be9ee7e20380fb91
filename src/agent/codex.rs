//! Codex CLI, headless: `codex exec --json`, the prompt on stdin.
//!
//! From `codex exec --help` of 0.169.0, and of openai/codex the event types in `codex-rs/exec/src/exec_events.rs` and the
//! words of errors in `codex-rs/protocol/src/error.rs`. Not run against the real program with an account. It exits 0 when
//! its turn completes, and 1 when it fails. It tells when a quota comes back only as a time of day without a zone, which
//! is not relied on. Costs are not told.
use super::event::{Denial, number, string};
use super::facts::TranscriptState;
use super::{Activity, failure, model};
use crate::model::{PermissionMode, Usage};
use crate::plan::AgentSpec;
use crate::text::{clean, first_line};
use serde_json::Value;

pub(super) const INSTALL: &str =
    "install Codex (`npm install -g @openai/codex`), then run `codex login`";
pub(super) const LOGIN: &str = "log in: run `codex login`";

/// The values of `model_reasoning_effort`.
const EFFORTS: [&str; 6] = ["none", "minimal", "low", "medium", "high", "xhigh"];

pub(super) fn args(spec: &AgentSpec) -> Vec<String> {
    let (name, effort) = model::split(&spec.model, &EFFORTS);
    // It refuses to work outside a git repository otherwise; other providers do not mind.
    let mut args: Vec<String> = [
        "exec",
        "--json",
        "--color",
        "never",
        "--skip-git-repo-check",
    ]
    .map(str::to_owned)
    .into();
    args.extend(
        permissions(spec.permissions)
            .iter()
            .map(|&flag| flag.to_owned()),
    );
    args.extend(model::flag("--model", name));
    args.extend(effort.into_iter().flat_map(|effort| {
        [
            "-c".to_owned(),
            format!("model_reasoning_effort=\"{effort}\""),
        ]
    }));
    args.extend(spec.args.iter().cloned());
    args.push("-".to_owned());
    args
}

/// `exec` never asks: what the sandbox does not allow fails.
fn permissions(mode: PermissionMode) -> &'static [&'static str] {
    match mode {
        PermissionMode::BypassPermissions => &["--dangerously-bypass-approvals-and-sandbox"],
        PermissionMode::AcceptEdits => &["--sandbox", "workspace-write"],
        PermissionMode::Auto => &["--approve-for-me"],
        // What `config.toml` says.
        PermissionMode::Default => &[],
        PermissionMode::DontAsk | PermissionMode::Plan => &["--sandbox", "read-only"],
    }
}

pub(super) fn read(
    facts: &mut TranscriptState,
    kind: &str,
    event: &Value,
    shown: &mut Vec<Activity>,
) {
    let none = Value::Null;
    let item = event.get("item").unwrap_or(&none);
    match kind {
        "item.started" => begun(item, shown),
        "item.completed" => ended(facts, item, shown),
        "turn.completed" => {
            facts.used(event.get("usage").map(usage).unwrap_or_default());
            facts.succeeded(shown);
        }
        "turn.failed" => {
            let message = event
                .get("error")
                .map(|error| string(error, "message"))
                .unwrap_or_default();
            facts.failed(failure::kind(None, &message), &message, shown);
        }
        // It may go on after this: a lost connection is tried again. Then the turn completes.
        "error" => {
            let message = string(event, "message");
            facts.soft_error(failure::kind(None, &message), &message);
            shown.push(Activity::Notice {
                text: clean(&message),
            });
        }
        "thread.started" | "turn.started" | "item.updated" | "item.plan.delta" => {}
        other => shown.push(Activity::Raw {
            text: format!("[{}]", clean(other)),
        }),
    }
}

fn begun(item: &Value, shown: &mut Vec<Activity>) {
    let tool = |name: String, about: String| Activity::Tool {
        name: clean(&name),
        about: clean(&about),
        sub: false,
    };
    match string(item, "type").as_str() {
        "command_execution" => shown.push(tool("shell".to_owned(), string(item, "command"))),
        "mcp_tool_call" => shown.push(tool(
            format!("{}.{}", string(item, "server"), string(item, "tool")),
            String::new(),
        )),
        "collab_tool_call" => shown.push(tool(string(item, "tool"), string(item, "prompt"))),
        _ => {}
    }
}

fn ended(facts: &mut TranscriptState, item: &Value, shown: &mut Vec<Activity>) {
    let status = string(item, "status");
    match string(item, "type").as_str() {
        "agent_message" => facts.push_text(string(item, "text"), shown),
        "command_execution" if status == "declined" => {
            let about = clean(&string(item, "command"));
            shown.push(Activity::Denied {
                tool: "shell".to_owned(),
                message: about.clone(),
            });
            facts.remember(Denial {
                tool: "shell".to_owned(),
                about,
                id: string(item, "id"),
            });
        }
        "command_execution" if status == "failed" => {
            let output = first_line(&string(item, "aggregated_output"));
            let code = item
                .get("exit_code")
                .and_then(Value::as_i64)
                .map_or_else(String::new, |code| format!("exit code {code}: "));
            shown.push(Activity::ToolFailed {
                message: format!("{code}{output}"),
            });
        }
        "file_change" => {
            let changes = item.get("changes").and_then(Value::as_array);
            let paths: Vec<String> = changes
                .into_iter()
                .flatten()
                .take(8)
                .map(|change| string(change, "path"))
                .collect();
            shown.push(Activity::Tool {
                name: "edit".to_owned(),
                about: clean(&paths.join(", ")),
                sub: false,
            });
        }
        "mcp_tool_call" if status == "failed" => {
            let message = item
                .get("error")
                .map(|error| first_line(&string(error, "message")))
                .unwrap_or_default();
            shown.push(Activity::ToolFailed { message });
        }
        "web_search" => shown.push(Activity::Tool {
            name: "web search".to_owned(),
            about: clean(&string(item, "query")),
            sub: false,
        }),
        "error" => shown.push(Activity::Notice {
            text: clean(&string(item, "message")),
        }),
        _ => {}
    }
}

/// Its input has the cached part in it; ours has not.
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
