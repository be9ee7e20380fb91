//! What a program's report of a failure amounts to. Only texts that report failures are read here, never an agent's own words.
use jiff::SignedDuration;

/// Returns the kind of a failure, in Claude Code's words for it; empty if trying again may help.
///
/// An HTTP status decides where there is one. The words are those the programs' sources and issue trackers show.
pub(super) fn kind(status: Option<i64>, text: &str) -> &'static str {
    match status {
        Some(429) => "rate_limit",
        Some(401 | 403) => "authentication_failed",
        Some(402) => "billing_error",
        _ => by_words(&text.to_lowercase()),
    }
}

fn by_words(text: &str) -> &'static str {
    const PAY: [&str; 3] = ["out of credits", "spend cap", "insufficient credit"];
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
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let code = |code: &str| {
        text.split(|c: char| !c.is_ascii_alphanumeric())
            .any(|word| word == code)
    };
    let no_model = text.contains("model")
        && has(&[
            "not found",
            "does not exist",
            "not supported",
            "not available",
            "unknown model",
        ]);
    if has(&PAY) {
        "billing_error"
    } else if has(&LIMIT) || code("429") {
        "rate_limit"
    } else if has(&LOGIN) || code("401") {
        "authentication_failed"
    } else if no_model {
        "model_not_found"
    } else {
        ""
    }
}

/// Returns in how long the quota comes back, where the text says so: `… will reset after 8h44m7s.`
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
    fn failures_are_told_apart() {
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
    fn a_reset_is_read_where_it_is_told() {
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
