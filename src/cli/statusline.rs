//! `ap hook statusline`: the status line of your own Claude Code. Its payload shows how much of the quota is used, so your
//! own use counts too. It is quick, and whatever happens it prints a line and succeeds.
use super::account::agent_env;
use super::context::Context;
use super::recent_sessions::load_recent;
use crate::agent::{Provider, of_status_line};
use crate::error::{ExitCode, Result};
use crate::exec::moment;
use crate::model::{Account, QuotaReport, QuotaSource, SessionStatus, WindowName};
use crate::store::quota::{self, Report};
use crate::text::clean;
use crate::ui::out;
use serde_json::Value;
use std::io::Read as _;

/// A longer payload is not one of a status line.
const MAX_PAYLOAD: u64 = 1 << 20;
/// Characters of the name of a Claude session that fit.
const MAX_NAME: usize = 24;
/// Characters of an id that are shown where a session has no name.
const SHOWN_ID: usize = 8;
/// Sessions of the project that are named.
const MAX_SESSIONS: usize = 3;

pub(super) fn run(context: &Context) -> Result<ExitCode> {
    let mut text = Vec::new();
    // What cannot be read has no payload.
    let _ = std::io::stdin().take(MAX_PAYLOAD).read_to_end(&mut text);
    let payload: Value = serde_json::from_slice(&text).unwrap_or_default();
    let report = of_status_line(&payload);
    remember(&report, context);
    let running: Vec<String> = load_recent(&context.project)
        .iter()
        .filter(|seen| SessionStatus::is_active(seen.status))
        .map(|seen| seen.name.to_string())
        .collect();
    // Claude Code shows no error of a status line.
    let _ = out(line(&payload, &report, &running));
    Ok(ExitCode::Done)
}

/// Keeps the numbers for all sessions. Without a subscription there are none.
fn remember(report: &QuotaReport, context: &Context) {
    let Some(account) = subscription(context).filter(|_| !report.is_empty()) else {
        return;
    };
    let report = Report {
        account: &account,
        source: QuotaSource::StatusLine,
        report: report.clone(),
        seen: &moment(),
        // A runner gives the warnings, which have a place in its journal.
        warn_on: None,
    };
    if let Err(error) = quota::record(&context.dirs, report) {
        tracing::info!(%error, "quota.json: the status line is not recorded");
    }
}

/// Returns the subscription that Claude Code uses here, which agents of `ap` use too. It has windows, so it is no key.
pub(super) fn subscription(context: &Context) -> Option<Account> {
    let mut env = agent_env(&context.env, false);
    for key in ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"] {
        env.remove(key);
    }
    Provider::named("claude")?.adapter().account(&env)
}

/// Returns the line: the Claude session, its quota, and the sessions of `ap` that run in the project.
fn line(payload: &Value, report: &QuotaReport, running: &[String]) -> String {
    let text = |key: &str| payload.get(key).and_then(Value::as_str).map(clean);
    let clipped = |text: String, most: usize| text.chars().take(most).collect::<String>();
    let name = text("session_name").filter(|name| !name.is_empty());
    let id = || text("session_id").map(|id| clipped(id, SHOWN_ID));
    let session = name.map(|name| clipped(name, MAX_NAME)).or_else(id);
    let used = |name: &str, short: &str| {
        let reading = report.readings.iter().find(|it| it.window.as_str() == name);
        let used = reading.and_then(|reading| reading.used)?;
        Some(format!("{short} {:.0}%", used.fraction() * 100.0))
    };
    let sessions = (!running.is_empty()).then(|| {
        let named = running.iter().take(MAX_SESSIONS).cloned();
        let named = named.collect::<Vec<_>>().join(", ");
        let more = running.len().saturating_sub(MAX_SESSIONS);
        let more = if more == 0 {
            String::new()
        } else {
            format!(" +{more}")
        };
        format!("ap: {named}{more}")
    });
    let parts = [
        session,
        used(WindowName::FIVE_HOUR, "5h"),
        used(WindowName::SEVEN_DAY, "7d"),
        sessions,
    ];
    let parts: Vec<String> = parts
        .into_iter()
        .flatten()
        .filter(|it| !it.is_empty())
        .collect();
    if parts.is_empty() {
        "ap".to_owned()
    } else {
        parts.join(" · ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn shown(payload: &Value, running: &[&str]) -> String {
        let running: Vec<String> = running.iter().map(|name| (*name).to_owned()).collect();
        line(payload, &of_status_line(payload), &running)
    }

    #[test]
    fn the_line_has_the_session_the_quota_and_what_runs() {
        let payload = json!({
            "session_id": "0f3c9a2e-1111", "session_name": "refactor",
            "rate_limits": {
                "five_hour": { "used_percentage": 42.4, "resets_at": 1_795_000_000 },
                "seven_day": { "used_percentage": 61, "resets_at": 1_795_300_000 },
            },
        });
        assert_eq!(
            shown(&payload, &["auth", "docs"]),
            "refactor · 5h 42% · 7d 61% · ap: auth, docs"
        );
        assert_eq!(
            shown(
                &json!({ "session_id": "0f3c9a2e-1111" }),
                &["a", "b", "c", "d"]
            ),
            "0f3c9a2e · ap: a, b, c +1"
        );
    }

    #[test]
    fn a_payload_without_limits_or_of_another_shape_still_gives_a_line() {
        for payload in [json!(null), json!([]), json!({ "session_id": 5 })] {
            assert_eq!(shown(&payload, &[]), "ap", "{payload}");
        }
        let odd = json!({ "rate_limits": { "five_hour": { "used_percentage": 420 } } });
        assert_eq!(shown(&odd, &[]), "ap");
    }
}
