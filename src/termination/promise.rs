//! Stop when an agent's last message holds a promise, as the first Ralph loops did.
use super::strategy::{Answer, Evidence, GateNumbers, Strategy};
use crate::model::NodeEnding;
use crate::text::clean;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// How many promises of one agent are kept.
const MAX_PROMISES: usize = 8;
/// The longest promise, in characters.
const MAX_LENGTH: usize = 200;

/// Ends when an agent's last message has a line `<promise>text</promise>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promise {
    pub text: String,
}

impl Strategy for Promise {
    fn name(&self) -> &'static str {
        "promise"
    }

    fn answer(&self, seen: &Evidence<'_>, _: &mut GateNumbers) -> Answer {
        seen.promises
            .contains(&self.text)
            .then(|| NodeEnding::Promised {
                text: self.text.clone(),
            })
            .into()
    }

    fn describe(&self) -> String {
        format!("an agent promises {}", clean(&self.text))
    }

    fn goal(&self) -> &'static str {
        "an agent made the promise"
    }

    fn context(&self, _: &Evidence<'_>) -> Value {
        json!({ "type": self.name(), "text": self.text })
    }
}

/// Returns the promises in an agent's last message: each `<promise>…</promise>` on a line of its own, outside of code and
/// comments. In prose an agent talks about promises, and in a code block it quotes one.
pub fn promises(message: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut quoted: Option<Quoted> = None;
    for line in message.lines() {
        if let Some(open) = quoted {
            quoted = (!open.is_closed_by(line)).then_some(open);
        } else if let Some(open) = Quoted::opened_by(line) {
            quoted = Some(open);
        } else if found.len() < MAX_PROMISES && !is_indented_code(line) {
            found.extend(promise(line.trim()).map(str::to_owned));
        }
    }
    found
}

/// Several lines of Markdown that quote what is in them.
#[derive(Clone, Copy)]
enum Quoted {
    /// A code block within at least so many of a character.
    Fence(char, usize),
    /// A comment of HTML.
    Comment,
}

impl Quoted {
    fn opened_by(line: &str) -> Option<Self> {
        let line = line.trim();
        if line.starts_with("<!--") && !line.contains("-->") {
            return Some(Self::Comment);
        }
        let (mark, length) = fence(line)?;
        Some(Self::Fence(mark, length))
    }

    fn is_closed_by(self, line: &str) -> bool {
        let line = line.trim();
        match self {
            Self::Comment => line.contains("-->"),
            // A fence that ends a block stands alone, and is at least as long.
            Self::Fence(mark, length) => {
                fence(line).is_some_and(|(other, end)| other == mark && length <= end)
                    && line.chars().all(|found| found == mark)
            }
        }
    }
}

/// Returns the character of the fence that a line begins with, and how many there are.
fn fence(line: &str) -> Option<(char, usize)> {
    let mark = line
        .chars()
        .next()
        .filter(|mark| matches!(mark, '`' | '~'))?;
    let length = line.chars().take_while(|found| *found == mark).count();
    (3 <= length).then_some((mark, length))
}

/// Whether Markdown takes a line for code because of its indentation.
fn is_indented_code(line: &str) -> bool {
    line.starts_with("    ") || line.starts_with('\t')
}

/// Returns the promise a line consists of, if it is one.
fn promise(line: &str) -> Option<&str> {
    let text = line
        .strip_prefix("<promise>")?
        .strip_suffix("</promise>")?
        .trim();
    let is_plain = !text.is_empty() && !text.contains("promise>");
    (is_plain && text.chars().count() <= MAX_LENGTH).then_some(text)
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
