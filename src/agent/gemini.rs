//! Gemini CLI, headless: `gemini --output-format stream-json`, the prompt on stdin, which alone makes it headless.
//!
//! From `gemini --help` of 0.61.0 and the documentation in its package (headless mode, exit codes, trusted folders, plan
//! mode), and of google-gemini/gemini-cli the event types in `packages/core/src/output/types.ts`; the words of errors from
//! its issue tracker. Not run against the real program with an account. It does not report costs. In a prompt it reads `@path`
//! as a file to include, and a `/` at its very beginning as a command of its own.
use super::adapter::{Adapter, ExitMeaning, refuses_plan_and_auto};
use super::context::InvocationContext;
use super::failure;
use super::model;
use super::options::AgentOptions;
use super::transcript::json::{nested, number, string};
use super::transcript::{Activity, OutputFormat, TranscriptState, about};
use crate::model::{PermissionMode, Usage};
use crate::text::clean;
use serde_json::Value;

/// The provider `gemini`.
pub(super) struct Gemini;

impl Adapter for Gemini {
    fn name(&self) -> &str {
        "gemini"
    }

    fn display_name(&self) -> &str {
        "Gemini"
    }

    fn install_hint(&self) -> String {
        "install Gemini CLI (`npm install -g @google/gemini-cli`), then run `gemini` once to sign in".to_owned()
    }

    fn login_hint(&self) -> &'static str {
        "sign in: run `gemini` once, or set GEMINI_API_KEY"
    }

    fn refuses(&self, mode: PermissionMode) -> Option<&'static str> {
        refuses_plan_and_auto(
            mode,
            "run headless, Gemini CLI leaves plan mode by itself and then allows everything",
            "Gemini CLI has no automatic review",
        )
    }

    fn args(&self, options: &AgentOptions<'_>, _: &InvocationContext<'_>) -> Vec<String> {
        let mode = match options.permissions {
            PermissionMode::BypassPermissions => "yolo",
            PermissionMode::AcceptEdits => "auto_edit",
            // No flag: headless, Gemini CLI denies every call that it would ask for.
            PermissionMode::Default
            | PermissionMode::Ask
            | PermissionMode::DontAsk
            | PermissionMode::Auto => "default",
            PermissionMode::Plan => "plan",
        };
        // In a folder that is not trusted Gemini CLI ends at once.
        let fixed = [
            "--output-format",
            "stream-json",
            "--approval-mode",
            mode,
            "--skip-trust",
        ];
        options.arguments(&fixed, model::flag("--model", options.model))
    }

    fn exit_meaning(&self, code: i32) -> Option<ExitMeaning> {
        let (kind, message) = match code {
            41 => ("authentication_failed", "Gemini CLI could not sign in"),
            42 => (
                "invalid_input",
                "Gemini CLI does not accept its arguments or its prompt",
            ),
            44 => ("invalid_config", "Gemini CLI could not set up its sandbox"),
            52 => ("invalid_config", "a settings.json of Gemini CLI is invalid"),
            _ => return None,
        };
        Some(ExitMeaning { kind, message })
    }

    fn address_variable(&self) -> Option<&'static str> {
        Some("GOOGLE_GEMINI_BASE_URL")
    }

    fn output_format(&self) -> OutputFormat {
        OutputFormat::Events {
            read,
            ends_with_result: true,
        }
    }
}

fn read(state: &mut TranscriptState, kind: &str, event: &Value, shown: &mut Vec<Activity>) {
    let text = |key: &str| string(event, key);
    match kind {
        "init" => shown.push(Activity::Started {
            model: clean(&text("model")),
            version: String::new(),
        }),
        "message" if text("role") == "assistant" => {
            let is_delta = event.get("delta").and_then(Value::as_bool) == Some(true);
            state.push_delta(&text("content"), is_delta, shown);
        }
        "message" => {}
        "tool_use" => {
            state.end_delta();
            let about = about(nested(event, "parameters"));
            shown.push(Activity::tool(&text("tool_name"), &about));
        }
        "tool_result" if text("status") == "error" => {
            let message = string(nested(event, "error"), "message");
            shown.push(Activity::tool_failed(&message));
        }
        "tool_result" => {}
        "error" if text("severity") == "warning" => {
            shown.push(Activity::notice(&text("message")));
        }
        "error" => {
            let message = text("message");
            state.fail(failure::kind(None, &message), &message, shown);
        }
        "result" => result(state, event, shown),
        other => shown.push(Activity::unknown(other)),
    }
}

fn result(state: &mut TranscriptState, event: &Value, shown: &mut Vec<Activity>) {
    state.add_usage(usage(nested(event, "stats")));
    if string(event, "status") == "error" {
        let error = nested(event, "error");
        let (kind, message) = (string(error, "type"), string(error, "message"));
        let kind = if kind.contains("Authentication") {
            "authentication_failed"
        } else {
            failure::kind(None, &message)
        };
        state.fail(kind, &message, shown);
    } else {
        state.succeed(shown);
    }
}

fn usage(stats: &Value) -> Usage {
    let cached = number(stats, "cached");
    Usage {
        input_tokens: number(stats, "input_tokens").saturating_sub(cached),
        cache_read_tokens: cached,
        output_tokens: number(stats, "output_tokens"),
        turns: 1,
        ..Usage::default()
    }
}
