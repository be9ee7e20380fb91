//! What an agent's events say about its session and its tools, whatever its provider.
use super::transcript::about;
use super::transcript::json::{list, nested, string};
use serde_json::Value;

/// One thing that an event says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sign {
    /// The id of the agent's own session.
    Session(String),
    /// A tool was called; `about` is its command or file.
    ToolCalled { id: String, about: String },
    /// A tool answered.
    ToolAnswered { id: String },
    /// A sub-agent did something, which the call of this id runs.
    SubAgent { call: String },
    /// The agent has read the message of this id.
    Heard { id: String },
    /// The agent asks for a permission, for the tool call of this id if it names one, and waits for the answer.
    PermissionAsked { request: String, call: String },
    /// The agent requests something that `ap` does not know, of this kind, and waits for the answer.
    UnknownRequest { request: String, kind: String },
    /// The agent does not wait for an answer to its request any more.
    RequestWithdrawn { request: String },
    /// The agent gave a result.
    Result,
}

/// Reads what an event says. The kinds of events of all providers are different, or mean the same.
pub fn read_signs(event: &Value) -> Vec<Sign> {
    let mut signs = Vec::new();
    match string(event, "type").as_str() {
        "system" => signs.extend(session(event)),
        "user" if is_repeated(event) => signs.push(Sign::Heard {
            id: string(event, "uuid"),
        }),
        "assistant" | "user" => message(event, &mut signs),
        "control_request" => signs.extend(asked(event)),
        // It repeats the answers that it reads.
        "control_response" => signs.push(Sign::RequestWithdrawn {
            request: string(nested(event, "response"), "request_id"),
        }),
        "control_cancel_request" => signs.push(Sign::RequestWithdrawn {
            request: string(event, "request_id"),
        }),
        "item.started" => signs.extend(item_started(nested(event, "item"))),
        "item.completed" => signs.push(answered(nested(event, "item"), "id")),
        "tool_use" if event.get("tool_id").is_some() => {
            signs.push(called(event, "tool_id", nested(event, "parameters")));
        }
        "tool_result" => signs.push(answered(event, "tool_id")),
        "tool.execution_start" => {
            let data = nested(event, "data");
            signs.push(called(data, "toolCallId", nested(data, "arguments")));
        }
        "tool.execution_complete" => signs.push(answered(nested(event, "data"), "toolCallId")),
        "result" => signs.push(Sign::Result),
        _ => {}
    }
    signs
}

/// Whether an event repeats a message that the agent was given.
pub(in crate::agent) fn is_repeated(event: &Value) -> bool {
    event.get("isReplay").and_then(Value::as_bool) == Some(true)
}

/// Returns the id of a request of Claude Code for a permission, and the request; `None` for requests of other kinds.
pub(in crate::agent) fn permission_request(event: &Value) -> Option<(String, &Value)> {
    let (id, request) = (string(event, "request_id"), nested(event, "request"));
    let is_permission = string(request, "subtype") == "can_use_tool" && !id.is_empty();
    is_permission.then_some((id, request))
}

fn asked(event: &Value) -> Option<Sign> {
    if let Some((id, request)) = permission_request(event) {
        return Some(Sign::PermissionAsked {
            request: id,
            call: string(request, "tool_use_id"),
        });
    }
    let id = string(event, "request_id");
    (!id.is_empty()).then(|| Sign::UnknownRequest {
        request: id,
        kind: string(nested(event, "request"), "subtype"),
    })
}

fn session(event: &Value) -> Option<Sign> {
    let id = string(event, "session_id");
    (string(event, "subtype") == "init" && !id.is_empty()).then_some(Sign::Session(id))
}

/// Reads the blocks of a message of Claude Code or Amp.
fn message(event: &Value, signs: &mut Vec<Sign>) {
    let parent = string(event, "parent_tool_use_id");
    if !parent.is_empty() {
        signs.push(Sign::SubAgent { call: parent });
    }
    for block in list(nested(event, "message"), "content") {
        match string(block, "type").as_str() {
            "tool_use" => signs.push(called(block, "id", nested(block, "input"))),
            "tool_result" => signs.push(answered(block, "tool_use_id")),
            _ => {}
        }
    }
}

/// Reads the start of an item of Codex; only those that call something wait for an answer.
fn item_started(item: &Value) -> Option<Sign> {
    let kind = string(item, "type");
    ["command_execution", "mcp_tool_call", "collab_tool_call"]
        .contains(&kind.as_str())
        .then(|| called(item, "id", item))
}

