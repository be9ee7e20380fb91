//! A line of the log of everything, as it is shown: `12:30:59  app  agent_exited  reason  (field=value, …)`.
use crate::clock;
use crate::text::clean;
use crate::ui::style::Look;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use serde_json::{Map, Value};

/// What a line is found by, which `--json` shows.
const KEYS: [&str; 8] = [
    "v", "at", "seq", "version", "project", "run", "from", "kind",
];
/// What says in words what happened comes first.
const WORDS: [&str; 4] = ["reason", "text", "answer", "title"];
/// Then what it amounts to.
const RESULTS: [&str; 5] = ["status", "outcome", "verdict", "decision", "wait"];
/// How wide projects and kinds are.
const WIDTHS: (usize, usize) = (16, 18);

/// Returns a line in words. Lines of newer versions are shown like others.
pub(in crate::cli) fn shown(line: &[u8]) -> String {
    let Ok(Value::Object(fields)) = serde_json::from_slice(line) else {
        return format!("--:--:--  unreadable line of {} bytes", line.len());
    };
    let word = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default();
    let kind = Look::apply(look(&fields), format!("{:<1$}", word("kind"), WIDTHS.1));
    let project = format!("{:<1$}", word("project"), WIDTHS.0);
    let mut text = format!("{}  {project}  {kind}", time(word("at"), clock::now()));
    let results = RESULTS.iter().chain(&WORDS);
    for found in results.map(|name| word(name)).filter(|it| !it.is_empty()) {
        text += &format!("  {}", clean(found));
    }
    let rest: Vec<String> = fields
        .iter()
        .filter(|(name, value)| is_extra(name, value, &fields))
        .map(|(name, value)| format!("{name}={}", plain(value)))
        .collect();
    if !rest.is_empty() {
        text += &format!("  ({})", rest.join(", "));
    }
    text.trim_end().to_owned()
}

/// Whether a field is shown behind the words.
fn is_extra(name: &str, value: &Value, fields: &Map<String, Value>) -> bool {
    let is_said = |names: &[&str]| names.contains(&name) && value.is_string();
    let is_empty = match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(all) => all.is_empty(),
        Value::Object(all) => all.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    };
    // A project's session has its name.
    let is_project = name == "session" && fields.get("project") == Some(value);
    !(KEYS.contains(&name) || is_said(&WORDS) || is_said(&RESULTS) || is_empty || is_project)
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => clean(text),
        other => other.to_string(),
    }
}

fn time(at: &str, now: Timestamp) -> String {
    let Ok(at) = at.parse::<Timestamp>() else {
        return "--:--:--".to_owned();
    };
    let zoned = |at: Timestamp| Zoned::new(at, TimeZone::system());
    let (at, now) = (zoned(at), zoned(now));
    if at.date() == now.date() {
        return at.strftime("%H:%M:%S").to_string();
    }
    at.strftime("%b %d %H:%M:%S").to_string()
}

/// Returns how serious an event is.
fn look(fields: &Map<String, Value>) -> Look {
    let word = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default();
    match word("kind") {
        "agent_exited" => match word("outcome") {
            "reported" => Look::Active,
            "cancelled" => Look::Plain,
            "rate_limited" | "throttled" | "outage" | "environment" => Look::Odd,
            _ => Look::Bad,
        },
        "iteration_started" | "supervisor_started" | "session_started" => Look::Active,
        "gate_answered" => match word("verdict") {
            "stop" => Look::Good,
            "broken" => Look::Bad,
            _ => Look::Odd,
        },
        "status_changed" | "session_finished" => match word("status") {
            "done" | "complete" => Look::Good,
            "blocked" | "unfit" | "failed" => Look::Bad,
            "waiting" | "paused" | "detached" | "limit_reached" | "stopped" | "interrupted" => {
                Look::Odd
            }
            _ => Look::Plain,
        },
        "notification_failed" | "journal_repaired" | "files_touched" => Look::Bad,
        "wait_started" if word("wait") == "delay" => Look::Plain,
        "wait_started"
        | "quota_warned"
        | "question_asked"
        | "budget_reached"
        | "budget_held"
        | "fleet_paused"
        | "supervisor_stopping" => Look::Odd,
        _ => Look::Plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_shown_what_it_amounts_to_and_the_reason_first() {
        let line = br#"{"v":1,"at":"2026-11-30T12:30:59Z","seq":7,"version":"0.1.0","project":"app","session":"app","run":"r1","from":9,"kind":"agent_exited","iteration":3,"outcome":"crashed","reason":"exit code 1: no memory","summary":"","tasks_closed":null,"cost_usd":0.5}"#;
        let text = console::strip_ansi_codes(&shown(line)).into_owned();
        let text = text.split_once("  ").unwrap().1;
        assert_eq!(
            text,
            "app               agent_exited        crashed  exit code 1: no memory  (cost_usd=0.5, iteration=3)"
        );
    }

    #[test]
    fn a_line_of_a_newer_version_or_none_is_shown_as_far_as_it_goes() {
        let newer =
            br#"{"v":9,"at":"soon","project":"app","kind":"moon_rose","phase":{"full":true}}"#;
        let text = shown(newer);
        assert!(text.starts_with("--:--:--  app "), "{text}");
        assert!(
            text.ends_with(r#"moon_rose           (phase={"full":true})"#),
            "{text}"
        );
        assert_eq!(shown(b"{"), "--:--:--  unreadable line of 1 bytes");
        // An error that is an object is not hidden.
        let odd = br#"{"at":"2026-11-30T12:30:59Z","kind":"x","reason":{"code":1}}"#;
        assert!(shown(odd).ends_with(r#"(reason={"code":1})"#));
    }
}
