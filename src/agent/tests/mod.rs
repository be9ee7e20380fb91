//! What is made of recorded runs of the real program.
use super::*;
use crate::model::{Decision, Exit, LimitKind, Outcome, PermissionMode, Status, Usage};
use crate::plan::AttemptLimits;
use jiff::Timestamp;
use proptest::prelude::*;

mod providers;

macro_rules! sample {
    ($name:literal) => {
        include_bytes!(concat!("../../../tests/data/claude/", $name, ".jsonl"))
    };
}

/// Before every reset in the samples.
const NOW: &str = "2026-11-21T00:30:00Z";

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn spec(permissions: PermissionMode) -> AgentSpec {
    AgentSpec {
        provider: Provider::Claude,
        program: "claude".to_owned(),
        model: "opus".to_owned(),
        permissions,
        args: Vec::new(),
        keep_env: false,
        max_attempts: 3,
        retry_delay_ms: 5000,
        limits: AttemptLimits::default(),
        declared: None,
        fallback: Vec::new(),
    }
}

fn exit(code: i32) -> Exit {
    Exit {
        code: (code >= 0).then_some(code),
        signal: (code < 0).then_some(-code),
        limit: None,
        cancelled: false,
        spawn_error: None,
        started_at: now(),
        ended_at: now(),
        swept: 0,
    }
}

fn read(bytes: &[u8]) -> (Transcript, Vec<String>) {
    let mut transcript = Transcript::new(Provider::Claude);
    let mut shown = transcript.push(bytes);
    shown.extend(transcript.finish());
    (transcript, shown.iter().map(Activity::line).collect())
}

