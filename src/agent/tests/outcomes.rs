//! How attempts of Claude Code end.
use super::*;
use crate::agent::outcome;
use crate::model::{Decision, HangKind, Outcome};

/// One line: the kind of outcome and what it says.
pub(super) fn summary(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Refused { reason, hint, .. } => format!(
            "refused: {reason} -> {}",
            hint.split([':', ';']).next().unwrap()
        ),
        Outcome::RateLimited { until, reason } => format!("rate limited until {until:?}: {reason}"),
        Outcome::Crashed {
            code,
            signal,
            reason,
            ..
        } => format!("crashed {code:?} {signal:?}: {reason}"),
        other => other.to_string(),
    }
}

#[test]
fn recorded_ends_are_classified() {
    let table: &[(&str, &[u8], i32)] = &[
        ("success", sample!("claude/success"), 0),
        ("two-results", sample!("claude/two-results"), 0),
        ("dropped-resumed", sample!("claude/dropped-resumed"), 0),
        ("quota-warning", sample!("claude/quota-warning"), 0),
        ("401", sample!("claude/401"), 1),
        ("403", sample!("claude/403"), 1),
        ("404-model", sample!("claude/404-model"), 1),
        ("billing", sample!("claude/billing"), 1),
        ("not-logged-in", sample!("claude/not-logged-in"), 1),
        ("529", sample!("claude/529"), 1),
        ("malformed", sample!("claude/malformed"), 1),
        ("hang", sample!("claude/hang"), 1),
        (
            "connection-refused",
            sample!("claude/connection-refused"),
            1,
        ),
        ("max-turns", sample!("claude/max-turns"), 1),
        ("max-budget", sample!("claude/max-budget"), 1),
        ("max-output-tokens", sample!("claude/max-output-tokens"), 1),
        ("prompt-too-long", sample!("claude/prompt-too-long"), 1),
        ("quota-rejected", sample!("claude/quota-rejected"), 1),
        (
            "quota-rejected-197",
            sample!("claude/quota-rejected-197"),
            1,
        ),
        (
            "quota-rejected-midway",
            sample!("claude/quota-rejected-midway"),
            1,
        ),
        ("quota-weekly", sample!("claude/quota-weekly"), 1),
        ("429-oauth", sample!("claude/429-oauth"), 1),
        ("429-key", sample!("claude/429-key"), 1),
        ("denied-default", sample!("claude/denied-default"), 0),
        (
            "denied-dontask-197",
            sample!("claude/denied-dontask-197"),
            0,
        ),
        ("sigint-tool", sample!("claude/sigint-tool"), 0),
        ("sigint-streaming", sample!("claude/sigint-streaming"), 0),
        ("sigterm", sample!("claude/sigterm"), 143),
        ("sigkill", sample!("claude/sigkill"), -9),
        (
            "background-bash-killed",
            sample!("claude/background-bash-killed"),
            -9,
        ),
    ];
    let mut found = String::new();
    for (name, bytes, code) in table {
        let spec = spec(PermissionMode::DontAsk);
        let (transcript, _) = read(bytes);
        let without = summary(&outcome(
            &spec,
            &exit(*code),
            &transcript,
            no_status(),
            "",
            now(),
        ));
        let with = summary(&outcome(
            &spec,
            &exit(*code),
            &transcript,
            status(),
            "",
            now(),
        ));
        // A status counts after exit 0, and otherwise only after a result without error or with its last turn.
        let is_done = *code == 0 || ["background-bash-killed", "max-turns"].contains(name);
        assert_eq!(with == "reported", is_done, "{name}: {with}");
        found += &format!("{name}: {without}\n");
    }
    insta::assert_snapshot!(found);
}

#[test]
fn the_structured_result_is_the_status_where_no_file_can_be_written() {
    let (transcript, _) = read(sample!("claude/structured"));
    for (mode, file, expected) in [
        (
            PermissionMode::AcceptEdits,
            no_status(),
            Ok(Decision::Continue),
        ),
        (PermissionMode::AcceptEdits, status(), Ok(Decision::Stop)),
        (PermissionMode::BypassPermissions, no_status(), Err(())),
    ] {
        let decision = match outcome(&spec(mode), &exit(0), &transcript, file, "", now()) {
            Outcome::Reported { status } => Ok(status.decision),
            _ => Err(()),
        };
        assert_eq!(decision, expected, "{mode:?}");
    }
    let (denied, _) = read(sample!("claude/structured-denied"));
    let outcome = outcome(
        &spec(PermissionMode::DontAsk),
        &exit(0),
        &denied,
        no_status(),
        "",
        now(),
    );
    assert_eq!(summary(&outcome), "reported");
}

