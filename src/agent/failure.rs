//! Classifies the failures that programs report. Only such reports are read here, never an agent's own text.
use jiff::SignedDuration;

/// The kind of a failure of a program that could not start, for a reason that a retry does not change.
pub(super) const STARTUP: &str = "startup_failed";
/// The kind of a failure of a program that has used up the budget it was given.
pub(super) const BUDGET: &str = "budget_exhausted";
/// The kind of an end after as many turns as the program was allowed.
pub(super) const TURNS: &str = "max_turns";
/// The kind of a failure of a provider that limits requests; a used up quota is [`QUOTA`] where the words tell.
pub(super) const RATE_LIMIT: &str = "rate_limit";
/// The kind of a failure of an account whose quota is used up.
pub(super) const QUOTA: &str = "quota_exhausted";
/// The kind of a failure of the provider's servers, or of the way to them.
pub(super) const OUTAGE: &str = "server_error";

/// Returns the kind of a failure, by Claude Code's name for it; empty if a retry may help.
///
/// An HTTP status decides where there is one. The words come from the programs' sources and issue trackers.
pub(super) fn kind(status: Option<i64>, text: &str) -> &'static str {
    match status {
        Some(429) if has_any(&text.to_lowercase(), &QUOTA_WORDS) => QUOTA,
        Some(429) => RATE_LIMIT,
        Some(408 | 500..=599) => OUTAGE,
        Some(401 | 403) => "authentication_failed",
        Some(402) => "billing_error",
        _ => by_words(&text.to_lowercase()),
    }
}

const PAYMENT: [&str; 3] = ["out of credits", "spend cap", "insufficient credit"];
const QUOTA_WORDS: [&str; 7] = [
    "usage limit",
    "session limit",
    "hour limit",
    "weekly limit",
    "monthly limit",
    "quota",
    "exhausted your capacity",
];
const THROTTLE: [&str; 6] = [
    "limit reached",
    "rate limit",
    "rate_limit",
    "ratelimit",
    "too many requests",
    "resource_exhausted",
];
const OUTAGE_WORDS: [&str; 27] = [
    "overloaded",
    "internal server error",
    "internal error",
    "bad gateway",
    "service unavailable",
    "gateway timeout",
    "temporarily unavailable",
    "currently unavailable",
    "high demand",
    "econnrefused",
    "econnreset",
    "econnaborted",
    "etimedout",
    "enetunreach",
    "ehostunreach",
    "enotfound",
    "eai_again",
    "epipe",
    "connection refused",
    "connection reset",
    "connection error",
    "socket hang up",
    "fetch failed",
    "stream disconnected",
    "error sending request",
    "request timed out",
    "network error",
];
const OUTAGE_NUMBERS: [&str; 5] = ["500", "502", "503", "504", "529"];
const LOGIN: [&str; 7] = [
    "unauthorized",
    "not logged in",
    "log in",
    "sign in",
    "authentication",
    "invalid api key",
    "no authentication information",
];
const NO_MODEL: [&str; 5] = [
    "not found",
    "does not exist",
    "not supported",
    "not available",
    "unknown model",
];

fn has_any(text: &str, phrases: &[&str]) -> bool {
    phrases.iter().any(|phrase| text.contains(phrase))
}

fn by_words(text: &str) -> &'static str {
    let has = |phrases: &[&str]| has_any(text, phrases);
    let has_number = |number: &str| {
        text.split(|c: char| !c.is_ascii_alphanumeric())
            .any(|word| word == number)
    };
    if has(&PAYMENT) {
        "billing_error"
    } else if has(&QUOTA_WORDS) {
        QUOTA
    } else if has(&THROTTLE) || has_number("429") {
        RATE_LIMIT
    } else if has(&LOGIN) || has_number("401") {
        "authentication_failed"
    } else if has(&OUTAGE_WORDS) || OUTAGE_NUMBERS.into_iter().any(has_number) {
        OUTAGE
    } else if text.contains("model") && has(&NO_MODEL) {
        "model_not_found"
    } else {
        ""
    }
}

/// Returns the time until the quota comes back, where the text has it: `… will reset after 8h44m7s.`, `in 4 days 20 hours`.
pub(super) fn resets_in(text: &str) -> Option<SignedDuration> {
    let text = text.to_lowercase();
    let starts = ["reset after ", "resets after ", "try again after ", "in "];
    let mut waits = starts.iter().flat_map(|words| {
        text.match_indices(words)
            .map(|(at, found)| at + found.len())
    });
    waits.find_map(|at| duration(&text[at..]))
}

