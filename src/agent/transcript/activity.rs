//! An activity of an agent, as it is shown.
use crate::model::Usage;
use crate::text::{clean, count, first_line};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

/// An activity of an agent. Its texts are clean: one line, no control characters, clipped.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Activity {
    /// The provider answered, with this model and this version of the program.
    Started {
        model: String,
        version: String,
    },
    /// A text of the agent; `sub` if a sub-agent wrote it.
    Text {
        text: String,
        sub: bool,
    },
    /// A tool is called; `about` is the file, the command, the pattern.
    Tool {
        name: String,
        about: String,
        sub: bool,
    },
    ToolFailed {
        message: String,
    },
    /// A tool call was not permitted.
    Denied {
        tool: String,
        message: String,
    },
    /// A request failed and is retried.
    Retrying {
        attempt: u64,
        of: u64,
        in_ms: u64,
        error: String,
    },
    /// How much of a quota window is used, where the provider reports it.
    Quota {
        status: String,
        window: String,
        used: Option<f64>,
        resets_at: Option<Timestamp>,
    },
    /// A notice of the provider.
    Notice {
        text: String,
    },
    /// A result: the agent is done, unless another result follows.
    Finished {
        error: Option<String>,
        usage: Usage,
    },
    /// Output that is not a known event, as it is.
    Raw {
        text: String,
    },
    /// A line too long to keep.
    Skipped {
        bytes: u64,
    },
}

impl Activity {
    /// Returns what is shown of an event of an unknown kind.
    pub(in crate::agent) fn unknown(kind: &str) -> Self {
        Self::Raw {
            text: format!("[{}]", clean(kind)),
        }
    }

    /// Returns a notice of the provider.
    pub(in crate::agent) fn notice(text: &str) -> Self {
        Self::Notice { text: clean(text) }
    }

    /// Returns the call of a tool by the agent itself.
    pub(in crate::agent) fn tool(name: &str, about: &str) -> Self {
        Self::Tool {
            name: clean(name),
            about: clean(about),
            sub: false,
        }
    }

    /// Returns the failure of a tool.
    pub(in crate::agent) fn tool_failed(message: &str) -> Self {
        Self::ToolFailed {
            message: first_line(message),
        }
    }

    /// Returns one line of plain text.
    pub fn line(&self) -> String {
        match self {
            Self::Started { model, version } if version.is_empty() && model.is_empty() => {
                "started".to_owned()
            }
            Self::Started { model, version } if version.is_empty() => format!("started: {model}"),
            Self::Started { model, version } => format!("started: {model} (version {version})"),
            Self::Text { text, sub } => format!("{}text: {text}", sub_mark(*sub)),
            Self::Tool { name, about, sub } => format!("{}{name} {about}", sub_mark(*sub))
                .trim_end()
                .to_owned(),
            Self::ToolFailed { message } => format!("tool failed: {message}"),
            Self::Denied { tool, message } => format!("denied: {tool}: {message}"),
            Self::Retrying {
                attempt,
                of,
                in_ms,
                error,
            } => {
                format!(
                    "waiting: {error}, retry {attempt}/{of} in {}s",
                    in_ms.div_ceil(1000)
                )
            }
            Self::Quota {
                status,
                window,
                used,
                resets_at,
            } => quota_line(status, window, *used, *resets_at),
            Self::Notice { text } => format!("note: {text}"),
            Self::Finished {
                error: Some(error), ..
            } => format!("failed: {error}"),
            Self::Finished { error: None, usage } => format!(
                "finished: {}, ${:.2}",
                count(usage.turns, "turn"),
                usage.cost_usd
            ),
            Self::Raw { text } => text.clone(),
            Self::Skipped { bytes } => format!("[a line of {bytes} bytes, too long to show]"),
        }
    }
}

fn sub_mark(sub: bool) -> &'static str {
    if sub { "sub-agent: " } else { "" }
}

fn quota_line(
    status: &str,
    window: &str,
    used: Option<f64>,
    resets_at: Option<Timestamp>,
) -> String {
    let mut line = format!("quota: {}", status.replace('_', " "));
    if !window.is_empty() {
        line += &format!(", {} window", window.replace('_', " "));
    }
    if let Some(used) = used {
        line += &format!(" {:.0} % used", used * 100.0);
    }
    if let Some(at) = resets_at {
        line += &format!(", resets {at:.0}");
    }
    line
}

/// Returns the main argument of a tool call: its file, command or pattern.
pub(in crate::agent) fn about(input: &Value) -> String {
    const KEYS: [&str; 14] = [
        "command",
        "cmd",
        "file_path",
        "filePath",
        "notebook_path",
        "path",
        "pattern",
        "url",
        "query",
        "skill",
        "description",
        "decision",
        "prompt",
        "subject",
    ];
    let found = KEYS
        .iter()
        .find_map(|key| input.get(key).and_then(Value::as_str));
    found.map(clean).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_is_shown_with_its_main_argument() {
        let input = serde_json::json!({"description": "runs tests", "command": "cargo test -q"});
        let tool = Activity::Tool {
            name: "Bash".to_owned(),
            about: about(&input),
            sub: false,
        };
        assert_eq!(tool.line(), "Bash cargo test -q");
    }

    #[test]
    fn a_retry_is_shown_with_its_reason_and_delay() {
        let wait = Activity::Retrying {
            attempt: 2,
            of: 10,
            in_ms: 3371,
            error: "overloaded (529)".to_owned(),
        };
        assert_eq!(wait.line(), "waiting: overloaded (529), retry 2/10 in 4s");
    }
}