fn called(event: &Value, id: &str, input: &Value) -> Sign {
    Sign::ToolCalled {
        id: string(event, id),
        about: about(input),
    }
}

fn answered(event: &Value, id: &str) -> Sign {
    Sign::ToolAnswered {
        id: string(event, id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signs(event: &str) -> Vec<Sign> {
        read_signs(&serde_json::from_str(event).unwrap())
    }

    fn call(id: &str, about: &str) -> Vec<Sign> {
        vec![Sign::ToolCalled {
            id: id.to_owned(),
            about: about.to_owned(),
        }]
    }

    fn answer(id: &str) -> Vec<Sign> {
        vec![Sign::ToolAnswered { id: id.to_owned() }]
    }

    #[test]
    fn every_provider_says_when_a_tool_is_called_and_when_it_answers() {
        for (called, answered, id) in [
            (
                r#"{"type":"assistant","message":{"content":[{"type":"text","text":"x"},{"type":"tool_use","id":"t1","name":"Bash","input":{"command":"cargo test"}}]}}"#,
                r#"{"type":"user","message":{"content":[{"type":"tool_result","tool_use_id":"t1","content":"ok"}]}}"#,
                "t1",
            ),
            (
                r#"{"type":"item.started","item":{"id":"item_1","type":"command_execution","command":"cargo test"}}"#,
                r#"{"type":"item.completed","item":{"id":"item_1","type":"command_execution","status":"completed"}}"#,
                "item_1",
            ),
            (
                r#"{"type":"tool_use","tool_name":"shell","tool_id":"g1","parameters":{"command":"cargo test"}}"#,
                r#"{"type":"tool_result","tool_id":"g1","status":"success"}"#,
                "g1",
            ),
            (
                r#"{"type":"tool.execution_start","data":{"toolCallId":"c1","toolName":"bash","arguments":{"command":"cargo test"}}}"#,
                r#"{"type":"tool.execution_complete","data":{"toolCallId":"c1","success":true}}"#,
                "c1",
            ),
        ] {
            assert_eq!(signs(called), call(id, "cargo test"));
            assert_eq!(signs(answered), answer(id));
        }
    }

    #[test]
    fn the_events_of_a_sub_agent_name_the_call_that_runs_it() {
        let event = r#"{"type":"assistant","parent_tool_use_id":"t1","message":{"content":[{"type":"text","text":"x"}]}}"#;
        assert_eq!(
            signs(event),
            [Sign::SubAgent {
                call: "t1".to_owned()
            }]
        );
    }

    #[test]
    fn a_message_that_was_read_and_a_request_are_told_by_their_ids() {
        for (event, sign) in [
            (
                r#"{"type":"user","isReplay":true,"uuid":"u1","message":{"role":"user","content":"hello"}}"#,
                Sign::Heard {
                    id: "u1".to_owned(),
                },
            ),
            (
                r#"{"type":"control_request","request_id":"r1","request":{"subtype":"can_use_tool","tool_name":"Bash","tool_use_id":"t1"}}"#,
                Sign::PermissionAsked {
                    request: "r1".to_owned(),
                    call: "t1".to_owned(),
                },
            ),
            (
                r#"{"type":"control_cancel_request","request_id":"r1"}"#,
                Sign::RequestWithdrawn {
                    request: "r1".to_owned(),
                },
            ),
        ] {
            assert_eq!(signs(event), [sign]);
        }
        let other =
            r#"{"type":"control_request","request_id":"r2","request":{"subtype":"hook_callback"}}"#;
        let unknown = Sign::UnknownRequest {
            request: "r2".to_owned(),
            kind: "hook_callback".to_owned(),
        };
        assert_eq!(signs(other), [unknown]);
    }

    #[test]
    fn a_session_is_known_from_its_first_event_and_ends_with_a_result() {
        assert_eq!(
            signs(r#"{"type":"system","subtype":"init","session_id":"s"}"#),
            [Sign::Session("s".to_owned())]
        );
        assert_eq!(signs(r#"{"type":"result"}"#), [Sign::Result]);
        for other in [
            r#"{"type":"system","subtype":"api_retry","session_id":"s"}"#,
            r#"{"type":"item.started","item":{"id":"i","type":"reasoning"}}"#,
            r#"{"type":"assistant"}"#,
            "{}",
        ] {
            assert_eq!(signs(other), [], "{other}");
        }
    }
}
