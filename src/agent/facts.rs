//! What is remembered of an agent's events: enough to say how it ended and what it cost, and no more.
use super::activity::{Activity, about};
use super::event::{self, Denial, RateLimit, Verdict, number, string};
use super::lines::LineResult;
use super::{amp, codex, copilot, gemini, opencode};
use crate::model::Usage;
use crate::plan::Provider;
use crate::text::{clean, first_line};
use jiff::SignedDuration;
use serde_json::Value;
use std::collections::VecDeque;

/// Denials that are remembered; the hint needs no more.
const MOST_DENIALS: usize = 20;
/// Messages whose blocks may still be coming: their usage is counted once. Sub-agents' blocks interleave.
const OPEN_MESSAGES: usize = 64;

/// What is remembered of the events.
#[derive(Clone, Debug, Default)]
pub(super) struct TranscriptState {
    /// Lines that were events.
    pub(super) events: u64,
    pub(super) results: u32,
    /// Up to the last result.
    pub(super) settled: Usage,
    /// Since the last result.
    pub(super) live: Usage,
    counted: VecDeque<String>,
    pub(super) last_text: Option<String>,
    pub(super) result_text: Option<String>,
    pub(super) structured: Option<Value>,
    pub(super) key_source: String,
    pub(super) subscription: bool,
    pub(super) verdict: Option<Verdict>,
    pub(super) rate_limit: Option<RateLimit>,
    /// The kind of the last failure (`rate_limit`, `authentication_failed`, …) unless something succeeded since.
    pub(super) error: String,
    /// In how long the quota comes back, where only that is told.
    pub(super) resets_in: Option<SignedDuration>,
    /// Whether the last text came in pieces and may go on.
    pub(super) in_delta: bool,
    pub(super) denials: Vec<Denial>,
    /// The call that was denied last: its result says the same again.
    denied_call: String,
    /// The last line that was no event.
    pub(super) last_raw: String,
}

impl TranscriptState {
    /// Takes one line and adds what it shows.
    pub(super) fn take(
        &mut self,
        provider: Provider,
        cut: &LineResult<'_>,
        shown: &mut Vec<Activity>,
    ) {
        let line = match cut {
            LineResult::Line(line) => *line,
            LineResult::TooLong(bytes) => return shown.push(Activity::Skipped { bytes: *bytes }),
        };
        let event = if provider == Provider::Command {
            None
        } else {
            serde_json::from_slice::<Value>(line).ok()
        };
        let Some((kind, event)) = event
            .as_ref()
            .and_then(|event| Some((event.get("type")?.as_str()?, event)))
        else {
            return self.raw(line, shown);
        };
        self.events += 1;
        match provider {
            Provider::Claude | Provider::Scripted | Provider::Command => {
                self.claude(kind, event, shown)
            }
            Provider::Codex => codex::read(self, kind, event, shown),
            Provider::Gemini => gemini::read(self, kind, event, shown),
            Provider::Opencode => opencode::read(self, kind, event, shown),
            Provider::Amp => amp::read(self, kind, event, shown),
            Provider::Copilot => copilot::read(self, kind, event, shown),
        }
    }

    fn raw(&mut self, line: &[u8], shown: &mut Vec<Activity>) {
        let text = clean(&String::from_utf8_lossy(line));
        if !text.is_empty() {
            self.last_raw.clone_from(&text);
            shown.push(Activity::Raw { text });
        }
    }

    /// Takes an event of Claude Code's.
    pub(super) fn claude(&mut self, kind: &str, event: &Value, shown: &mut Vec<Activity>) {
        match kind {
            "system" => self.system(event, shown),
            "assistant" => self.assistant(event, shown),
            "user" => self.user(event, shown),
            "result" => self.result(event, shown),
            "rate_limit_event" => self.quota(event, shown),
            // Pieces of messages and answers to requests: what they say comes again as a whole.
            "stream_event" | "control_response" | "control_request" | "keep_alive" => {}
            other => shown.push(Activity::Raw {
                text: format!("[{}]", clean(other)),
            }),
        }
    }

