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

/// Returns the promises in an agent's last message: each `<promise>…</promise>` on a line of its own, outside of code
/// blocks. In prose an agent talks about promises, and in a code block it quotes one.
pub fn promises(message: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut in_code = false;
    for line in message.lines().map(str::trim) {
        if line.starts_with("```") || line.starts_with("~~~") {
            in_code = !in_code;
        }
        if found.len() < MAX_PROMISES && !in_code {
            found.extend(promise(line).map(str::to_owned));
        }
    }
    found
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