fn status() -> Result<Status, String> {
    Ok(Status::parse(r#"{"decision":"stop"}"#).unwrap())
}

fn none() -> Result<Status, String> {
    Err("no status.json".to_owned())
}

/// One line: the kind of outcome and what it says.
fn told(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Refused { reason, hint } => format!(
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
fn every_recorded_end_is_typed() {
    let table: &[(&str, &[u8], i32)] = &[
        ("success", sample!("success"), 0),
        ("two-results", sample!("two-results"), 0),
        ("dropped-resumed", sample!("dropped-resumed"), 0),
        ("quota-warning", sample!("quota-warning"), 0),
        ("401", sample!("401"), 1),
        ("403", sample!("403"), 1),
        ("404-model", sample!("404-model"), 1),
        ("billing", sample!("billing"), 1),
        ("not-logged-in", sample!("not-logged-in"), 1),
        ("529", sample!("529"), 1),
        ("malformed", sample!("malformed"), 1),
        ("hang", sample!("hang"), 1),
        ("connection-refused", sample!("connection-refused"), 1),
        ("max-turns", sample!("max-turns"), 1),
        ("max-budget", sample!("max-budget"), 1),
        ("max-output-tokens", sample!("max-output-tokens"), 1),
        ("prompt-too-long", sample!("prompt-too-long"), 1),
        ("quota-rejected", sample!("quota-rejected"), 1),
        ("quota-rejected-197", sample!("quota-rejected-197"), 1),
        ("quota-rejected-midway", sample!("quota-rejected-midway"), 1),
        ("quota-weekly", sample!("quota-weekly"), 1),
        ("429-oauth", sample!("429-oauth"), 1),
        ("429-key", sample!("429-key"), 1),
        ("denied-default", sample!("denied-default"), 0),
        ("denied-dontask-197", sample!("denied-dontask-197"), 0),
        ("sigint-tool", sample!("sigint-tool"), 0),
        ("sigint-streaming", sample!("sigint-streaming"), 0),
        ("sigterm", sample!("sigterm"), 143),
        ("sigkill", sample!("sigkill"), -9),
        (
            "background-bash-killed",
            sample!("background-bash-killed"),
            -9,
        ),
    ];
    let mut found = String::new();
    for (name, bytes, code) in table {
        let spec = spec(PermissionMode::DontAsk);
        let (transcript, _) = read(bytes);
        let without = told(&outcome(
            &spec,
            &exit(*code),
            &transcript,
            none(),
            "",
            now(),
        ));
        let with = told(&outcome(
            &spec,
            &exit(*code),
            &transcript,
            status(),
            "",
            now(),
        ));
        // A status counts after exit 0 and never otherwise.
        assert_eq!(with == "reported", *code == 0, "{name}: {with}");
        found += &format!("{name}: {without}\n");
    }
    insta::assert_snapshot!(found);
}

#[test]
fn what_is_shown_of_a_run() {
    let (_, lines) = read(sample!("success"));
    insta::assert_snapshot!(lines.join("\n"));
    let (_, lines) = read(sample!("two-results"));
    insta::assert_snapshot!(lines.join("\n"));
    let (_, lines) = read(sample!("429-oauth"));
    insta::assert_snapshot!(lines.join("\n"));
    let (_, lines) = read(sample!("denied-default"));
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn the_last_result_has_the_totals() {
    let (transcript, _) = read(sample!("two-results"));
    let usage = transcript.usage();
    assert_eq!(
        (usage.input_tokens, usage.output_tokens, usage.cost_usd),
        (600, 120, 0.00402)
    );
    assert_eq!(transcript.final_text(), Some("done"));
}

#[test]
fn usage_is_live_before_the_result_and_each_message_counts_once() {
    let all = sample!("success");
    let end = all
        .windows(15)
        .position(|text| text == b"{\"duration_api_")
        .unwrap();
    let (transcript, _) = read(&all[..end]);
    let live = Usage {
        input_tokens: 3300,
        cache_read_tokens: 200,
        cache_write_tokens: 500,
        turns: 3,
        ..Usage::default()
    };
    assert_eq!((transcript.usage(), transcript.saw_result()), (live, false));
    let (transcript, _) = read(all);
    assert_eq!(
        transcript.usage(),
        Usage {
            output_tokens: 92,
            cost_usd: 0.01758,
            ..live
        }
    );
    let (transcript, _) = read(sample!("success-197"));
    assert_eq!(transcript.usage().output_tokens, 92);
    let (transcript, _) = read(sample!("partial"));
    assert_eq!(transcript.usage().output_tokens, 92);
}

#[test]
fn who_pays_is_told() {
    let billing = |bytes| read(bytes).0.billing().map(str::to_owned);
    assert_eq!(billing(sample!("success")).as_deref(), Some("API key"));
    assert_eq!(
        billing(sample!("quota-warning")).as_deref(),
        Some("subscription")
    );
    assert_eq!(billing(sample!("429-oauth")).as_deref(), Some("login"));
    assert_eq!(billing(sample!("not-logged-in")), None);
    let (transcript, _) = read(sample!("quota-warning"));
    let windows: Vec<_> = transcript
        .rate_limit()
        .unwrap()
        .windows
        .iter()
        .map(|w| (w.name.as_str(), w.used))
        .collect();
    assert_eq!(windows, [("five_hour", 0.93), ("seven_day", 0.31)]);
}

#[test]
fn the_structured_result_is_the_status_where_no_file_can_be_written() {
    let (transcript, _) = read(sample!("structured"));
    for (mode, file, expected) in [
        (PermissionMode::AcceptEdits, none(), Ok(Decision::Continue)),
        (PermissionMode::AcceptEdits, status(), Ok(Decision::Stop)),
        (PermissionMode::BypassPermissions, none(), Err(())),
    ] {
        let decision = match outcome(&spec(mode), &exit(0), &transcript, file, "", now()) {
            Outcome::Reported { status } => Ok(status.decision),
            _ => Err(()),
        };
        assert_eq!(decision, expected, "{mode:?}");
    }
    let (denied, _) = read(sample!("structured-denied"));
    let outcome = outcome(
        &spec(PermissionMode::DontAsk),
        &exit(0),
        &denied,
        none(),
        "",
        now(),
    );
    assert_eq!(told(&outcome), "reported");
}

#[test]
fn a_limit_and_a_stop_leave_finished_work_alone() {
    let end = |bytes: &[u8],
               code: i32,
               limit: Option<LimitKind>,
               cancelled: bool,
               status: Result<Status, String>| {
        let exit = Exit {
            limit,
            cancelled,
            ..exit(code)
        };
        told(&outcome(
            &spec(PermissionMode::BypassPermissions),
            &exit,
            &read(bytes).0,
            status,
            "",
            now(),
        ))
    };
    let after = Some(LimitKind::AfterResult);
    // Interrupted after its result, Claude Code exits 0.
    assert_eq!(
        end(sample!("sigint-after-result"), 0, after, false, status()),
        "reported"
    );
    assert!(end(sample!("sigint-after-result"), 0, after, false, none()).starts_with("timed out"));
    assert!(
        end(
            sample!("background-bash-killed"),
            -9,
            after,
            false,
            status()
        )
        .starts_with("timed out")
    );
    assert!(
        end(
            sample!("sigterm"),
            143,
            Some(LimitKind::Wall),
            false,
            status()
        )
        .starts_with("timed out")
    );
    assert_eq!(
        end(sample!("sigint-after-result"), 0, None, true, status()),
        "reported"
    );
    assert_eq!(
        end(sample!("sigint-tool"), 0, None, true, status()),
        "cancelled"
    );
    assert_eq!(
        end(sample!("sigterm"), 143, None, true, none()),
        "cancelled"
    );
    // Silent because its quota is used up.
    assert!(
        end(
            sample!("quota-rejected"),
            143,
            Some(LimitKind::Idle),
            false,
            none()
        )
        .starts_with("rate limited until Some(2026")
    );
}

#[test]
fn a_reset_that_has_passed_or_is_absurd_is_no_reset() {
    let (transcript, _) = read(sample!("quota-rejected"));
    for (now, known) in [
        (NOW, true),
        ("2026-11-22T00:00:00Z", false),
        ("2026-11-01T00:00:00Z", false),
    ] {
        let outcome = outcome(
            &spec(PermissionMode::BypassPermissions),
            &exit(1),
            &transcript,
            none(),
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
fn what_cannot_start_is_refused_with_a_hint() {
    let spec = spec(PermissionMode::BypassPermissions);
    let missing = Exit {
        code: None,
        spawn_error: Some("No such file or directory".to_owned()),
        ..exit(0)
    };
    let missing = outcome(&spec, &missing, &read(b"").0, none(), "", now());
    assert_eq!(
        told(&missing),
        "refused: `claude` could not be started: No such file or directory -> install Claude Code (`npm install -g @anthropic-ai/claude-code`) so that `claude` is on PATH, or name another program"
    );
    let root = "--dangerously-skip-permissions cannot be used with root/sudo privileges for security reasons\n";
    for (stdout, stderr) in [("", root), (root, "")] {
        let refused = outcome(
            &spec,
            &exit(1),
            &read(stdout.as_bytes()).0,
            none(),
            stderr,
            now(),
        );
        assert!(matches!(refused, Outcome::Refused { .. }), "{refused:?}");
    }
}

#[test]
fn a_crash_says_what_is_known() {
    let spec = spec(PermissionMode::BypassPermissions);
    let end = |stdout: &[u8], stderr: &str| {
        told(&outcome(
            &spec,
            &exit(1),
            &read(stdout).0,
            none(),
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
        none(),
        &"é".repeat(5000),
        now(),
    );
    assert!(matches!(long, Outcome::Crashed { stderr, .. } if stderr.len() <= 2048));
}

#[test]
fn plain_output_is_shown_as_it_is() {
    let mut transcript = Transcript::new(Provider::Command);
    let shown = transcript.push(b"{\"type\":\"result\"}\nhel\x1b[1mlo\xff\n\n");
    let lines: Vec<_> = shown.iter().map(Activity::line).collect();
    assert_eq!(lines, ["{\"type\":\"result\"}", "hello\u{fffd}"]);
    assert!(transcript.is_plain() && !transcript.saw_result());
}

#[test]
fn a_line_of_any_length_takes_bounded_memory() {
    let mut transcript = Transcript::new(Provider::Claude);
    for _ in 0..64 {
        assert_eq!(transcript.push(&[b'x'; 1 << 16]), []);
    }
    assert_eq!(
        transcript.push(b"\n"),
        [Activity::Skipped { bytes: 64 << 16 }]
    );
    assert_eq!(
        transcript.push(b"after\n"),
        [Activity::Raw {
            text: "after".to_owned()
        }]
    );
}

fn call<'a>(session: &'a SessionName, run: &'a RunId) -> InvocationContext<'a> {
    InvocationContext {
        cursor: Cursor {
            node: 0,
            iteration: 3,
            attempt: 2,
        },
        run,
        session,
        node_type: "work",
        is_root: true,
        exe: Utf8Path::new("/opt/ap"),
        project: Utf8Path::new("/p"),
        context: Utf8Path::new("/p/.claude/c.json"),
        exchange: Some(Utf8Path::new("/p/.agent-pipelines/auth")),
        prompt: "do it",
        prompt_file: Utf8Path::new("/p/.claude/prompt.md"),
    }
}

#[test]
fn how_each_provider_is_called() {
    let (session, run) = ("auth".parse().unwrap(), "r1".parse().unwrap());
    let (bypass, edits) = (
        spec(PermissionMode::BypassPermissions),
        spec(PermissionMode::AcceptEdits),
    );
    let scripted = AgentSpec {
        provider: Provider::Scripted,
        args: vec!["s.yaml".to_owned()],
        ..bypass.clone()
    };
    let command = AgentSpec {
        provider: Provider::Command,
        program: "aider".to_owned(),
        args: vec!["-x".to_owned()],
        ..bypass.clone()
    };
    let calls = [bypass, edits, scripted, command].map(|spec| {
        invocation(
            &spec,
            &call(&session, &run),
            ["PATH", "API_TIMEOUT_MS"].into_iter(),
        )
    });
    insta::assert_json_snapshot!(calls);
}

#[test]
fn nested_sessions_and_keys_stay_out_unless_asked_for() {
    let (session, run) = ("auth".parse().unwrap(), "r1".parse().unwrap());
    let inherited = [
        "PATH",
        "ANTHROPIC_API_KEY",
        "ANTHROPIC_AUTH_TOKEN",
        "ANTHROPIC_BASE_URL",
        "CLAUDECODE",
        "CLAUDE_CODE_SESSION_ID",
        "CLAUDE_CODE_ENTRYPOINT",
        "CLAUDE_PLUGIN_ROOT",
        "CLAUDE_PIPELINE_SESSION",
        "CLAUDE_CONFIG_DIR",
        "CLAUDE_CODE_OAUTH_TOKEN",
        "CLAUDE_CODE_USE_BEDROCK",
        "CLAUDE_CODE_MAX_RETRIES",
        "CLAUDE_BYTE_STREAM_IDLE_TIMEOUT_MS",
    ];
    let spec = spec(PermissionMode::BypassPermissions);
    let removed = invocation(&spec, &call(&session, &run), inherited.into_iter()).remove_env;
    assert_eq!(
        removed,
        [
            inherited[1],
            inherited[2],
            inherited[4],
            inherited[5],
            inherited[6],
            inherited[7],
            inherited[8]
        ]
    );
    let keep = AgentSpec {
        keep_env: true,
        ..spec
    };
    assert!(
        invocation(&keep, &call(&session, &run), inherited.into_iter())
            .remove_env
            .is_empty()
    );
}

fn pieces(bytes: &[u8], cuts: &[usize]) -> (String, Vec<Activity>) {
    let mut transcript = Transcript::new(Provider::Claude);
    let (mut shown, mut from) = (Vec::new(), 0);
    for cut in cuts.iter().copied().chain([bytes.len()]) {
        let to = from.max(cut.min(bytes.len()));
        shown.extend(transcript.push(&bytes[from..to]));
        from = to;
    }
    shown.extend(transcript.finish());
    (format!("{transcript:?}"), shown)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn chunks_do_not_matter(mut cuts in prop::collection::vec(0usize..16_000, 0..30)) {
        cuts.sort_unstable();
        for sample in [&sample!("two-results")[..], sample!("quota-rejected-midway"), sample!("structured")] {
            prop_assert_eq!(pieces(sample, &cuts), pieces(sample, &[]));
        }
    }

    #[test]
    fn no_bytes_are_fatal(bytes in prop::collection::vec(any::<u8>(), 0..2000), at in 0usize..4000, n in 0usize..40) {
        let mut torn = sample!("success").to_vec();
        torn.splice(at..(at + n), bytes.iter().copied());
        for bytes in [bytes, torn] {
            let (transcript, _) = read(&bytes);
            let _ = (transcript.usage(), outcome(&spec(PermissionMode::Plan), &exit(1), &transcript, none(), "", now()));
        }
    }

    #[test]
    fn no_json_is_fatal(kind in "system|assistant|user|result|rate_limit_event", key in "message|usage|content|modelUsage|errors|rate_limit_info|permission_denials|total_cost_usd|num_turns", value in "null|-1|18446744073709551615|1e308|\"x\"|\\[1,\\{\\}\\]|\\{\"a\":\\{\"inputTokens\":18446744073709551615\\}\\}") {
        let line = format!("{{\"type\":\"{kind}\",\"{key}\":{value}}}\n").repeat(3);
        let (transcript, _) = read(line.as_bytes());
        let _ = (transcript.usage(), outcome(&spec(PermissionMode::Plan), &exit(0), &transcript, none(), "", now()));
    }
}
