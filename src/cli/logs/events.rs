//! The journal, one line per event: `[12:30:59] agent_exited cursor=0.3.1 outcome=reported …`.
use crate::cli::format::Format;
use crate::error::Result;
use crate::exec::file_tail::FileTail;
use crate::ui;
use crate::ui::wrap::wrap;
use camino::Utf8Path;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use serde_json::Value;

/// The maximum length of a value, in characters.
const MAX_VALUE: usize = 120;
/// How long the time of an event is, and how far the lines are indented that continue one.
const INDENT: usize = 11;
/// Fields that identify a process beyond its pid, which do not help a reader.
const HIDDEN: [&str; 3] = ["start_ticks", "boot_id", "host"];

/// A journal being printed.
pub(super) struct JournalPrinter {
    journal: FileTail,
    format: Format,
    zone: TimeZone,
    ended: bool,
}

impl JournalPrinter {
    /// Begins with the last lines; 0 stands for all of them.
    pub(super) fn open(path: &Utf8Path, lines: usize, format: Format) -> Result<Self> {
        let mut journal = FileTail::open(path)?;
        journal.seek_to_last_lines(lines)?;
        Ok(Self {
            journal,
            format,
            zone: TimeZone::system(),
            ended: false,
        })
    }

    /// Prints what is new. Returns whether stdout is still read.
    pub(super) fn print(&mut self) -> Result<bool> {
        let Self {
            journal,
            format,
            zone,
            ended,
        } = self;
        let read = journal.read_lines(|line| {
            let event = serde_json::from_slice(line).ok();
            *ended = event.as_ref().is_some_and(is_end);
            let text = match (*format, &event) {
                (Format::Json, _) => String::from_utf8_lossy(line).into_owned(),
                (Format::Text, Some(event)) => wrapped(&render(event, zone)),
                (Format::Text, None) => {
                    format!("[--:--:--] unreadable line of {} bytes", line.len())
                }
            };
            ui::stream(&(text + "\n"))
        });
        Ok(read?)
    }

    /// Whether the last event printed ends the session.
    pub(super) fn ended(&self) -> bool {
        self.ended
    }
}

fn is_end(line: &Value) -> bool {
    line["event"]["type"] == "session_finished"
}

/// Breaks a line for the terminal, with the text below the text.
fn wrapped(line: &str) -> String {
    let Some(width) = ui::width() else {
        return line.to_owned();
    };
    let (at, event) = line.split_at(INDENT.min(line.len()));
    let room = width.saturating_sub(INDENT).max(INDENT);
    at.to_owned() + &wrap(event, room).join(&format!("\n{}", " ".repeat(INDENT)))
}

/// Returns one line for an event, of this format or a newer one.
fn render(line: &Value, zone: &TimeZone) -> String {
    let at = line["at"]
        .as_str()
        .and_then(|at| at.parse::<Timestamp>().ok());
    let at = at.map_or_else(
        || "--:--:--".to_owned(),
        |at| {
            Zoned::new(at, zone.clone())
                .strftime("%H:%M:%S")
                .to_string()
        },
    );
    let mut text = format!(
        "[{at}] {}",
        line["event"]["type"].as_str().unwrap_or("event")
    );
    let fields = line["event"].as_object().into_iter().flatten();
    fields
        .filter(|(key, value)| *key != "type" && !(*key == "until" && has_no_end(value)))
        .for_each(|(key, value)| field(&mut text, key, value));
    text
}

/// Whether a wait lasts until you end it: it has no time to show.
fn has_no_end(until: &Value) -> bool {
    let until = until.as_str().and_then(|until| until.parse().ok());
    until.is_some_and(|until: Timestamp| until == Timestamp::MAX)
}

/// Adds ` key=value`; what is inside the value follows under longer keys, what is empty is left out.
fn field(text: &mut String, key: &str, value: &Value) {
    match value {
        Value::Null => (),
        Value::Object(fields) if key == "cursor" => {
            let part = |name| fields.get(name).and_then(Value::as_u64).unwrap_or_default();
            *text += &format!(
                " cursor={}.{}.{}",
                part("node"),
                part("iteration"),
                part("attempt")
            );
        }
        Value::Object(fields) => {
            // A value with a `kind` is shown as its kind; its other fields follow under longer keys.
            if let Some(kind) = fields.get("kind") {
                field(text, key, kind);
            }
            let parts = fields
                .iter()
                .filter(|(name, _)| *name != "kind" && !HIDDEN.contains(&name.as_str()));
            parts.for_each(|(name, value)| field(text, &format!("{key}.{name}"), value));
        }
        Value::Array(all) if all.is_empty() => (),
        Value::String(word) if word.is_empty() => (),
        Value::String(word) => *text += &format!(" {key}={}", quoted(word)),
        Value::Array(_) | Value::Bool(_) | Value::Number(_) => {
            *text += &format!(" {key}={}", quoted(&value.to_string()));
        }
    }
}

/// Returns a value that cannot be mistaken for several, or for a command to the terminal.
fn quoted(word: &str) -> String {
    let plain = word
        .chars()
        .all(|letter| !letter.is_whitespace() && !letter.is_control() && letter != '"');
    if plain && word.chars().count() <= MAX_VALUE {
        return word.to_owned();
    }
    let mut clipped: String = word.chars().take(MAX_VALUE).collect();
    if clipped.len() < word.len() {
        clipped.push('…');
    }
    format!("\"{}\"", clipped.escape_debug())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn shown(event: &Value) -> String {
        render(
            &json!({"v": 2, "seq": 1, "at": "2026-01-02T03:04:05.678Z", "event": event}),
            &TimeZone::UTC,
        )
    }

    #[test]
    fn an_event_is_one_line_of_keys_and_values() {
        let cursor = json!({"node": 0, "iteration": 3, "attempt": 1});
        let status =
            json!({"decision": "continue", "summary": "one\ttask \u{1b}[31m", "errors": []});
        assert_eq!(
            shown(
                &json!({"type": "agent_exited", "cursor": cursor, "outcome": {"kind": "reported", "status": status}, "usage": {"turns": 2}})
            ),
            "[03:04:05] agent_exited cursor=0.3.1 outcome=reported outcome.status.decision=continue \
             outcome.status.summary=\"one\\ttask \\u{1b}[31m\" usage.turns=2"
        );
        let runner = json!({"pid": 7, "start_ticks": 9, "boot_id": "b", "host": "h"});
        assert_eq!(
            shown(&json!({"type": "runner_started", "runner": runner, "version": "1"})),
            "[03:04:05] runner_started runner.pid=7 version=1"
        );
    }

    #[test]
    fn a_wait_that_only_you_end_has_no_time() {
        let wait = |until: Timestamp| json!({"type": "wait_started", "until": until});
        assert_eq!(shown(&wait(Timestamp::MAX)), "[03:04:05] wait_started");
        assert!(shown(&wait(Timestamp::UNIX_EPOCH)).contains("until=1970"));
    }

    #[test]
    fn events_of_a_newer_version_are_shown() {
        assert_eq!(
            shown(&json!({"type": "moon_rose", "phase": [1, 2]})),
            "[03:04:05] moon_rose phase=[1,2]"
        );
        assert_eq!(render(&json!(5), &TimeZone::UTC), "[--:--:--] event");
    }

    #[test]
    fn long_values_are_clipped() {
        assert_eq!(
            quoted(&"é".repeat(MAX_VALUE + 1)).chars().count(),
            MAX_VALUE + 3
        );
    }
}