    fn system(&mut self, event: &Value, shown: &mut Vec<Activity>) {
        match event
            .get("subtype")
            .and_then(Value::as_str)
            .unwrap_or_default()
        {
            "init" => {
                self.key_source = string(event, "apiKeySource");
                let (model, version) = (
                    clean(&string(event, "model")),
                    clean(&string(event, "claude_code_version")),
                );
                shown.push(Activity::Started { model, version });
            }
            "api_retry" => shown.push(Activity::Retrying {
                attempt: number(event, "attempt"),
                of: number(event, "max_retries"),
                in_ms: number(event, "retry_delay_ms"),
                error: failure(
                    &string(event, "error"),
                    event.get("error_status").and_then(Value::as_u64),
                ),
            }),
            "permission_denied" => {
                self.denied_call = string(event, "tool_use_id");
                let message = first_line(&string(event, "message"));
                // What follows tells the model what it may try instead.
                let message = message
                    .split(" IMPORTANT:")
                    .next()
                    .unwrap_or_default()
                    .to_owned();
                shown.push(Activity::Denied {
                    tool: clean(&string(event, "tool_name")),
                    message,
                });
            }
            "model_fallback" => shown.push(notice(&format!(
                "model {} is not available, using {}",
                string(event, "original_model"),
                string(event, "fallback_model")
            ))),
            "task_started" => shown.push(notice(&format!(
                "sub-agent started: {}",
                string(event, "description")
            ))),
            "compact_boundary" => shown.push(notice("the conversation was compacted")),
            "informational" | "notification" => shown.push(notice(&format!(
                "{}{}",
                string(event, "content"),
                string(event, "text")
            ))),
            "hook_response" if number(event, "exit_code") != 0 => {
                shown.push(notice(&format!(
                    "hook {} failed: {}",
                    string(event, "hook_name"),
                    string(event, "stderr")
                )));
            }
            _ => {}
        }
    }

