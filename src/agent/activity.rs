//! One thing an agent did that is worth showing.
use crate::model::Usage;
use crate::text::{clean, count};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

/// What an agent just did. Its texts are clean: one line, no control characters, clipped.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Activity {
    /// The provider answered: which model, which version of the program.
    Started {
        model: String,
        version: String,
    },
    /// The agent's own words; `sub` when a sub-agent says them.
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
    /// The provider fails and is asked again.
    Retrying {
        attempt: u64,
        of: u64,
        in_ms: u64,
        error: String,
    },
    /// How much of a quota window is used, when the provider says so.
    Quota {
        status: String,
        window: String,
        used: Option<f64>,
        resets_at: Option<Timestamp>,
    },
    /// Something the provider says about itself.
    Notice {
        text: String,
    },
    /// A result: the agent's last word, unless another one follows.
    Finished {
        error: Option<String>,
        usage: Usage,
    },
    /// Output that is not an event we know: kept and shown as it is.
    Raw {
        text: String,
    },
    /// A line too long to keep.
    Skipped {
        bytes: u64,
    },
}

impl Activity {
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

/// Returns what a tool call is about: the one argument a person wants to see.
pub(super) fn about(input: &Value) -> String {
    const TELLING: [&str; 14] = [
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
    let told = TELLING
        .iter()
        .find_map(|key| input.get(key).and_then(Value::as_str));
    told.map(clean).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_is_shown_with_what_it_is_about() {
        let input = serde_json::json!({"description": "runs tests", "command": "cargo test -q"});
        let tool = Activity::Tool {
            name: "Bash".to_owned(),
            about: about(&input),
            sub: false,
        };
        assert_eq!(tool.line(), "Bash cargo test -q");
    }

    #[test]
    fn a_wait_says_why_and_how_long() {
        let wait = Activity::Retrying {
            attempt: 2,
            of: 10,
            in_ms: 3371,
            error: "overloaded (529)".to_owned(),
        };
        assert_eq!(wait.line(), "waiting: overloaded (529), retry 2/10 in 4s");
    }
}
