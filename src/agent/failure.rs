//! Classifies the failures that programs report. Only such reports are read here, never an agent's own text.
use jiff::SignedDuration;

/// Returns the kind of a failure, by Claude Code's name for it; empty if a retry may help.
///
/// An HTTP status decides where there is one. The words come from the programs' sources and issue trackers.
pub(super) fn kind(status: Option<i64>, text: &str) -> &'static str {
    match status {
        Some(429) => "rate_limit",
        Some(401 | 403) => "authentication_failed",
        Some(402) => "billing_error",
        _ => by_words(&text.to_lowercase()),
    }
}

const PAYMENT: [&str; 3] = ["out of credits", "spend cap", "insufficient credit"];
const LIMIT: [&str; 8] = [
    "usage limit",
    "rate limit",
    "rate_limit",
    "ratelimit",
    "quota",
    "too many requests",
    "resource_exhausted",
    "exhausted your capacity",
];
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

fn by_words(text: &str) -> &'static str {
    let has = |phrases: &[&str]| phrases.iter().any(|phrase| text.contains(phrase));
    let has_number = |number: &str| {
        text.split(|c: char| !c.is_ascii_alphanumeric())
            .any(|word| word == number)
    };
    if has(&PAYMENT) {
        "billing_error"
    } else if has(&LIMIT) || has_number("429") {
        "rate_limit"
    } else if has(&LOGIN) || has_number("401") {
        "authentication_failed"
    } else if text.contains("model") && has(&NO_MODEL) {
        "model_not_found"
    } else {
        ""
    }
}

/// Returns the time until the quota comes back, where the text has it: `… will reset after 8h44m7s.`
pub(super) fn resets_in(text: &str) -> Option<SignedDuration> {
    let rest = ["reset after ", "resets in ", "try again in "]
        .iter()
        .find_map(|words| text.split_once(words))?
        .1;
    let end = rest
        .find(|c: char| !c.is_ascii_alphanumeric())
        .unwrap_or(rest.len());
    rest[..end]
        .parse()
        .ok()
        .filter(|wait: &SignedDuration| wait.is_positive())
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
            "rate_limit",
            "rate_limit",
            "rate_limit",
            "billing_error",
            "authentication_failed",
            "model_not_found",
            "",
        ];
        assert_eq!(kinds.map(|text| kind(None, text)), expected);
        assert_eq!(
            [402, 403, 429, 500].map(|status| kind(Some(status), "")),
            ["billing_error", "authentication_failed", "rate_limit", ""]
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
                read("try again at 3:05 PM")
            ],
            [None; 3]
        );
    }
}
