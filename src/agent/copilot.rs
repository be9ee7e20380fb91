//! GitHub Copilot CLI, headless: the prompt on piped stdin, `--output-format json`.
//!
//! From `copilot --help`, `copilot help environment` and `copilot help permissions` of 1.0.102. Its events are documented
//! nowhere; they are those observed on 1.0.13 and written down in sortie-ai/sortie `docs/copilot-adapter-notes.md`, with
//! what github/copilot-cli#4107 says of the result and microsoft/vscode#315797 of `session.error`. Not run against the real
//! program with an account. Of tokens only what it writes is told, and of costs only premium requests.
use super::activity::about;
use super::event::{number, string};
use super::facts::TranscriptState;
use super::{Activity, failure, model};
use crate::model::{PermissionMode, Usage};
use crate::plan::AgentSpec;
use crate::text::{clean, count, first_line};
use serde_json::Value;

pub(super) const INSTALL: &str =
    "install Copilot CLI (`npm install -g @github/copilot`), then run `copilot login`";
pub(super) const LOGIN: &str = "log in: run `copilot login`, or set COPILOT_GITHUB_TOKEN";

/// The values of `--reasoning-effort`.
const EFFORTS: [&str; 7] = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];

/// Says the same as `--allow-all`; taken away where the loop asks for less.
const ALLOW_ALL: &str = "COPILOT_ALLOW_ALL";

pub(super) fn args(spec: &AgentSpec) -> Vec<String> {
    let (name, effort) = model::split(&spec.model, &EFFORTS);
    let mut args: Vec<String> = [
        "--output-format",
        "json",
        "--silent",
        "--no-ask-user",
        "--no-color",
        "--no-auto-update",
    ]
    .map(str::to_owned)
    .into();
    match spec.permissions {
        PermissionMode::BypassPermissions => args.push("--allow-all".to_owned()),
        PermissionMode::AcceptEdits => args.push("--allow-tool=write".to_owned()),
        // Only what `args` allow.
        PermissionMode::Default
        | PermissionMode::DontAsk
        | PermissionMode::Auto
        | PermissionMode::Plan => {}
    }
    args.extend(model::flag("--model", name));
    args.extend(model::flag(
        "--reasoning-effort",
        effort.unwrap_or_default(),
    ));
    args.extend(spec.args.iter().cloned());
    args
}

/// Returns the inherited variables that would allow more than the loop does.
pub(super) fn widening(spec: &AgentSpec) -> &'static [&'static str] {
    if spec.permissions == PermissionMode::BypassPermissions {
        &[]
    } else {
        &[ALLOW_ALL]
    }
}

pub(super) fn read(
    facts: &mut TranscriptState,
    kind: &str,
    event: &Value,
    shown: &mut Vec<Activity>,
) {
    let none = Value::Null;
    let data = event.get("data").unwrap_or(&none);
    match kind {
        "session.tools_updated" => shown.push(Activity::Started {
            model: clean(&string(data, "model")),
            version: String::new(),
        }),
        "session.warning" | "session.info" => shown.push(Activity::Notice {
            text: clean(&string(data, "message")),
        }),
        "session.error" => failed(facts, data, shown),
        "assistant.message" => {
            facts.used(Usage {
                output_tokens: number(data, "outputTokens"),
                turns: 1,
                ..Usage::default()
            });
            let text = string(data, "content");
            if !text.trim().is_empty() {
                facts.push_text(text, shown);
            }
        }
        "tool.execution_start" => {
            let about = data.get("arguments").map(about).unwrap_or_default();
            shown.push(Activity::Tool {
                name: clean(&string(data, "toolName")),
                about,
                sub: false,
            });
        }
        "tool.execution_complete"
            if data.get("success").and_then(Value::as_bool) == Some(false) =>
        {
            let said = data
                .get("error")
                .or_else(|| data.get("result"))
                .unwrap_or(&none);
            let message = ["message", "content"].map(|key| string(said, key)).concat();
            shown.push(Activity::ToolFailed {
                message: first_line(&message),
            });
        }
        "result" => result(facts, event, shown),
        // What they say comes again as a whole, or is of no interest.
        other
            if [
                "session.",
                "assistant.",
                "user.",
                "tool.",
                "hook.",
                "subagent.",
            ]
            .iter()
            .any(|family| other.starts_with(family)) => {}
        other => shown.push(Activity::Raw {
            text: format!("[{}]", clean(other)),
        }),
    }
}

fn failed(facts: &mut TranscriptState, data: &Value, shown: &mut Vec<Activity>) {
    let message = string(data, "message");
    let status = data.get("statusCode").and_then(Value::as_i64);
    let kind = match (string(data, "errorType").as_str(), status) {
        // It comes back with the month, or with other credits.
        ("quota" | "rate_limit", _) | (_, Some(402)) => "rate_limit",
        ("authentication" | "authorization", _) => "authentication_failed",
        _ => failure::kind(status, &message),
    };
    facts.failed(kind, &message, shown);
}

fn result(facts: &mut TranscriptState, event: &Value, shown: &mut Vec<Activity>) {
    let premium = event
        .get("usage")
        .map_or(0, |usage| number(usage, "premiumRequests"));
    if premium > 0 {
        shown.push(Activity::Notice {
            text: count(premium, "premium request"),
        });
    }
    match event.get("exitCode").and_then(Value::as_i64) {
        Some(0) | None => facts.succeeded(shown),
        Some(code) if facts.error.is_empty() => {
            facts.failed("", &format!("ended with exit code {code}"), shown)
        }
        Some(_) => {}
    }
}
