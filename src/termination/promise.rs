//! Stop when an agent gives its word, the way the first Ralph loops did.
use super::Evidence;
use crate::model::NodeEnding;

/// How many promises of one agent are kept, and how long one may be, in characters.
const MOST: usize = 8;
const LONGEST: usize = 200;

pub(super) fn ending(text: &str, seen: &Evidence<'_>) -> Option<NodeEnding> {
    seen.promises
        .iter()
        .any(|promise| promise == text)
        .then(|| NodeEnding::Promised {
            text: text.to_owned(),
        })
}

/// Returns what an agent's last words promise: each `<promise>…</promise>` that is a line of its own, outside of code
/// blocks. In prose it is talk about promises, and in a quoted prompt somebody else's.
pub fn promises(last_words: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut quoted = false;
    for line in last_words.lines().map(str::trim) {
        if line.starts_with("```") || line.starts_with("~~~") {
            quoted = !quoted;
        }
        let inner = line
            .strip_prefix("<promise>")
            .and_then(|rest| rest.strip_suffix("</promise>"))
            .map(str::trim);
        let plain = inner.filter(|text| {
            !quoted
                && !text.is_empty()
                && !text.contains("promise>")
                && text.chars().count() <= LONGEST
        });
        if let Some(text) = plain.filter(|_| found.len() < MOST) {
            found.push(text.to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_line_of_its_own_is_a_promise() {
        assert_eq!(
            promises("All done.\n  <promise> COMPLETE </promise>\n"),
            ["COMPLETE"]
        );
        for talk in [
            "I will print <promise>COMPLETE</promise> when I am done",
            "<promise>COMPLETE</promise> is what I would say",
            "```\n<promise>COMPLETE</promise>\n```",
            "<promise></promise>",
            "<promise>a</promise><promise>b</promise>",
            "> <promise>COMPLETE</promise>",
        ] {
            assert!(promises(talk).is_empty(), "{talk}");
        }
    }
}
