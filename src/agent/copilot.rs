//! GitHub Copilot CLI, headless: the prompt on piped stdin, `--output-format json`.
//!
//! From `copilot --help`, `copilot help environment` and `copilot help permissions` of 1.0.102. Its events are not
//! documented; they were observed on 1.0.13 and are described in sortie-ai/sortie `docs/copilot-adapter-notes.md`, the result
//! in github/copilot-cli#4107 and `session.error` in microsoft/vscode#315797. Not run against the real program with an
//! account. It reports only output tokens, and of costs only premium requests.
use super::adapter::{Adapter, READ_ONLY, refuses_plan_and_auto};
use super::context::InvocationContext;
use super::failure;
use super::model;
use super::options::AgentOptions;
use super::transcript::json::{nested, number, string};
use super::transcript::{Activity, OutputFormat, TranscriptState, about};
use crate::model::{PermissionMode, Usage};
use crate::text::{clean, count};
use serde_json::Value;

/// The values of `--reasoning-effort`.
const EFFORTS: [&str; 7] = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];

/// A variable with the effect of `--allow-all`; removed where the definition allows less.
const ALLOW_ALL: &str = "COPILOT_ALLOW_ALL";

/// Prefixes of events that are ignored: a later event repeats their content as a whole, or it is not shown.
const FAMILIES: [&str; 6] = [
    "session.",
    "assistant.",
    "user.",
    "tool.",
    "hook.",
    "subagent.",
];

/// The provider `copilot`.
pub(super) struct Copilot;

impl Adapter for Copilot {
    fn name(&self) -> &str {
        "copilot"
    }

    fn display_name(&self) -> &str {
        "Copilot"
    }

    fn install_hint(&self) -> String {
        "install Copilot CLI (`npm install -g @github/copilot`), then run `copilot login`"
            .to_owned()
    }

    fn login_hint(&self) -> &'static str {
        "log in: run `copilot login`, or set COPILOT_GITHUB_TOKEN"
    }

    fn refuses(&self, mode: PermissionMode) -> Option<&'static str> {
        refuses_plan_and_auto(
            mode,
            READ_ONLY,
            "Copilot's review is experimental: use `permissions: default` with `args: [--experimental, --assisted-approval]`",
        )
    }

    fn efforts(&self) -> &'static [&'static str] {
        &EFFORTS
    }

    fn unknown_effort<'m>(&self, model: &'m str) -> Option<&'m str> {
        model::unknown_effort(model, self.efforts())
    }

    fn args(&self, options: &AgentOptions<'_>, _: &InvocationContext<'_>) -> Vec<String> {
        let (name, effort) = model::split(options.model, &EFFORTS);
        let fixed = [
            "--output-format",
            "json",
            "--silent",
            "--no-ask-user",
            "--no-color",
            "--no-auto-update",
        ];
        let mut chosen = Vec::new();
        match options.permissions {
            PermissionMode::BypassPermissions => chosen.push("--allow-all".to_owned()),
            PermissionMode::AcceptEdits => chosen.push("--allow-tool=write".to_owned()),
            // No flag: only tools that `args` allow are permitted.
            PermissionMode::Default
            | PermissionMode::Ask
            | PermissionMode::DontAsk
            | PermissionMode::Auto
            | PermissionMode::Plan => {}
        }
        chosen.extend(model::flag("--model", name));
        let effort = effort.unwrap_or_default();
        chosen.extend(model::flag("--reasoning-effort", effort));
        options.arguments(&fixed, chosen)
    }

    fn forbidden_variables(&self, options: &AgentOptions<'_>) -> &'static [&'static str] {
        if options.bypasses_permissions() {
            &[]
        } else {
            &[ALLOW_ALL]
        }
    }

    fn output_format(&self) -> OutputFormat {
        OutputFormat::Events {
            read,
            ends_with_result: true,
        }
    }
}

fn read(state: &mut TranscriptState, kind: &str, event: &Value, shown: &mut Vec<Activity>) {
    let data = nested(event, "data");
    let text = |key: &str| string(data, key);
    match kind {
        "session.tools_updated" => shown.push(Activity::Started {
            model: clean(&text("model")),
            version: String::new(),
        }),
        "session.warning" | "session.info" => shown.push(Activity::notice(&text("message"))),
        "session.error" => failed(state, data, shown),
        "assistant.message" => message(state, data, shown),
        "tool.execution_start" => {
            let about = about(nested(data, "arguments"));
            shown.push(Activity::tool(&text("toolName"), &about));
        }
        "tool.execution_complete" => tool_completed(data, shown),
        "result" => result(state, event, shown),
        other if FAMILIES.iter().any(|family| other.starts_with(family)) => {}
        other => shown.push(Activity::unknown(other)),
    }
}

fn message(state: &mut TranscriptState, data: &Value, shown: &mut Vec<Activity>) {
    state.add_usage(Usage {
        output_tokens: number(data, "outputTokens"),
        turns: 1,
        ..Usage::default()
    });
    let text = string(data, "content");
    if !text.trim().is_empty() {
        state.push_text(text, shown);
    }
}

fn tool_completed(data: &Value, shown: &mut Vec<Activity>) {
    if data.get("success").and_then(Value::as_bool) != Some(false) {
        return;
    }
    let details = data.get("error").unwrap_or(nested(data, "result"));
    let message = string(details, "message") + &string(details, "content");
    shown.push(Activity::tool_failed(&message));
}

fn failed(state: &mut TranscriptState, data: &Value, shown: &mut Vec<Activity>) {
    let message = string(data, "message");
    let status = data.get("statusCode").and_then(Value::as_i64);
    let kind = match (string(data, "errorType").as_str(), status) {
        // The quota resets at the end of the month, or when credits are added.
        ("quota", _) | (_, Some(402)) => failure::QUOTA,
        ("rate_limit", _) => failure::RATE_LIMIT,
        ("authentication" | "authorization", _) => "authentication_failed",
        _ => failure::kind(status, &message),
    };
    state.fail(kind, &message, shown);
}

fn result(state: &mut TranscriptState, event: &Value, shown: &mut Vec<Activity>) {
    let premium = number(nested(event, "usage"), "premiumRequests");
    if premium > 0 {
        shown.push(Activity::notice(&count(premium, "premium request")));
    }
    match event.get("exitCode").and_then(Value::as_i64) {
        Some(0) | None => state.succeed(shown),
        Some(code) if state.error.is_empty() => {
            state.fail("", &format!("ended with exit code {code}"), shown);
        }
        Some(_) => {}
    }
}
