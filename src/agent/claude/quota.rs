//! What Claude Code reports about the quota: in its events, to a status line, and when it is asked. Each has its own units.
use crate::agent::transcript::json::string;
use crate::model::{QuotaReport, Share, WindowName, WindowReading, WindowStatus};
use jiff::Timestamp;
use serde_json::{Value, json};

/// Windows of a report that are read; real ones have six.
const MAX_WINDOWS: usize = 16;

/// The time of a reset as a source writes it.
type ReadTime = fn(&Value) -> Option<Timestamp>;

/// Reads `rate_limit_info` of an event: fractions and seconds since 1970. Without a window it is throttling, no quota.
pub(super) fn of_event(info: &Value) -> QuotaReport {
    let mut report = QuotaReport::default();
    // Paid overage is served although the window itself is used up.
    let is_served = info.get("isUsingOverage").and_then(Value::as_bool) == Some(true);
    let status = |value: &Value| match WindowStatus::named(&string(value, "status")) {
        WindowStatus::Rejected if is_served => WindowStatus::AllowedWarning,
        status => status,
    };
    let windows = info.get("unifiedWindows").and_then(Value::as_object);
    for (name, value) in windows.into_iter().flatten().take(MAX_WINDOWS) {
        let source = WindowValue {
            name: WindowName::new(name),
            used: value.get("utilization"),
            share: Share::from_fraction,
            reset: value.get("resetsAt"),
            time: seconds,
            status: status(value),
        };
        source.add_to(&mut report);
    }
    let name = string(info, "rateLimitType");
    if !name.is_empty() {
        let name = WindowName::new(&name);
        let known = report.readings.iter().find(|known| known.window == name);
        let known = known.cloned();
        let source = WindowValue {
            used: info.get("utilization"),
            share: Share::from_fraction,
            reset: info.get("resetsAt"),
            time: seconds,
            status: status(info),
            name: name.clone(),
        };
        source.add_to(&mut report);
        // The event is about this window; what it leaves out may be in the table.
        if let (Some(known), Some(reading)) = (
            known,
            report.readings.iter_mut().find(|it| it.window == name),
        ) {
            reading.used = reading.used.or(known.used);
            reading.resets_at = reading.resets_at.or(known.resets_at);
        }
    }
    report
}

/// Reads the payload of a status line: percentages and seconds since 1970. It has no windows without a subscription.
pub fn of_status_line(payload: &Value) -> QuotaReport {
    let mut report = QuotaReport::default();
    let windows = payload.get("rate_limits").and_then(Value::as_object);
    for (name, value) in windows.into_iter().flatten().take(MAX_WINDOWS) {
        let source = WindowValue {
            name: WindowName::new(name),
            used: value.get("used_percentage"),
            share: Share::from_percent,
            reset: value.get("resets_at"),
            time: seconds,
            status: WindowStatus::Unknown,
        };
        source.add_to(&mut report);
    }
    report
}

/// Keeps Claude Code from asking for the quota, among others.
pub const NO_TRAFFIC: &str = "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC";

/// The id of the request that asks for the quota.
const REQUEST_ID: &str = "ap-quota";

/// Returns the line that asks Claude Code for the quota; no model is called.
pub fn usage_request() -> String {
    let request = json!({
        "type": "control_request",
        "request_id": REQUEST_ID,
        "request": { "subtype": "get_usage" },
    });
    format!("{request}\n")
}

/// What Claude Code answered when it was asked for the quota.
#[derive(Clone, Debug, PartialEq)]
pub enum UsageAnswer {
    Report(QuotaReport),
    /// The account has no windows.
    NoWindows,
    /// It answered something else.
    Failed(String),
}

/// Reads a line of Claude Code that was asked for the quota; nothing if it is not the answer. Its units are percentages
/// and ISO times.
pub fn usage_answer(line: &str) -> Option<UsageAnswer> {
    let value: Value = serde_json::from_str(line).ok()?;
    let response = value.get("response")?;
    if string(&value, "type") != "control_response" || string(response, "request_id") != REQUEST_ID
    {
        return None;
    }
    if string(response, "subtype") == "error" {
        return Some(UsageAnswer::Failed(string(response, "error")));
    }
    let content = response.get("response").unwrap_or(response);
    let limits = content.get("rate_limits");
    let is_available = content
        .get("rate_limits_available")
        .and_then(Value::as_bool);
    Some(match (is_available, limits.and_then(Value::as_object)) {
        (Some(false), _) => UsageAnswer::NoWindows,
        (_, Some(windows)) => UsageAnswer::Report(of_answer(windows)),
        (_, None) => UsageAnswer::Failed("it knows no windows at the moment".to_owned()),
    })
}

