//! Gemini CLI, headless: `gemini --output-format stream-json`, the prompt on stdin, which alone makes it headless.
//!
//! From `gemini --help` of 0.61.0 and the documentation in its package (headless mode, exit codes, trusted folders, plan
//! mode), and of google-gemini/gemini-cli the event types in `packages/core/src/output/types.ts`; the words of errors from
//! its issue tracker. Not run against the real program with an account. Costs are not told. In a prompt it reads `@path`
//! as a file to include, and a `/` at its very beginning as a command of its own.
use super::activity::about;
use super::event::{number, string};
use super::facts::TranscriptState;
use super::{Activity, failure, model};
use crate::model::{PermissionMode, Usage};
use crate::plan::AgentSpec;
use crate::text::{clean, first_line};
use serde_json::Value;

pub(super) const INSTALL: &str =
    "install Gemini CLI (`npm install -g @google/gemini-cli`), then run `gemini` once to sign in";
pub(super) const LOGIN: &str = "sign in: run `gemini` once, or set GEMINI_API_KEY";

pub(super) fn args(spec: &AgentSpec) -> Vec<String> {
    let mode = match spec.permissions {
        PermissionMode::BypassPermissions => "yolo",
        PermissionMode::AcceptEdits => "auto_edit",
        // Without a person at it, what would be asked is denied.
        PermissionMode::Default | PermissionMode::DontAsk | PermissionMode::Auto => "default",
        PermissionMode::Plan => "plan",
    };
    // In a folder nobody has trusted it ends at once.
    let mut args: Vec<String> = [
        "--output-format",
        "stream-json",
        "--approval-mode",
        mode,
        "--skip-trust",
    ]
    .map(str::to_owned)
    .into();
    args.extend(model::flag("--model", &spec.model));
    args.extend(spec.args.iter().cloned());
    args
}

/// Returns what an exit code says that is not said otherwise.
pub(super) fn exit_meaning(code: i32) -> Option<(&'static str, &'static str)> {
    match code {
        41 => Some(("authentication_failed", "Gemini CLI could not sign in")),
        42 => Some((
            "invalid_input",
            "Gemini CLI does not take its arguments or its prompt",
        )),
        44 => Some(("invalid_config", "Gemini CLI could not set up its sandbox")),
        52 => Some(("invalid_config", "a settings.json of Gemini CLI is invalid")),
        _ => None,
    }
}

pub(super) fn read(
    facts: &mut TranscriptState,
    kind: &str,
    event: &Value,
    shown: &mut Vec<Activity>,
) {
    match kind {
        "init" => shown.push(Activity::Started {
            model: clean(&string(event, "model")),
            version: String::new(),
        }),
        "message" if string(event, "role") == "assistant" => {
            let delta = event.get("delta").and_then(Value::as_bool) == Some(true);
            facts.push_delta(&string(event, "content"), delta, shown);
        }
        "message" => {}
        "tool_use" => {
            facts.end_delta();
            let about = event.get("parameters").map(about).unwrap_or_default();
            shown.push(Activity::Tool {
                name: clean(&string(event, "tool_name")),
                about,
                sub: false,
            });
        }
        "tool_result" => {
            if string(event, "status") == "error" {
                let message = event
                    .get("error")
                    .map(|error| string(error, "message"))
                    .unwrap_or_default();
                shown.push(Activity::ToolFailed {
                    message: first_line(&message),
                });
            }
        }
        "error" => {
            let message = string(event, "message");
            if string(event, "severity") == "warning" {
                shown.push(Activity::Notice {
                    text: clean(&message),
                });
            } else {
                facts.failed(failure::kind(None, &message), &message, shown);
            }
        }
        "result" => result(facts, event, shown),
        other => shown.push(Activity::Raw {
            text: format!("[{}]", clean(other)),
        }),
    }
}

fn result(facts: &mut TranscriptState, event: &Value, shown: &mut Vec<Activity>) {
    facts.used(event.get("stats").map(usage).unwrap_or_default());
    if string(event, "status") == "error" {
        let error = event.get("error").unwrap_or(&Value::Null);
        let (kind, message) = (string(error, "type"), string(error, "message"));
        let kind = if kind.contains("Authentication") {
            "authentication_failed"
        } else {
            failure::kind(None, &message)
        };
        facts.failed(kind, &message, shown);
    } else {
        facts.succeeded(shown);
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
