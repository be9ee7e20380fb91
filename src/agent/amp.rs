//! Amp, headless: `amp --execute --stream-json`, the prompt on stdin. Its events are Claude Code's, as its help says.
//!
//! From `amp --help` of 0.0.1790142911 (September 2026) and the example at ampcode.com/news/streaming-json. Not run
//! against the real program with an account, and its failures are documented nowhere: they are read as Claude Code's and
//! by the words on stderr. It chooses models by its modes, so `model:` is a mode: `low`, `medium`, `high`, `ultra`. Costs
//! are not told. That version has no flag to skip permissions: a person says `amp.dangerouslyAllowAll` or
//! `amp.permissions` in Amp's settings.
use super::event::{message_usage, number};
use super::facts::TranscriptState;
use super::{Activity, model};
use crate::model::Usage;
use crate::plan::AgentSpec;
use serde_json::Value;

pub(super) const INSTALL: &str =
    "install Amp (`npm install -g @ampcode/cli`), then run `amp login`";
pub(super) const LOGIN: &str = "log in: run `amp login`, or set AMP_API_KEY";

pub(super) fn args(spec: &AgentSpec) -> Vec<String> {
    // What an editor has open is no business of this agent.
    let mut args: Vec<String> = [
        "--execute",
        "--stream-json",
        "--no-ide",
        "--no-notifications",
        "--no-color",
    ]
    .map(str::to_owned)
    .into();
    args.extend(model::flag("--mode", &spec.model));
    args.extend(spec.args.iter().cloned());
    args
}

/// Its messages have no ids, each comes once and with its final count of output tokens; its result has no usage.
pub(super) fn read(
    facts: &mut TranscriptState,
    kind: &str,
    event: &Value,
    shown: &mut Vec<Activity>,
) {
    let live = facts.live;
    facts.claude(kind, event, shown);
    match kind {
        "assistant" => {
            let usage = event
                .get("message")
                .and_then(|message| message.get("usage"))
                .unwrap_or(&Value::Null);
            let own = event.get("parent_tool_use_id").is_none_or(Value::is_null);
            let turns = u64::from(own);
            facts.live = live;
            facts.used(Usage {
                output_tokens: number(usage, "output_tokens"),
                turns,
                ..message_usage(usage)
            });
        }
        "result" => facts.settle(live, shown),
        _ => {}
    }
}