/// Reads a duration at the start of a text: `8h44m7s`, `4 days 20 hours`, `2 hours and 5 minutes`.
fn duration(text: &str) -> Option<SignedDuration> {
    let end = text
        .find(|c: char| !c.is_ascii_alphanumeric())
        .unwrap_or(text.len());
    if let Ok(wait) = text[..end].parse::<SignedDuration>() {
        return Some(wait).filter(SignedDuration::is_positive);
    }
    let mut words = text
        .split(|c: char| c.is_whitespace() || c == ',')
        .filter(|word| !word.is_empty() && *word != "and");
    let mut seconds = 0_i64;
    while let Some((count, unit)) = words.next().zip(words.next()) {
        let Some((count, unit)) = count.parse::<i64>().ok().zip(unit_seconds(unit)) else {
            break;
        };
        seconds = seconds.saturating_add(count.saturating_mul(unit));
    }
    (seconds > 0).then(|| SignedDuration::from_secs(seconds))
}

fn unit_seconds(unit: &str) -> Option<i64> {
    let unit = unit.trim_end_matches(|c: char| !c.is_ascii_alphabetic());
    match unit.strip_suffix('s').unwrap_or(unit) {
        "week" => Some(7 * 86_400),
        "day" => Some(86_400),
        "hour" | "hr" => Some(3600),
        "minute" | "min" => Some(60),
        "second" | "sec" => Some(1),
        _ => None,
    }
}

/// Whether the text names a time of day or a date of the reset, which is not read: `try again at Dec 3rd, 2026 9:00 AM`.
pub(super) fn names_a_reset(text: &str) -> bool {
    let text = text.to_lowercase();
    has_any(
        &text,
        &[
            "again at ",
            "resets at ",
            "reset at ",
            "reset on ",
            "resets on ",
        ],
    )
}

/// Returns the number with which a text says when the quota comes back, in seconds since 1970:
/// `… usage limit reached|1765000000`.
pub(super) fn reset_number(text: &str) -> Option<i64> {
    let (_, rest) = text.rsplit_once("reached|")?;
    let end = rest
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(rest.len());
    rest[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_classified() {
        let kinds = [
            "You've hit your usage limit. Try again later.",
            "exceeded retry limit, last status: 429 Too Many Requests",
            "You have exhausted your capacity on this model. Your quota will reset after 8h44m7s.",
            "Your workspace is out of credits. Add credits to continue.",
            "unexpected status 401 Unauthorized: Missing bearer",
            "The model `gpt-9` does not exist or you do not have access to it.",
            "stream disconnected before completion: error at byte 4290",
        ];
        let expected = [
            QUOTA,
            RATE_LIMIT,
            QUOTA,
            "billing_error",
            "authentication_failed",
            "model_not_found",
            OUTAGE,
        ];
        assert_eq!(kinds.map(|text| kind(None, text)), expected);
        assert_eq!(
            [402, 403, 429, 500, 529, 400].map(|status| kind(Some(status), "")),
            [
                "billing_error",
                "authentication_failed",
                RATE_LIMIT,
                OUTAGE,
                OUTAGE,
                ""
            ]
        );
    }

    #[test]
    fn the_time_of_a_reset_is_read() {
        let read = |text| resets_in(text).map(|wait| wait.as_secs());
        assert_eq!(read("Your quota will reset after 8h44m7s."), Some(31_447));
        assert_eq!(
            [
                read("reset after 0s"),
                read("reset after a while"),
                read("try again at 3:05 PM"),
                read("try again at Dec 3rd, 2026 9:00 AM"),
                read("in 99999999999999999999 days"),
            ],
            [None; 5]
        );
        for (text, seconds) in [
            ("try again in 4 days 20 hours.", 417_600),
            ("Try again in 2 hours", 7200),
            ("or try again in 1 hour and 5 minutes, or upgrade", 3900),
            (
                "in this plan your limit resets in 3 days, 2 hours and 1 minute.",
                266_460,
            ),
            ("available again in 90 seconds", 90),
        ] {
            assert_eq!(read(text), Some(seconds), "{text}");
        }
    }

    #[test]
    fn a_date_that_is_not_read_is_noticed() {
        assert!(names_a_reset("try again at Dec 3rd, 2026 9:00 AM"));
        assert!(!names_a_reset("try again in 2 hours"));
    }

    #[test]
    fn a_number_behind_a_bar_is_read() {
        assert_eq!(
            reset_number("Claude AI usage limit reached|1765000000"),
            Some(1_765_000_000)
        );
        assert_eq!(reset_number("limit reached|17."), Some(17));
        assert_eq!(
            ["reached|", "reached|soon", "a|1765000000"].map(reset_number),
            [None; 3]
        );
    }
}
