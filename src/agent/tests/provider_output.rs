//! How the output of other providers is read. The samples say where they come from.
use super::outcomes::summary;
use super::*;
use crate::agent::outcome;
use proptest::prelude::*;

#[test]
fn activities_of_other_providers_are_shown() {
    let samples: [(&str, &[u8]); 5] = [
        ("codex", sample!("codex/success")),
        ("gemini", sample!("gemini/success")),
        ("opencode", sample!("opencode/success")),
        ("amp", sample!("amp/success")),
        ("copilot", sample!("copilot/success")),
    ];
    let mut found = String::new();
    for (provider, bytes) in samples {
        let (transcript, lines) = read_as(provider, bytes);
        assert!(transcript.saw_result() && !transcript.is_plain());
        let outcome = outcome(
            &spec_of(provider, PermissionMode::BypassPermissions, ""),
            &exit(0),
            &transcript,
            status(),
            "",
            now(),
        );
        assert_eq!(summary(&outcome), "reported");
        found += &format!("{}\n  {}\n", provider, lines.join("\n  "));
        found += &format!(
            "  = {:?}\n  {:?}\n",
            transcript.final_text().unwrap_or_default(),
            transcript.usage()
        );
    }
    insta::assert_snapshot!(found, @r#"
    codex
      shell bash -lc 'cargo test'
      tool failed: exit code 101: error: test failed
      edit src/lib.rs, src/new.rs
      docs.search
      tool failed: no such page
      note: Reconnecting... 1/5
      text: The test passes now. One file is new.
      finished: 1 turn, $0.00
      = "The test passes now.\nOne file is new."
      Usage { input_tokens: 315, output_tokens: 122, cache_read_tokens: 24448, cache_write_tokens: 0, cost_usd: 0.0, turns: 1 }
    gemini
      Loaded cached credentials.
      started: gemini-3-pro-preview
      text: I look
      text: at it.
      run_shell_command cargo test
      tool failed: exit code 101
      note: Loop detected, stopping execution
      text: It
      text: passes.
      finished: 1 turn, $0.00
      = "It passes."
      Usage { input_tokens: 600, output_tokens: 100, cache_read_tokens: 400, cache_write_tokens: 0, cost_usd: 0.0, turns: 1 }
    opencode
      bash cargo test
      read /p/none.rs
      tool failed: File not found: /p/none.rs
      text: All tests pass.
      finished: 2 turns, $0.00
      = "All tests pass."
      Usage { input_tokens: 610, output_tokens: 33, cache_read_tokens: 800, cache_write_tokens: 50, cost_usd: 0.003, turns: 2 }
    amp
      started
      text: I look at it.
      Bash cargo test
      tool failed: exit code 101
      text: It passes.
      finished: 2 turns, $0.00
      = "It passes."
      Usage { input_tokens: 22, output_tokens: 48, cache_read_tokens: 2300, cache_write_tokens: 320, cost_usd: 0.0, turns: 2 }
    copilot
      started: claude-opus-4.6
      bash cargo test
      tool failed: exit code 101
      text: It passes.
      note: 3 premium requests
      finished: 2 turns, $0.00
      = "It passes."
      Usage { input_tokens: 0, output_tokens: 108, cache_read_tokens: 0, cache_write_tokens: 0, cost_usd: 0.0, turns: 2 }
    "#);
}

#[test]
fn usage_is_known_before_the_end() {
    let all = sample!("opencode/success");
    let end = all
        .windows(13)
        .position(|text| text == b"\"type\":\"text\"")
        .unwrap();
    let (transcript, _) = read_as("opencode", &all[..end]);
    assert_eq!(
        (transcript.usage().cost_usd, transcript.saw_result()),
        (0.001, false)
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_event_of_other_providers_is_fatal(
        provider in prop::sample::select(OTHER_PROVIDERS.to_vec()),
        kind in "item.completed|turn.completed|turn.failed|error|result|message|tool_use|step_finish|done|session.error|assistant.message|assistant",
        key in "item|usage|error|stats|part|data|message|rejected|exitCode|status",
        value in "null|-1|18446744073709551615|1e308|\"x\"|\\[1,\\{\\}\\]|\\{\"type\":\"file_change\",\"changes\":\\[1\\],\"cost\":-1,\"tokens\":\\{\"input\":18446744073709551615\\}\\}",
    ) {
        let line = format!("{{\"type\":\"{kind}\",\"{key}\":{value}}}\n").repeat(3);
        let (transcript, _) = read_as(provider, line.as_bytes());
        let spec = spec_of(provider, PermissionMode::Default, "");
        let _ = (transcript.usage(), outcome(&spec, &exit(1), &transcript, no_status(), "", now()));
    }
}

#[test]
fn a_failed_change_of_a_file_is_shown_as_failed() {
    let event = |status| {
        format!(
            r#"{{"type":"item.completed","item":{{"id":"1","type":"file_change","status":"{status}","changes":[{{"path":"a.rs","kind":"add"}}]}}}}"#
        )
    };
    assert_eq!(
        read_as("codex", event("failed").as_bytes()).1,
        ["tool failed: edit a.rs"]
    );
    assert_eq!(
        read_as("codex", event("completed").as_bytes()).1,
        ["edit a.rs"]
    );
}

#[test]
fn a_banner_before_the_first_event_loses_no_model_name() {
    let (_, shown) = read_as(
        "gemini",
        br#"Loaded cached credentials.{"type":"init","session_id":"s","model":"gemini-3-pro"}"#,
    );
    assert_eq!(
        shown,
        ["Loaded cached credentials.", "started: gemini-3-pro"]
    );
}
