//! The permissions that Claude Code asks for with `--permission-prompt-tool stdio`.
use crate::agent::signs::permission_request;
use crate::agent::transcript::PermissionRequest;
use crate::agent::transcript::json::{nested, string};
use crate::fingerprint::fingerprint;
use crate::model::Permission;
use crate::text::{clean, clip_bytes};
use serde_json::Value;

/// Longest call that is shown, in bytes.
const LONGEST_CALL: usize = 32 * 1024;

/// Reads a request for a permission; requests of other kinds are ignored.
pub(super) fn permission(event: &Value) -> Option<PermissionRequest> {
    let (id, request) = permission_request(event)?;
    let tool = string(request, "tool_name");
    let input = nested(request, "input");
    let (call, same) = call(&tool, input);
    let why = ["decision_reason", "description"]
        .map(|key| clean(&string(request, key)))
        .into_iter()
        .find(|why| !why.is_empty());
    Some(PermissionRequest {
        permission: Permission {
            request: id,
            tool: clean(&tool),
            call: clipped(&call),
            same: fingerprint(same),
            why: why.unwrap_or_default(),
        },
        call: string(request, "tool_use_id"),
        input: input.clone(),
    })
}

/// Returns a call in words, and what another one must have in common with it to be the same.
fn call(tool: &str, input: &Value) -> (String, String) {
    let text = |key: &str| string(input, key);
    let command = text("command");
    if tool == "Bash" && !command.is_empty() {
        return (command.clone(), command);
    }
    let path = [text("file_path"), text("notebook_path")]
        .into_iter()
        .find(|path| !path.is_empty());
    let whole = || serde_json::to_string_pretty(input).unwrap_or_default();
    let Some(path) = path else {
        return (whole(), input.to_string());
    };
    let content = ["content", "new_source"]
        .map(text)
        .into_iter()
        .find(|content| !content.is_empty());
    let change = match content {
        Some(content) => lines('+', &content),
        None if input.get("old_string").is_some() => {
            lines('-', &text("old_string")) + &lines('+', &text("new_string"))
        }
        None if input.as_object().is_some_and(|fields| fields.len() == 1) => String::new(),
        None => whole(),
    };
    (format!("{path}\n{change}"), path)
}

fn lines(mark: char, text: &str) -> String {
    text.lines().map(|line| format!("{mark}{line}\n")).collect()
}

/// Returns a text that is short enough to keep.
fn clipped(text: &str) -> String {
    let text = text.trim_end();
    if text.len() <= LONGEST_CALL {
        return text.to_owned();
    }
    let more = text.len() - LONGEST_CALL;
    format!("{}\n({more} bytes more)", clip_bytes(text, LONGEST_CALL))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn asked(tool: &str, input: &Value) -> Permission {
        let event = json!({
            "type": "control_request", "request_id": "r",
            "request": {"subtype": "can_use_tool", "tool_name": tool, "input": input, "tool_use_id": "t"},
        });
        permission(&event).unwrap().permission
    }

    #[test]
    fn the_whole_command_or_change_is_shown() {
        let bash = json!({"command": "cargo test\nrm x", "description": "d"});
        assert_eq!(asked("Bash", &bash).call, "cargo test\nrm x");
        let edit = json!({"file_path": "/p/a", "old_string": "x\ny", "new_string": "z"});
        assert_eq!(asked("Edit", &edit).call, "/p/a\n-x\n-y\n+z");
        let write = json!({"file_path": "/p/a", "content": "one\n"});
        assert_eq!(asked("Write", &write).call, "/p/a\n+one");
        let fetch = json!({"url": "http://127.0.0.1/", "prompt": "p"});
        assert!(asked("WebFetch", &fetch).call.contains("127.0.0.1"));
    }

    #[test]
    fn calls_are_the_same_by_their_command_or_file() {
        let same = |tool: &str, input: Value| asked(tool, &input).same;
        let command = |command: &str, about: &str| {
            same("Bash", json!({"command": command, "description": about}))
        };
        assert_eq!(command("ls", "a"), command("ls", "b"));
        assert_ne!(command("ls", "a"), command("ls -a", "a"));
        let edit = |path: &str, new: &str| {
            same(
                "Edit",
                json!({"file_path": path, "old_string": "x", "new_string": new}),
            )
        };
        assert_eq!(edit("/p/a", "y"), edit("/p/a", "z"));
        assert_ne!(edit("/p/a", "y"), edit("/p/b", "y"));
    }

    #[test]
    fn a_call_without_end_is_cut() {
        let long = asked("Bash", &json!({"command": "é".repeat(100_000)}));
        assert!(long.call.len() < LONGEST_CALL + 64 && long.call.ends_with("bytes more)"));
    }

    #[test]
    fn what_is_no_request_for_a_permission_is_none() {
        for event in [
            json!({"request_id": "r", "request": {"subtype": "hook_callback"}}),
            json!({"request": {"subtype": "can_use_tool"}}),
            json!({"request_id": "r"}),
            json!([]),
        ] {
            assert!(permission(&event).is_none());
        }
    }
}
