//! How a program takes messages while it works.
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A form in which a program takes messages on its standard input for as long as it works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dialogue {
    /// One JSON object per line, as Claude Code takes them with `--input-format stream-json`.
    StreamJson,
}

impl Dialogue {
    /// Returns the lines that give the agent a text. With `id`, a UUID, it repeats the text under it once it reads it.
    pub fn message(self, text: &str, id: Option<&str>) -> String {
        let mut message = json!({
            "type": "user",
            "message": { "role": "user", "content": text },
            "parent_tool_use_id": null,
            "session_id": "",
        });
        if let Some(id) = id {
            message["uuid"] = id.into();
        }
        line(&message)
    }

    /// Returns the lines that end the agent's turn; it stays ready for a text.
    pub fn interrupt(self, id: &str) -> String {
        line(&json!({
            "type": "control_request",
            "request_id": id,
            "request": { "subtype": "interrupt" },
        }))
    }

    /// Returns the lines that allow a tool call for which the agent asked; `input` is that of the call.
    pub fn allow(self, request: &str, input: &Value) -> String {
        respond(
            request,
            &json!({ "behavior": "allow", "updatedInput": input }),
        )
    }

    /// Returns the lines that deny a tool call for which the agent asked.
    pub fn deny(self, request: &str, reason: &str) -> String {
        respond(request, &json!({ "behavior": "deny", "message": reason }))
    }

    /// Returns the lines that answer a request of another kind: such a program is newer than `ap`, and would wait for ever.
    pub fn refuse(self, request: &str, kind: &str) -> String {
        line(&json!({
            "type": "control_response",
            "response": {
                "subtype": "error",
                "request_id": request,
                "error": format!("ap does not answer requests of the kind `{kind}`"),
            },
        }))
    }
}

fn respond(request: &str, response: &Value) -> String {
    line(&json!({
        "type": "control_response",
        "response": { "subtype": "success", "request_id": request, "response": response },
    }))
}

fn line(value: &Value) -> String {
    format!("{value}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_is_one_line_whatever_its_text() {
        let texts = [
            "a\nb\r\u{2028}\u{0}",
            "\u{1b}[31m",
            "\"}\n{\"type\":\"user\"}",
        ];
        for text in texts {
            for lines in [
                Dialogue::StreamJson.message(text, Some(text)),
                Dialogue::StreamJson.interrupt(text),
                Dialogue::StreamJson.allow(text, &json!({ "command": text })),
                Dialogue::StreamJson.deny(text, text),
            ] {
                assert_eq!(lines.matches('\n').count(), 1, "{lines}");
                assert!(serde_json::from_str::<Value>(&lines).is_ok());
            }
        }
    }
}