fn of_answer(windows: &serde_json::Map<String, Value>) -> QuotaReport {
    let mut report = QuotaReport::default();
    // `extra_usage` and the like have no `utilization` of a window.
    let windows = windows
        .iter()
        .filter(|(_, value)| value.get("resets_at").is_some());
    for (name, value) in windows.take(MAX_WINDOWS) {
        let source = WindowValue {
            name: WindowName::new(name),
            used: value.get("utilization"),
            share: Share::from_percent,
            reset: value.get("resets_at"),
            time: iso,
            status: WindowStatus::Unknown,
        };
        source.add_to(&mut report);
    }
    report
}

/// What a source reports about a window, with the units it uses.
struct WindowValue<'a> {
    name: WindowName,
    used: Option<&'a Value>,
    share: fn(f64) -> Result<Share, crate::model::OutOfRange>,
    reset: Option<&'a Value>,
    time: ReadTime,
    status: WindowStatus,
}

impl WindowValue<'_> {
    /// Adds the reading, or names the value that is not one of its unit.
    fn add_to(self, report: &mut QuotaReport) {
        let given = |value: Option<&'_ Value>| value.filter(|value| !value.is_null()).cloned();
        let used = match given(self.used) {
            None => None,
            Some(value) => match value.as_f64().map(self.share) {
                Some(Ok(share)) => Some(share),
                Some(Err(error)) => return report.refuse(&self.name, error.to_string()),
                None => return report.refuse(&self.name, format!("{value} is no number")),
            },
        };
        let resets_at = match given(self.reset) {
            None => None,
            Some(value) => match (self.time)(&value) {
                Some(at) => Some(at),
                None => {
                    return report.refuse(&self.name, format!("{value} is no time of a reset"));
                }
            },
        };
        report.add(WindowReading {
            window: self.name,
            used,
            resets_at,
            status: self.status,
        });
    }
}

/// More seconds than this since 1970 are milliseconds.
const FIRST_MILLISECONDS: i64 = 100_000_000_000;

fn seconds(value: &Value) -> Option<Timestamp> {
    let seconds = value
        .as_i64()
        .filter(|at| (0..FIRST_MILLISECONDS).contains(at))?;
    Timestamp::from_second(seconds).ok()
}

