//! What the model says in a turn, and what goes wrong instead.
use serde_json::{Value, json};
use std::time::Duration;

/// One answer of the model, built block by block.
#[derive(Debug, Clone, Default)]
pub(crate) struct Turn {
    pub(super) blocks: Vec<Block>,
    pub(super) headers: Vec<(String, String)>,
    pub(super) delay: Duration,
    pub(super) fault: Option<Fault>,
}

#[derive(Debug, Clone)]
pub(super) enum Block {
    Text(String),
    ToolUse { name: String, input: Value },
}

/// Starts a turn.
pub(crate) fn turn() -> Turn {
    Turn::default()
}

impl Turn {
    pub(crate) fn text(mut self, text: impl Into<String>) -> Self {
        self.blocks.push(Block::Text(text.into()));
        self
    }

    pub(crate) fn tool(mut self, name: &str, input: Value) -> Self {
        self.blocks.push(Block::ToolUse {
            name: name.to_owned(),
            input,
        });
        self
    }

    pub(crate) fn bash(self, command: impl Into<String>) -> Self {
        self.tool(
            "Bash",
            json!({ "command": command.into(), "description": "Do what the script says" }),
        )
    }

    /// Writes a file; Claude Code wants the path absolute.
    pub(crate) fn write(self, path: impl Into<String>, content: impl Into<String>) -> Self {
        self.tool(
            "Write",
            json!({ "file_path": path.into(), "content": content.into() }),
        )
    }

    /// Gives the result `--json-schema` asks for.
    pub(crate) fn structured(self, result: Value) -> Self {
        self.tool("StructuredOutput", result)
    }

    /// Tells a subscription how much of the five-hour quota is used, from 0 to 1, and when it is new (seconds since 1970).
    pub(crate) fn quota_used(mut self, used: f64, reset: u64) -> Self {
        self.headers.extend(quota("allowed", used, reset));
        self
    }

    /// Says of a subscription's quota what these headers say, each after `anthropic-ratelimit-unified-`.
    pub(crate) fn unified(mut self, headers: &[(&str, String)]) -> Self {
        self.headers.extend(unified(headers));
        self
    }

    /// Thinks this long before answering.
    pub(crate) fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Goes wrong first: for ever, or as often as the fault says.
    pub(crate) fn but(mut self, fault: Fault) -> Self {
        self.fault = Some(fault);
        self
    }

    pub(super) fn stop_reason(&self) -> &'static str {
        let calls_a_tool = self
            .blocks
            .iter()
            .any(|block| matches!(block, Block::ToolUse { .. }));
        if calls_a_tool { "tool_use" } else { "end_turn" }
    }
}

/// Something that goes wrong with the answer to a request.
#[derive(Debug, Clone)]
pub(crate) struct Fault {
    pub(super) kind: Kind,
    pub(super) headers: Vec<(String, String)>,
    /// How many requests for this turn it hits before the turn is given.
    pub(super) times: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// An error answer.
    Status(u16),
    /// Accepts the request and never says a word.
    Hang,
    /// Closes the connection after so many events of the stream.
    Cut(usize),
    /// Goes silent after so many events of the stream.
    Stall(usize),
}

impl Fault {
    fn new(kind: Kind) -> Self {
        Self {
            kind,
            headers: Vec::new(),
            times: usize::MAX,
        }
    }

    pub(crate) fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Says, as a subscription's 429 does, that the five-hour quota is used up until `reset` (seconds since 1970).
    pub(crate) fn quota_used_up_until(self, reset: u64) -> Self {
        quota("rejected", 1.0, reset)
            .into_iter()
            .fold(self, |fault, (name, value)| fault.header(&name, value))
    }

    /// Says of a subscription's quota what these headers say, each after `anthropic-ratelimit-unified-`.
    pub(crate) fn unified(mut self, headers: &[(&str, String)]) -> Self {
        self.headers.extend(unified(headers));
        self
    }

    /// Hits only the first `times` requests for the turn.
    pub(crate) fn times(mut self, times: usize) -> Self {
        self.times = times;
        self
    }
}

/// What the service says about a subscription's quota with each answer.
fn quota(status: &str, used: f64, reset: u64) -> Vec<(String, String)> {
    let headers = [
        ("status", status.to_owned()),
        ("reset", reset.to_string()),
        ("representative-claim", "five_hour".to_owned()),
        ("5h-status", status.to_owned()),
        ("5h-reset", reset.to_string()),
        ("5h-utilization", used.to_string()),
        ("7d-status", "allowed".to_owned()),
        ("7d-reset", (reset + 400_000).to_string()),
        ("7d-utilization", "0.1".to_owned()),
    ];
    unified(&headers)
}

fn unified(headers: &[(&str, String)]) -> Vec<(String, String)> {
    let name = |name: &str| format!("anthropic-ratelimit-unified-{name}");
    let headers = headers.iter();
    headers
        .map(|(key, value)| (name(key), value.clone()))
        .collect()
}

pub(crate) fn status(code: u16) -> Fault {
    Fault::new(Kind::Status(code))
}

pub(crate) fn hang() -> Fault {
    Fault::new(Kind::Hang)
}

pub(crate) fn cut(after_events: usize) -> Fault {
    Fault::new(Kind::Cut(after_events))
}

pub(crate) fn stall(after_events: usize) -> Fault {
    Fault::new(Kind::Stall(after_events))
}