#[test]
fn a_limit_or_a_stop_does_not_discard_finished_work() {
    let end = |bytes: &[u8],
               code: i32,
               limit: Option<HangKind>,
               cancelled: bool,
               status: Result<Status, String>| {
        let exit = Exit {
            limit,
            cancelled,
            ..exit(code)
        };
        summary(&outcome(
            &spec(PermissionMode::BypassPermissions),
            &exit,
            &read(bytes).0,
            status,
            "",
            now(),
        ))
    };
    let after = Some(HangKind::AfterResult);
    // Interrupted after its result, Claude Code exits 0.
    assert_eq!(
        end(
            sample!("claude/sigint-after-result"),
            0,
            after,
            false,
            status()
        ),
        "reported"
    );
    assert!(
        end(
            sample!("claude/sigint-after-result"),
            0,
            after,
            false,
            no_status()
        )
        .starts_with("timed out")
    );
    // Its work is done, whatever ended it.
    assert_eq!(
        end(
            sample!("claude/background-bash-killed"),
            -9,
            after,
            false,
            status()
        ),
        "reported"
    );
    assert!(
        end(
            sample!("claude/sigterm"),
            143,
            Some(HangKind::Wall),
            false,
            status()
        )
        .starts_with("timed out")
    );
    assert_eq!(
        end(
            sample!("claude/sigint-after-result"),
            0,
            None,
            true,
            status()
        ),
        "reported"
    );
    assert_eq!(
        end(sample!("claude/sigint-tool"), 0, None, true, status()),
        "cancelled"
    );
    assert_eq!(
        end(sample!("claude/sigterm"), 143, None, true, no_status()),
        "cancelled"
    );
    // Silent because its quota is used up.
    assert!(
        end(
            sample!("claude/quota-rejected"),
            143,
            Some(HangKind::Idle),
            false,
            no_status()
        )
        .starts_with("rate limited until Some(2026")
    );
}

#[test]
fn resets_in_the_past_or_too_far_away_are_ignored() {
    let (transcript, _) = read(sample!("claude/quota-rejected"));
    for (now, known) in [
        (NOW, true),
        ("2026-11-22T00:00:00Z", false),
        ("2026-11-01T00:00:00Z", false),
    ] {
        let outcome = outcome(
            &spec(PermissionMode::BypassPermissions),
            &exit(1),
            &transcript,
            no_status(),
            "",
            now.parse().unwrap(),
        );
        let Outcome::RateLimited { until, .. } = outcome else {
            panic!("{outcome:?}")
        };
        assert_eq!(until.is_some(), known, "{now}");
    }
}

#[test]
fn a_program_that_cannot_start_is_needed_or_refuses_with_a_hint() {
    let spec = spec(PermissionMode::BypassPermissions);
    let missing = Exit {
        code: None,
        spawn_error: Some("No such file or directory".to_owned()),
        ..exit(0)
    };
    let missing = outcome(&spec, &missing, &read(b"").0, no_status(), "", now());
    assert_eq!(
        summary(&missing),
        "needs the program `claude`: `claude` could not be started: No such file or directory"
    );
    let root = "--dangerously-skip-permissions cannot be used with root/sudo privileges for security reasons\n";
    for (stdout, stderr) in [("", root), (root, "")] {
        let refused = outcome(
            &spec,
            &exit(1),
            &read(stdout.as_bytes()).0,
            no_status(),
            stderr,
            now(),
        );
        assert!(matches!(refused, Outcome::Refused { .. }), "{refused:?}");
    }
}

#[test]
fn the_reason_of_a_crash_is_the_best_that_is_known() {
    let spec = spec(PermissionMode::BypassPermissions);
    let end = |stdout: &[u8], stderr: &str| {
        summary(&outcome(
            &spec,
            &exit(1),
            &read(stdout).0,
            no_status(),
            stderr,
            now(),
        ))
    };
    assert_eq!(
        end(b"", "warning\nerror: unknown option '--x'\n\n"),
        "crashed Some(1) None: error: unknown option '--x'"
    );
    assert_eq!(
        end(b"Execution error\n", ""),
        "crashed Some(1) None: Execution error"
    );
    assert_eq!(end(b"", ""), "crashed Some(1) None: ");
    let long = outcome(
        &spec,
        &exit(1),
        &read(b"").0,
        no_status(),
        &"é".repeat(5000),
        now(),
    );
    assert!(matches!(long, Outcome::Crashed { stderr, .. } if stderr.len() <= 2048));
}

