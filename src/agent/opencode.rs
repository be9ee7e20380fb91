//! opencode, headless: `opencode run --format json`, the prompt on stdin.
//!
//! From `opencode run --help` of 1.18.33, and of anomalyco/opencode `packages/opencode/src/cli/cmd/run.ts` (which events
//! are printed, what is asked and rejected, that it exits 1 after an error). Not run against the real program with an
//! account. It retries a rate limited request itself, and reportedly stays silent at the limits of some providers; then the
//! idle limit ends it.
use super::adapter::{Adapter, READ_ONLY};
use super::context::InvocationContext;
use super::failure;
use super::model;
use super::options::AgentOptions;
use super::transcript::json::{list, nested, number, string};
use super::transcript::{Activity, Cost, Denial, OutputFormat, TranscriptState, about};
use crate::model::{PermissionMode, Usage};
use crate::text::clean;
use serde_json::Value;

/// The variants that models commonly have; another one can be set with `args: [--variant, …]`.
const EFFORTS: [&str; 7] = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];

/// The provider `opencode`.
pub(super) struct Opencode;

impl Adapter for Opencode {
    fn name(&self) -> &str {
        "opencode"
    }

    fn display_name(&self) -> &str {
        "Opencode"
    }

    fn install_hint(&self) -> String {
        "install opencode (`npm install -g opencode-ai`), then run `opencode providers login`"
            .to_owned()
    }

    fn login_hint(&self) -> &'static str {
        "log in: run `opencode providers login`; keys of the environment that other agents do not get need `--keep-env`"
    }

    fn refuses(&self, mode: PermissionMode) -> Option<&'static str> {
        match mode {
            PermissionMode::BypassPermissions
            | PermissionMode::Ask
            | PermissionMode::Default
            | PermissionMode::DontAsk => None,
            PermissionMode::Plan => Some(READ_ONLY),
            PermissionMode::AcceptEdits | PermissionMode::Auto => Some(
                "opencode has this in its own configuration: set `permission` in opencode.json, with `permissions: default`",
            ),
        }
    }

    fn efforts(&self) -> &'static [&'static str] {
        &EFFORTS
    }

    fn args(&self, options: &AgentOptions<'_>, _: &InvocationContext<'_>) -> Vec<String> {
        let (name, effort) = model::split(options.model, &EFFORTS);
        let mut chosen = Vec::new();
        if options.bypasses_permissions() {
            // Without the flag opencode rejects every call that its configuration sets to `ask`.
            chosen.push("--auto".to_owned());
        }
        chosen.extend(model::flag("--model", name));
        chosen.extend(model::flag("--variant", effort.unwrap_or_default()));
        options.arguments(&["run", "--format", "json"], chosen)
    }

    fn environment(
        &self,
        _: &AgentOptions<'_>,
        _: &InvocationContext<'_>,
        _: &[&str],
    ) -> Vec<(String, String)> {
        vec![("OPENCODE_DISABLE_AUTOUPDATE".to_owned(), "1".to_owned())]
    }

    fn output_format(&self) -> OutputFormat {
        OutputFormat::Events {
            read,
            ends_with_result: false,
        }
    }
}

fn read(state: &mut TranscriptState, kind: &str, event: &Value, shown: &mut Vec<Activity>) {
    let part = nested(event, "part");
    match kind {
        "text" => state.push_text(string(part, "text"), shown),
        "tool_use" => tool(part, shown),
        "step_finish" => {
            let used = usage(state, part);
            state.add_usage(used);
            if string(part, "reason") == "stop" {
                state.succeed(shown);
            }
        }
        "error" => error(state, nested(event, "error"), shown),
        "done" => {
            for tool in list(event, "rejected").filter_map(Value::as_str) {
                state.remember(Denial {
                    tool: clean(tool),
                    about: String::new(),
                    id: clean(tool),
                });
            }
        }
        "step_start" | "reasoning" => {}
        other => shown.push(Activity::unknown(other)),
    }
}

fn error(state: &mut TranscriptState, error: &Value, shown: &mut Vec<Activity>) {
    let data = nested(error, "data");
    let name = string(error, "name");
    let message = match string(data, "message") {
        message if message.is_empty() => name.clone(),
        message => message,
    };
    let kind = if name == "ProviderAuthError" {
        "authentication_failed"
    } else {
        failure::kind(data.get("statusCode").and_then(Value::as_i64), &message)
    };
    state.fail(kind, &message, shown);
}

/// Reads a tool call, which is reported when it has ended.
fn tool(part: &Value, shown: &mut Vec<Activity>) {
    let call = nested(part, "state");
    let about = match about(nested(call, "input")) {
        about if about.is_empty() => string(call, "title"),
        about => about,
    };
    shown.push(Activity::tool(&string(part, "tool"), &about));
    if string(call, "status") == "error" {
        shown.push(Activity::tool_failed(&string(call, "error")));
    }
}

fn usage(state: &mut TranscriptState, part: &Value) -> Usage {
    let tokens = nested(part, "tokens");
    let cache = nested(tokens, "cache");
    Usage {
        input_tokens: number(tokens, "input"),
        output_tokens: number(tokens, "output") + number(tokens, "reasoning"),
        cache_read_tokens: number(cache, "read"),
        cache_write_tokens: number(cache, "write"),
        cost_usd: Cost::of(state, part, "cost").believed(),
        turns: 1,
    }
}