    fn assistant(&mut self, event: &Value, shown: &mut Vec<Activity>) {
        let sub = event
            .get("parent_tool_use_id")
            .is_some_and(|parent| !parent.is_null());
        if !sub {
            self.error = string(event, "error");
        }
        let Some(message) = event.get("message") else {
            return;
        };
        if is_synthetic(message) && event.get("error").is_some() {
            // The result says the same again.
            return;
        }
        if let Some(limit) = &mut self.rate_limit {
            // It answers, so whatever was used up is no longer in the way.
            limit.rejected = false;
        }
        self.count(message, sub);
        for block in message
            .get("content")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            match block
                .get("type")
                .and_then(Value::as_str)
                .unwrap_or_default()
            {
                "text" => {
                    let text = string(block, "text");
                    shown.push(Activity::Text {
                        text: clean(&text),
                        sub,
                    });
                    if !sub && !text.trim().is_empty() {
                        self.last_text = Some(text);
                    }
                }
                "tool_use" => {
                    let about = block.get("input").map(about).unwrap_or_default();
                    shown.push(Activity::Tool {
                        name: clean(&string(block, "name")),
                        about,
                        sub,
                    });
                }
                _ => {}
            }
        }
    }

    /// Counts a message's input once: it comes again with each of its blocks.
    fn count(&mut self, message: &Value, sub: bool) {
        let id = string(message, "id");
        if id.is_empty() || self.counted.contains(&id) {
            return;
        }
        if self.counted.len() == OPEN_MESSAGES {
            self.counted.pop_front();
        }
        // An id is short; whatever else is there would be kept sixty-four times.
        if id.len() <= 256 {
            self.counted.push_back(id);
        }
        let usage = message
            .get("usage")
            .map(event::message_usage)
            .unwrap_or_default();
        self.live += Usage {
            turns: u64::from(!sub),
            ..usage
        };
    }

    /// Shows what tools answered only where they failed.
    fn user(&mut self, event: &Value, shown: &mut Vec<Activity>) {
        let content = event
            .get("message")
            .and_then(|message| message.get("content"));
        let failed = |block: &&Value| block.get("is_error").and_then(Value::as_bool) == Some(true);
        for block in content
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter(failed)
        {
            let call = string(block, "tool_use_id");
            if call.is_empty() || call != self.denied_call {
                let message = first_line(&without_tags(&block_text(block)));
                if let Some(tool) = disabled_tool(&message) {
                    self.remember(Denial {
                        tool: clean(tool),
                        about: String::new(),
                        id: clean(&call),
                    });
                }
                shown.push(Activity::ToolFailed { message });
            }
        }
    }

    fn quota(&mut self, event: &Value, shown: &mut Vec<Activity>) {
        let Some(info) = event.get("rate_limit_info") else {
            return;
        };
        let limit = event::rate_limit(info);
        self.subscription |= !limit.window.is_empty();
        let used = info.get("utilization").and_then(Value::as_f64);
        let told = limit
            .windows
            .iter()
            .find(|window| window.name == limit.window)
            .map(|window| window.used);
        shown.push(Activity::Quota {
            status: clean(&string(info, "status")),
            window: limit.window.clone(),
            used: used.or(told),
            resets_at: limit.resets_at,
        });
        self.rate_limit = Some(limit);
    }

    /// Takes a result. There may be several; the last one says how it ended.
    fn result(&mut self, event: &Value, shown: &mut Vec<Activity>) {
        self.results += 1;
        self.settled = event::total(event, self.settled);
        self.live = Usage::default();
        let verdict = event::verdict(event);
        if !verdict.is_error {
            self.error.clear();
        }
        let text = string(event, "result");
        self.result_text = (!verdict.is_error && !text.trim().is_empty()).then_some(text);
        if let Some(structured) = event
            .get("structured_output")
            .filter(|value| !value.is_null())
        {
            self.structured = Some(structured.clone());
        }
        for denial in event
            .get("permission_denials")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            self.denied(denial);
        }
        let error = verdict.is_error.then(|| {
            if verdict.error.is_empty() {
                verdict.reason.clone()
            } else {
                verdict.error.clone()
            }
        });
        shown.push(Activity::Finished {
            error,
            usage: self.settled,
        });
        self.verdict = Some(verdict);
    }

    fn denied(&mut self, denial: &Value) {
        let id = clean(&string(denial, "tool_use_id"));
        let about = denial.get("tool_input").map(about).unwrap_or_default();
        self.remember(Denial {
            tool: clean(&string(denial, "tool_name")),
            about,
            id,
        });
    }

    pub(super) fn remember(&mut self, denial: Denial) {
        if self.denials.len() < MOST_DENIALS
            && !self.denials.iter().any(|known| known.id == denial.id)
        {
            self.denials.push(denial);
        }
    }
}

/// Returns the tool of a call that failed because a rule takes the whole tool away. 2.1.329 does not count it among the
/// denials, and says so in no other way.
fn disabled_tool(message: &str) -> Option<&str> {
    let tool = message
        .strip_prefix("Error: No such tool available: ")?
        .split(". ")
        .next()?;
    message
        .contains(" is disabled for this session")
        .then_some(tool)
}

/// Returns a tool's error without the tags that are for the model.
fn without_tags(text: &str) -> String {
    text.replace("<tool_use_error>", "")
        .replace("</tool_use_error>", "")
}

/// Whether the program wrote the message itself, to report a failure.
fn is_synthetic(message: &Value) -> bool {
    message.get("model").and_then(Value::as_str) == Some("<synthetic>")
}

/// Returns the text of a tool's answer, which is a text or a list of parts.
fn block_text(block: &Value) -> String {
    match block.get("content") {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => parts
            .iter()
            .map(|part| string(part, "text"))
            .collect::<Vec<_>>()
            .join(" "),
        _ => String::new(),
    }
}

fn notice(text: &str) -> Activity {
    Activity::Notice { text: clean(text) }
}

/// Says what a request failed with: the provider's word for it and the HTTP status.
fn failure(kind: &str, status: Option<u64>) -> String {
    let words = match kind {
        "overloaded" => "API overloaded",
        "rate_limit" => "API rate limit",
        "authentication_failed" => "API refuses the login",
        "server_error" => "API error",
        "" | "unknown" => "API not reachable",
        other => other,
    };
    match status {
        Some(status) => format!("{} ({status})", clean(words)),
        None => clean(words),
    }
}