/// How an agent of Claude Code ends that prints this and exits with 1.
fn ended(output: &str) -> Outcome {
    let (transcript, _) = read(output.as_bytes());
    let spec = spec(PermissionMode::BypassPermissions);
    outcome(&spec, &exit(1), &transcript, no_status(), "", now())
}

#[test]
fn a_used_up_budget_is_a_limit_and_not_a_crash() {
    for end in [
        r#""subtype":"error_max_budget_usd","errors":["Reached maximum budget ($1)"]"#,
        r#""subtype":"success","terminal_reason":"budget_exhausted","errors":["Reached maximum budget ($1)"]"#,
    ] {
        let found = ended(&format!(r#"{{"type":"result","is_error":true,{end}}}"#));
        assert_eq!(
            summary(&found),
            "used up its budget: Reached maximum budget ($1)"
        );
    }
}

#[test]
fn an_agent_that_used_up_its_turns_is_not_started_again_for_them() {
    let output = r#"{"type":"result","subtype":"error_max_turns","is_error":true,"num_turns":3,"errors":["Reached maximum number of turns (2)"]}"#;
    assert_eq!(
        summary(&ended(output)),
        "left no valid status: its turns were used up: Reached maximum number of turns (2)"
    );
    let (transcript, _) = read(output.as_bytes());
    let (spec, status) = (
        spec(PermissionMode::BypassPermissions),
        Status::missing("done"),
    );
    let found = outcome(&spec, &exit(1), &transcript, Ok(status), "", now());
    assert!(matches!(found, Outcome::Reported { .. }), "{found}");
}

#[test]
fn a_program_that_cannot_start_is_not_tried_again() {
    let found = ended(
        r#"{"type":"result","subtype":"error_during_execution","is_error":true,"startup_failure_reason":"sandbox_required_unavailable","errors":["bubblewrap (bwrap) not installed"]}"#,
    );
    assert_eq!(
        summary(&found),
        "refused: Claude could not start: bubblewrap (bwrap) not installed (sandbox_required_unavailable) -> install what its sandbox needs (bubblewrap and socat), or change `sandbox` in your Claude settings"
    );
    let found = ended(
        r#"{"type":"result","subtype":"error_during_execution","startup_failure_reason":"something_else"}"#,
    );
    assert_eq!(
        summary(&found),
        "refused: Claude could not start: something else -> run `claude` once by hand in this folder"
    );
}

#[test]
fn a_rate_limit_in_plain_text_is_read_with_its_reset() {
    let at = now().as_second() + 3600;
    for output in [
        format!("Claude AI usage limit reached|{at}\n"),
        format!(
            r#"{{"type":"result","subtype":"success","is_error":true,"result":"Claude AI usage limit reached|{at}"}}"#
        ),
    ] {
        let Outcome::RateLimited { until, .. } = ended(&output) else {
            panic!("{:?}", ended(&output))
        };
        assert_eq!(until.map(Timestamp::as_second), Some(at));
    }
}

#[test]
fn events_that_are_not_alone_on_their_lines_give_the_same_outcome() {
    let plain = String::from_utf8(sample!("claude/success").to_vec()).unwrap();
    let lines: Vec<&str> = plain.lines().collect();
    let pretty = |line: &&str| {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        serde_json::to_string_pretty(&value).unwrap()
    };
    let expected = read(plain.as_bytes());
    for output in [
        lines
            .iter()
            .map(|line| format!("\u{1b}]0;x\u{7}{line}\n"))
            .collect::<String>(),
        lines
            .iter()
            .map(|line| format!("\u{feff}{line}\r\n"))
            .collect::<String>(),
        lines.concat(),
        format!("[{}]", lines.join(",")),
        format!("[\n{}\n]\n", lines.join(",\n")),
        lines.iter().map(pretty).collect::<Vec<_>>().join("\n"),
        format!(
            "[{}]",
            lines.iter().map(pretty).collect::<Vec<_>>().join(",\n")
        ),
    ] {
        let (transcript, shown) = read(output.as_bytes());
        assert_eq!(shown, expected.1);
        assert_eq!(
            (transcript.usage(), transcript.saw_result()),
            (expected.0.usage(), true)
        );
    }
}
