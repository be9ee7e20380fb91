//! What the recorded output of both versions of Claude Code reports about the quota.
use super::*;
use crate::agent::{UsageAnswer, of_status_line, usage_answer};
use crate::model::QuotaReport;

/// A line per window: its name, what is used, the minutes to its reset, and the status.
fn shown(report: &QuotaReport) -> Vec<String> {
    let now: jiff::Timestamp = NOW.parse().unwrap();
    let readings = report.readings.iter().map(|it| {
        let used = it
            .used
            .map_or_else(|| "?".to_owned(), |used| used.to_string());
        let reset = it.resets_at.map(|at| at.duration_since(now).as_mins());
        format!(
            "{} {used} {} {:?}",
            it.window.as_str(),
            reset.unwrap_or(-1),
            it.status
        )
    });
    readings.collect()
}

#[test]
fn every_recorded_event_of_both_versions_is_read() {
    let read = |bytes| {
        let (mut transcript, _) = read(bytes);
        let report = transcript.take_quota();
        assert_eq!(report.refused, []);
        shown(&report)
    };
    assert_eq!(
        read(sample!("claude/quota-rejected")),
        [
            "seven_day 31 % 5759 Allowed",
            "five_hour 100 % 179 Rejected"
        ]
    );
    assert_eq!(
        read(sample!("claude/quota-rejected-197")),
        ["five_hour ? 179 Rejected"]
    );
    assert_eq!(
        read(sample!("claude/quota-rejected-midway")),
        [
            "seven_day 31 % 5759 Allowed",
            "five_hour 100 % 179 Rejected"
        ]
    );
    assert_eq!(
        read(sample!("claude/quota-warning")),
        [
            "seven_day 31 % 5759 Allowed",
            "five_hour 93 % 179 AllowedWarning"
        ]
    );
    assert_eq!(
        read(sample!("claude/quota-weekly")),
        [
            "five_hour 20 % 219 Allowed",
            "seven_day 100 % 6736 Rejected"
        ]
    );
    // Throttling of a login, requests with a key, and a run without limits report no window.
    for bytes in [
        &sample!("claude/429-oauth")[..],
        &sample!("claude/429-key")[..],
        &sample!("claude/success")[..],
        &sample!("claude/success-197")[..],
    ] {
        assert_eq!(read(bytes), Vec::<String>::new());
    }
}

#[test]
fn recorded_answers_and_payloads_are_read() {
    let answer = |bytes| {
        let text = String::from_utf8_lossy(bytes).into_owned();
        text.lines().find_map(usage_answer)
    };
    // Of 2.1.329 without a login.
    assert_eq!(
        answer(sample!("claude/get-usage-no-login")),
        Some(UsageAnswer::NoWindows)
    );
    let Some(UsageAnswer::Report(report)) = answer(sample!("claude/get-usage")) else {
        panic!("no report");
    };
    assert_eq!(
        shown(&report),
        [
            "five_hour 42 % 179 Unknown",
            "seven_day 31 % 5759 Unknown",
            "seven_day_opus 0 % -1 Unknown"
        ]
    );
    let payload = serde_json::from_slice(sample!("claude/statusline")).unwrap();
    assert_eq!(
        shown(&of_status_line(&payload)),
        ["five_hour 42 % 179 Unknown", "seven_day 31 % 5759 Unknown"]
    );
}
