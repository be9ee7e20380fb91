//! The files of a loop that is made of a prompt.
use crate::plan::template;

/// What every agent must know to report.
const REPORT: &str = include_str!("report.md");
/// When the loop ends if the prompt promises nothing.
const JUDGMENT: &str = "  type: judgment # the agents decide";

/// Returns the content of one of the loop's files; `text` is what it would be without the prompt.
pub(super) fn file(name: &str, text: &str, prompt: &str) -> String {
    match (name, promise(prompt)) {
        ("prompt.md", promise) => {
            let report = promise.map_or_else(
                || REPORT.to_owned(),
                |_| REPORT.replace(", `stop` if nothing of substance is left", ""),
            );
            format!("{}\n\n{report}", template::literal(prompt.trim_end()))
        }
        ("loop.yaml", promise) => {
            let text = text.replace(
                "Improve one thing at a time until two agents in a row find nothing left to do",
                "Runs its prompt again and again",
            );
            match (promise, text.find(JUDGMENT), text.find("  max: ")) {
                (Some(promise), Some(from), Some(to)) => format!(
                    "{}  type: promise # an agent's last message has a line `<promise>…</promise>`\n  text: {}\n{}",
                    &text[..from],
                    serde_json::Value::from(promise),
                    &text[to..]
                ),
                _ => text,
            }
        }
        (_, Some(promise)) => text.replace(
            "  - say: There is nothing left to improve.\n",
            &format!(
                "  - say: {}\n",
                serde_json::Value::from(format!("<promise>{promise}</promise>"))
            ),
        ),
        (_, None) => text.to_owned(),
    }
}

/// Returns the promise a prompt asks for: the text in `<promise>…</promise>`.
fn promise(prompt: &str) -> Option<&str> {
    let (_, rest) = prompt.split_once("<promise>")?;
    let (text, _) = rest.split_once("</promise>")?;
    Some(text.trim()).filter(|text| !text.is_empty() && !text.contains('\n'))
}