fn iso(value: &Value) -> Option<Timestamp> {
    value.as_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use insta::assert_snapshot;

    /// A line per window, then what is refused.
    fn shown(report: &QuotaReport) -> String {
        let readings = report.readings.iter().map(|it| {
            let used = it
                .used
                .map_or_else(|| "?".to_owned(), |used| used.to_string());
            let reset = it
                .resets_at
                .map_or_else(|| "?".to_owned(), |at| at.to_string());
            format!("{} {used} {reset} {:?}", it.window.as_str(), it.status)
        });
        let refused = report.refused.iter();
        let refused = refused.map(|it| format!("refused: {} {}", it.window.as_str(), it.why));
        readings.chain(refused).collect::<Vec<_>>().join("\n")
    }

    fn value(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn an_event_of_2_1_329_has_both_windows_as_fractions_and_seconds() {
        let info = value(
            r#"{"status":"allowed_warning","resetsAt":1795000000,"rateLimitType":"five_hour","utilization":0.91,"surpassedThreshold":0.9,"isUsingOverage":false,
                "unifiedWindows":{"five_hour":{"utilization":0.91,"resetsAt":1795000000,"status":"allowed_warning"},"seven_day":{"utilization":0.34,"resetsAt":1795300000,"status":"allowed"}}}"#,
        );
        assert_snapshot!(shown(&of_event(&info)), @r"
        seven_day 34 % 2026-11-21T22:26:40Z Allowed
        five_hour 91 % 2026-11-18T11:06:40Z AllowedWarning
        ");
    }

    #[test]
    fn an_event_of_2_1_197_names_one_window_and_its_share_only_in_a_warning() {
        let allowed = r#"{"status":"allowed","resetsAt":1795000000,"rateLimitType":"five_hour","isUsingOverage":false}"#;
        assert_snapshot!(shown(&of_event(&value(allowed))), @"five_hour ? 2026-11-18T11:06:40Z Allowed");
        let warning = r#"{"status":"allowed_warning","resetsAt":1795000000,"rateLimitType":"seven_day","utilization":0.78}"#;
        assert_snapshot!(shown(&of_event(&value(warning))), @"seven_day 78 % 2026-11-18T11:06:40Z AllowedWarning");
    }

    #[test]
    fn a_rejection_without_a_window_is_throttling_and_paid_overage_is_none() {
        assert!(of_event(&value(r#"{"status":"rejected","isUsingOverage":false}"#)).is_empty());
        let overage = r#"{"status":"rejected","resetsAt":1795000000,"rateLimitType":"five_hour","isUsingOverage":true}"#;
        assert_snapshot!(shown(&of_event(&value(overage))), @"five_hour ? 2026-11-18T11:06:40Z AllowedWarning");
    }

    #[test]
    fn values_outside_their_range_are_refused_and_named() {
        let info = value(
            r#"{"status":"allowed","rateLimitType":"five_hour","utilization":42,"resetsAt":1795000000,
                "unifiedWindows":{"seven_day":{"utilization":0.5,"resetsAt":1795000000000},"a":{"utilization":"x"},"b":{"utilization":-0.1}}}"#,
        );
        assert_snapshot!(shown(&of_event(&info)), @r#"
        refused: a "x" is no number
        refused: b -0.1 is outside 0 to 1
        refused: seven_day 1795000000000 is no time of a reset
        refused: five_hour 42 is outside 0 to 1
        "#);
    }

    #[test]
    fn a_status_line_has_percentages_and_may_have_no_limits() {
        let payload = value(
            r#"{"session_id":"x","rate_limits":{"five_hour":{"used_percentage":1,"resets_at":1795000000},"seven_day":{"used_percentage":61.5,"resets_at":1795300000}}}"#,
        );
        assert_snapshot!(shown(&of_status_line(&payload)), @r"
        five_hour 1 % 2026-11-18T11:06:40Z Unknown
        seven_day 61.5 % 2026-11-21T22:26:40Z Unknown
        ");
        assert!(of_status_line(&value(r#"{"session_id":"x"}"#)).is_empty());
        assert!(of_status_line(&value("[1]")).is_empty());
    }

    #[test]
    fn an_answer_has_percentages_and_iso_times() {
        let line = r#"{"type":"control_response","response":{"subtype":"success","request_id":"ap-quota","response":{"session":{},"subscription_type":"max","rate_limits_available":true,"rate_limits":{"five_hour":{"utilization":42,"resets_at":"2026-11-30T15:00:00+00:00"},"seven_day":{"utilization":61,"resets_at":"2026-12-04T09:00:00Z"},"seven_day_opus":{"utilization":0,"resets_at":null},"seven_day_sonnet":null,"extra_usage":{"is_enabled":false}},"behaviors":{}}}}"#;
        let Some(UsageAnswer::Report(report)) = usage_answer(line) else {
            panic!("{:?}", usage_answer(line));
        };
        assert_snapshot!(shown(&report), @r"
        five_hour 42 % 2026-11-30T15:00:00Z Unknown
        seven_day 61 % 2026-12-04T09:00:00Z Unknown
        seven_day_opus 0 % ? Unknown
        ");
    }

    #[test]
    fn other_answers_are_no_report() {
        let answer = |inner: &str| {
            usage_answer(&format!(
                r#"{{"type":"control_response","response":{{"subtype":"success","request_id":"ap-quota","response":{inner}}}}}"#
            ))
        };
        assert_eq!(
            answer(r#"{"rate_limits_available":false,"rate_limits":null}"#),
            Some(UsageAnswer::NoWindows)
        );
        let failed = answer(r#"{"rate_limits_available":true,"rate_limits":null}"#);
        assert!(matches!(failed, Some(UsageAnswer::Failed(_))));
        for line in ["", "x", "{}", r#"{"type":"system","subtype":"init"}"#] {
            assert_eq!(usage_answer(line), None, "{line}");
        }
    }
}
