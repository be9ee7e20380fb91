//! Tools that change files.
use super::Setting;
use crate::guard::{Rule, ToolCall};
use serde_json::{Value, json};

fn rule(name: &str, input: Value) -> Option<Rule> {
    let call = ToolCall {
        name: name.to_owned(),
        input,
    };
    Setting::default().judge(&call).map(|block| block.rule)
}

#[test]
fn every_tool_that_changes_files_is_judged() {
    let protected = [
        "verify.sh",
        "/p/app/verify.sh",
        "/p/app/src/../verify.sh",
        "ci/gate.sh",
        ".claude/settings.json",
        ".claude/settings.local.json",
        "/u/me/.claude/settings.json",
        "~/.claude/settings.json",
        ".claude/pipeline-runs/auth/events.jsonl",
        ".agent-pipelines/other/progress.md",
    ];
    for path in protected {
        let calls = [
            ("Write", json!({"file_path": path, "content": "x"})),
            (
                "Edit",
                json!({"file_path": path, "old_string": "a", "new_string": "b"}),
            ),
            (
                "MultiEdit",
                json!({"file_path": path, "edits": [{"old_string": "a", "new_string": "b"}]}),
            ),
            (
                "NotebookEdit",
                json!({"notebook_path": path, "new_source": "x"}),
            ),
            (
                "mcp__filesystem__write_file",
                json!({"path": path, "content": "x"}),
            ),
            (
                "mcp__filesystem__edit_file",
                json!({"path": path, "edits": []}),
            ),
            (
                "mcp__filesystem__move_file",
                json!({"source": "x", "destination": path}),
            ),
            ("mcp__fs__delete", json!({"file": path})),
            ("mcp__fs__change", json!({"files": [{"path": path}]})),
        ];
        for (name, input) in calls {
            assert_eq!(rule(name, input), Some(Rule::Judge), "{name} {path}");
        }
        assert_eq!(rule("Read", json!({"file_path": path})), None, "{path}");
    }
    let own = ".claude/pipeline-runs/auth/stage-00-work/iterations/001/status.json";
    for path in [
        "src/main.rs",
        own,
        ".agent-pipelines/auth/progress-auth.md",
        "/tmp/x",
    ] {
        assert_eq!(
            rule("Write", json!({"file_path": path, "content": "x"})),
            None,
            "{path}"
        );
    }
}

#[test]
fn secrets_are_not_read_by_any_tool() {
    for path in [
        "secrets.env",
        "/u/me/.ssh/id_rsa",
        "~/.aws/credentials",
        "/p/app/../../u/me/.netrc",
    ] {
        for (name, key) in [
            ("Read", "file_path"),
            ("Grep", "path"),
            ("mcp__filesystem__read_text_file", "path"),
            ("mcp__filesystem__read_multiple_files", "paths"),
        ] {
            assert_eq!(
                rule(name, json!({key: path})),
                Some(Rule::Secrets),
                "{name} {path}"
            );
        }
    }
    assert_eq!(rule("Read", json!({"file_path": "src/secrets.rs"})), None);
    assert_eq!(
        rule("Grep", json!({"pattern": "secrets.env", "path": "src"})),
        None
    );
}

#[test]
fn secrets_are_not_written_by_any_tool() {
    let key = ["ghp_0123456789abcdefghij", "ABCDEFGHIJ456789"].concat();
    let text = format!("token = \"{key}\"\n");
    let calls = [
        ("Write", json!({"file_path": "a.py", "content": text})),
        (
            "Edit",
            json!({"file_path": "a.py", "old_string": "", "new_string": text}),
        ),
        (
            "MultiEdit",
            json!({"file_path": "a.py", "edits": [{"old_string": "a", "new_string": text}]}),
        ),
        (
            "NotebookEdit",
            json!({"notebook_path": "a.ipynb", "new_source": text}),
        ),
        (
            "mcp__filesystem__write_file",
            json!({"path": "a.py", "content": text}),
        ),
    ];
    for (name, input) in calls {
        assert_eq!(rule(name, input), Some(Rule::Content), "{name}");
    }
    // What is removed from a file may be one.
    let edit = json!({"file_path": "a.py", "old_string": text, "new_string": "token = env"});
    assert_eq!(rule("Edit", edit), None);
}

#[test]
fn boxes_of_a_task_file_may_be_ticked_and_its_words_may_not_be_changed() {
    let edit =
        |old: &str, new: &str| json!({"file_path": "prd.md", "old_string": old, "new_string": new});
    assert_eq!(rule("Edit", edit("- [ ] one", "- [x] one")), None);
    assert_eq!(rule("Edit", edit("- [x] one", "- [ ] one")), None);
    assert_eq!(
        rule("Edit", edit("- [ ] one", "- [x] other")),
        Some(Rule::Judge)
    );
    assert_eq!(rule("Edit", edit("- [ ] one\n", "")), Some(Rule::Judge));
    let edits = |new: &str| {
        json!({"file_path": "/p/app/prd.md", "edits": [{"old_string": "[ ] one", "new_string": "[x] one"},
            {"old_string": "[ ] two", "new_string": new}]})
    };
    assert_eq!(rule("MultiEdit", edits("[x] two")), None);
    assert_eq!(rule("MultiEdit", edits("[x] three")), Some(Rule::Judge));
    let write = |content: &str| json!({"file_path": "prd.md", "content": content});
    assert_eq!(rule("Write", write("# App\n- [x] one\n- [ ] two\n")), None);
    assert_eq!(
        rule("Write", write("# App\n- [x] one\n")),
        Some(Rule::Judge)
    );
}

#[test]
fn calls_of_another_shape_are_blocked_or_left_alone() {
    assert_eq!(rule("Bash", json!("rm -rf /")), Some(Rule::Judge));
    assert_eq!(rule("Bash", json!({"command": 5})), None);
    assert_eq!(rule("Write", json!({})), None);
    assert_eq!(
        rule(
            "WebFetch",
            json!({"url": "https://example.com/secrets.env"})
        ),
        None
    );
    assert_eq!(
        rule("mcp__shell__run", json!({"command": "git push -f"})),
        Some(Rule::Destruction)
    );
}
