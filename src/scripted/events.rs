//! Prints the events that Claude Code would print.
use super::script::Turn;
use serde_json::{Value, json};
use std::io::{self, Write};

/// The tokens each message reports.
const TOKENS: (u64, u64) = (100, 20);
/// The maximum length of a command's output in an event.
const MAX_OUTPUT: usize = 2000;

/// The agent's output, one JSON object a line.
pub(super) struct Events<'o> {
    out: &'o mut dyn Write,
    session: String,
    messages: u64,
    last_said: String,
}

impl<'o> Events<'o> {
    pub(super) fn new(out: &'o mut dyn Write, session: String) -> Self {
        Self {
            out,
            session,
            messages: 0,
            last_said: String::new(),
        }
    }

    fn print(&mut self, mut event: Value) -> io::Result<()> {
        event["session_id"] = self.session.clone().into();
        writeln!(self.out, "{event}")?;
        // Flushed, so that a reader of the file sees it at once.
        self.out.flush()
    }

    pub(super) fn started(&mut self) -> io::Result<()> {
        let version = env!("CARGO_PKG_VERSION");
        self.print(
            json!({"type": "system", "subtype": "init", "model": "scripted", "claude_code_version": version, "tools": ["Write", "Bash"]}),
        )
    }

    /// Repeats a message that was read.
    pub(super) fn heard(&mut self, text: &str, id: Option<&str>) -> io::Result<()> {
        let message = json!({"role": "user", "content": text});
        self.print(json!({"type": "user", "message": message, "uuid": id, "isReplay": true, "parent_tool_use_id": null}))
    }

    /// Asks whether a tool may be called, and returns the id of the request.
    pub(super) fn asked(&mut self, call: &str, tool: &str, input: &Value) -> io::Result<String> {
        let id = format!("request_{call}");
        self.print(
            json!({"type": "control_request", "request_id": id, "request": {
                "subtype": "can_use_tool", "tool_name": tool, "input": input, "tool_use_id": call,
            }}),
        )?;
        Ok(id)
    }

    /// Withdraws a request.
    pub(super) fn withdrawn(&mut self, id: &str) -> io::Result<()> {
        self.print(json!({"type": "control_cancel_request", "request_id": id}))
    }

    /// Ends a turn that was interrupted.
    pub(super) fn interrupted(&mut self, cost_usd: f64) -> io::Result<()> {
        self.result(
            cost_usd,
            json!({"is_error": true, "subtype": "error_during_execution"}),
        )
    }

    pub(super) fn said(&mut self, text: &str) -> io::Result<()> {
        text.clone_into(&mut self.last_said);
        self.message(&json!({"type": "text", "text": text}))
    }

    /// Prints the call of a tool and returns its id, which its result names.
    pub(super) fn called(&mut self, name: &str, input: &Value) -> io::Result<String> {
        let id = format!("call_{}", self.messages + 1);
        self.message(&json!({"type": "tool_use", "id": id, "name": name, "input": input}))?;
        Ok(id)
    }

    pub(super) fn answered(&mut self, id: &str, text: &str, failed: bool) -> io::Result<()> {
        let text = &text[..text.floor_char_boundary(MAX_OUTPUT)];
        let block =
            json!({"type": "tool_result", "tool_use_id": id, "content": text, "is_error": failed});
        self.print(json!({"type": "user", "message": {"role": "user", "content": [block]}, "parent_tool_use_id": null}))
    }

    fn message(&mut self, block: &Value) -> io::Result<()> {
        self.messages += 1;
        let message = json!({
            "id": format!("msg_{}", self.messages), "type": "message", "role": "assistant", "model": "scripted",
            "content": [block], "usage": {"input_tokens": TOKENS.0, "output_tokens": 1},
        });
        self.print(json!({"type": "assistant", "message": message, "parent_tool_use_id": null}))
    }

    /// Prints a turn that calls a tool, and the tool's answer.
    pub(super) fn took_turn(&mut self, turn: &Turn) -> io::Result<()> {
        self.messages += 1;
        let (id, call) = (
            format!("msg_{}", self.messages),
            format!("call_{}", self.messages),
        );
        let model = turn.model.as_deref().unwrap_or("scripted");
        let parent = turn.sub_agent.then_some("call_task");
        let message = json!({
            "id": id, "type": "message", "role": "assistant", "model": model,
            "content": [{"type": "tool_use", "id": call, "name": "Read", "input": {}}],
            "usage": {"input_tokens": turn.input_tokens, "output_tokens": turn.output_tokens},
        });
        self.print(json!({"type": "assistant", "message": message, "parent_tool_use_id": parent}))?;
        let answer = json!({"type": "tool_result", "tool_use_id": call, "content": "read"});
        let message = json!({"role": "user", "content": [answer]});
        self.print(json!({"type": "user", "message": message, "parent_tool_use_id": parent}))
    }

    pub(super) fn finished(&mut self, cost_usd: f64) -> io::Result<()> {
        let text = self.last_said.clone();
        self.result(cost_usd, json!({"is_error": false, "result": text, "stop_reason": "end_turn", "terminal_reason": "completed"}))
    }

    /// Fails as Claude Code fails when the quota is used up; without a reset, as when it is throttled.
    pub(super) fn rate_limited(&mut self, resets_at: Option<i64>, cost_usd: f64) -> io::Result<()> {
        let info = match resets_at {
            Some(at) => {
                json!({"status": "rejected", "rateLimitType": "five_hour", "resetsAt": at, "isUsingOverage": false})
            }
            None => json!({"status": "rejected", "isUsingOverage": false}),
        };
        self.print(json!({"type": "rate_limit_event", "rate_limit_info": info}))?;
        let text = "the scripted quota is used up";
        let message = json!({"id": "msg_limit", "model": "<synthetic>", "role": "assistant", "content": [{"type": "text", "text": text}]});
        self.print(json!({"type": "assistant", "message": message, "error": "rate_limit", "parent_tool_use_id": null}))?;
        self.result(cost_usd, json!({"is_error": true, "api_error_status": 429, "result": text, "terminal_reason": "api_error"}))
    }

    fn result(&mut self, cost_usd: f64, mut result: Value) -> io::Result<()> {
        result["type"] = "result".into();
        if result["subtype"].is_null() {
            result["subtype"] = "success".into();
        }
        result["num_turns"] = self.messages.into();
        result["total_cost_usd"] = cost_usd.into();
        let (input, output) = (self.messages * TOKENS.0, self.messages * TOKENS.1);
        result["modelUsage"] = json!({"scripted": {"inputTokens": input, "outputTokens": output, "costUSD": cost_usd}});
        result["permission_denials"] = json!([]);
        self.print(result)
    }
}
