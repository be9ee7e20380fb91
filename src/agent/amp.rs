//! Amp, headless: `amp --execute --stream-json`, the prompt on stdin. Its events are Claude Code's, according to its help.
//!
//! From `amp --help` of 0.0.1790142911 (September 2026) and the example at ampcode.com/news/streaming-json. Not run
//! against the real program with an account, and its failures are not documented: they are read as Claude Code's and by
//! the words on stderr. It chooses models by its modes, so `model:` is a mode: `low`, `medium`, `high`, `ultra`. It does not
//! report costs. That version has no flag to skip permissions: the user sets `amp.dangerouslyAllowAll` or `amp.permissions`
//! in Amp's settings.
use super::adapter::{Adapter, READ_ONLY};
use super::claude;
use super::context::InvocationContext;
use super::model;
use super::options::AgentOptions;
use super::transcript::json::{nested, number};
use super::transcript::{Activity, OutputFormat, TranscriptState};
use crate::model::{PermissionMode, Usage};
use serde_json::Value;

/// The provider `amp`.
pub(super) struct Amp;

impl Adapter for Amp {
    fn name(&self) -> &str {
        "amp"
    }

    fn display_name(&self) -> &str {
        "Amp"
    }

    fn install_hint(&self) -> String {
        "install Amp (`npm install -g @ampcode/cli`), then run `amp login`".to_owned()
    }

    fn login_hint(&self) -> &'static str {
        "log in: run `amp login`, or set AMP_API_KEY"
    }

    fn refuses(&self, mode: PermissionMode) -> Option<&'static str> {
        match mode {
            PermissionMode::BypassPermissions | PermissionMode::Ask | PermissionMode::Default => {
                None
            }
            PermissionMode::Plan => Some(READ_ONLY),
            PermissionMode::AcceptEdits | PermissionMode::Auto | PermissionMode::DontAsk => Some(
                "Amp has this in its own settings: set `amp.permissions` there, with `permissions: default`",
            ),
        }
    }

    fn args(&self, options: &AgentOptions<'_>, _: &InvocationContext<'_>) -> Vec<String> {
        // The agent must not depend on what an editor has open.
        let fixed = [
            "--execute",
            "--stream-json",
            "--no-ide",
            "--no-notifications",
            "--no-color",
        ];
        options.arguments(&fixed, model::flag("--mode", options.model))
    }

    fn output_format(&self) -> OutputFormat {
        OutputFormat::Events {
            read,
            ends_with_result: true,
        }
    }
}

/// Reads an event of Claude Code's form. Messages have no ids, and each comes once and with its final count of output tokens;
/// the result has no usage.
fn read(state: &mut TranscriptState, kind: &str, event: &Value, shown: &mut Vec<Activity>) {
    let live = state.live;
    claude::read(state, kind, event, shown);
    match kind {
        "assistant" => {
            let usage = nested(nested(event, "message"), "usage");
            let is_sub_agent = !nested(event, "parent_tool_use_id").is_null();
            state.live = live;
            state.add_usage(Usage {
                output_tokens: number(usage, "output_tokens"),
                turns: u64::from(!is_sub_agent),
                ..claude::message_usage(usage)
            });
        }
        "result" => state.settle_usage(live, shown),
        _ => {}
    }
}
