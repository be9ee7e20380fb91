//! opencode, headless: `opencode run --format json`, the prompt on stdin.
//!
//! From `opencode run --help` of 1.18.33, and of anomalyco/opencode `packages/opencode/src/cli/cmd/run.ts` (which events
//! are printed, what is asked and rejected, that it exits 1 after an error). Not run against the real program with an
//! account. It tries a request that was limited again by itself, and some providers' limits are said to leave it silent;
//! then the idle limit ends it.
use super::activity::about;
use super::event::{Denial, number, string};
use super::facts::TranscriptState;
use super::{Activity, failure, model};
use crate::model::{PermissionMode, Usage};
use crate::plan::AgentSpec;
use crate::text::{clean, first_line};
use serde_json::Value;

pub(super) const INSTALL: &str =
    "install opencode (`npm install -g opencode-ai`), then run `opencode providers login`";
pub(super) const LOGIN: &str = "log in: run `opencode providers login`; keys of the environment that other agents do not get need `--keep-env`";

/// The variants models commonly have; another one is said with `args: [--variant, …]`.
const EFFORTS: [&str; 7] = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];

pub(super) fn args(spec: &AgentSpec) -> Vec<String> {
    let (name, effort) = model::split(&spec.model, &EFFORTS);
    let mut args: Vec<String> = ["run", "--format", "json"].map(str::to_owned).into();
    if spec.permissions == PermissionMode::BypassPermissions {
        // Otherwise what its configuration says to ask is rejected.
        args.push("--auto".to_owned());
    }
    args.extend(model::flag("--model", name));
    args.extend(model::flag("--variant", effort.unwrap_or_default()));
    args.extend(spec.args.iter().cloned());
    args
}

pub(super) fn environment() -> Vec<(String, String)> {
    vec![("OPENCODE_DISABLE_AUTOUPDATE".to_owned(), "1".to_owned())]
}

pub(super) fn read(
    facts: &mut TranscriptState,
    kind: &str,
    event: &Value,
    shown: &mut Vec<Activity>,
) {
    let none = Value::Null;
    let part = event.get("part").unwrap_or(&none);
    match kind {
        "text" => facts.push_text(string(part, "text"), shown),
        "tool_use" => tool(part, shown),
        "step_finish" => {
            facts.used(usage(part));
            if string(part, "reason") == "stop" {
                facts.succeeded(shown);
            }
        }
        "error" => {
            let error = event.get("error").unwrap_or(&none);
            let data = error.get("data").unwrap_or(&none);
            let name = string(error, "name");
            let message = Some(string(data, "message"))
                .filter(|text| !text.is_empty())
                .unwrap_or_else(|| name.clone());
            let told = failure::kind(data.get("statusCode").and_then(Value::as_i64), &message);
            facts.failed(
                if name == "ProviderAuthError" {
                    "authentication_failed"
                } else {
                    told
                },
                &message,
                shown,
            );
        }
        "done" => {
            for rejected in event
                .get("rejected")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
            {
                facts.remember(Denial {
                    tool: clean(rejected),
                    about: String::new(),
                    id: clean(rejected),
                });
            }
        }
        "step_start" | "reasoning" => {}
        other => shown.push(Activity::Raw {
            text: format!("[{}]", clean(other)),
        }),
    }
}

/// Tools are told of when they have ended.
fn tool(part: &Value, shown: &mut Vec<Activity>) {
    let state = part.get("state").unwrap_or(&Value::Null);
    let about = state
        .get("input")
        .map(about)
        .filter(|about| !about.is_empty())
        .unwrap_or_else(|| clean(&string(state, "title")));
    shown.push(Activity::Tool {
        name: clean(&string(part, "tool")),
        about,
        sub: false,
    });
    if string(state, "status") == "error" {
        shown.push(Activity::ToolFailed {
            message: first_line(&string(state, "error")),
        });
    }
}

fn usage(part: &Value) -> Usage {
    let none = Value::Null;
    let tokens = part.get("tokens").unwrap_or(&none);
    let cache = tokens.get("cache").unwrap_or(&none);
    let cost = part
        .get("cost")
        .and_then(Value::as_f64)
        .filter(|cost| cost.is_finite() && *cost >= 0.0);
    Usage {
        input_tokens: number(tokens, "input"),
        output_tokens: number(tokens, "output") + number(tokens, "reasoning"),
        cache_read_tokens: number(cache, "read"),
        cache_write_tokens: number(cache, "write"),
        cost_usd: cost.unwrap_or_default(),
        turns: 1,
    }
}
