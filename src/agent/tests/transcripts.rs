//! How the output of Claude Code is read.
use super::*;
use crate::agent::outcome;
use crate::model::{AccountKind, Usage};
use proptest::prelude::*;

#[test]
fn activities_of_a_run_are_shown() {
    let (_, lines) = read(sample!("claude/success"));
    insta::assert_snapshot!(lines.join("\n"));
    let (_, lines) = read(sample!("claude/two-results"));
    insta::assert_snapshot!(lines.join("\n"));
    let (_, lines) = read(sample!("claude/429-oauth"));
    insta::assert_snapshot!(lines.join("\n"));
    let (_, lines) = read(sample!("claude/denied-default"));
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn the_last_result_has_the_totals() {
    let (transcript, _) = read(sample!("claude/two-results"));
    let usage = transcript.usage();
    assert_eq!(
        (usage.input_tokens, usage.output_tokens, usage.cost_usd),
        (600, 120, 0.00402)
    );
    assert_eq!(transcript.final_text(), Some("done"));
}

#[test]
fn usage_is_live_before_the_result_and_each_message_counts_once() {
    let all = sample!("claude/success");
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
    let reckoned = transcript.usage();
    let input = Usage {
        output_tokens: 0,
        cost_usd: 0.0,
        ..reckoned
    };
    assert_eq!((input, transcript.saw_result()), (live, false));
    assert!(!transcript.cost().is_reported);
    let (transcript, _) = read(all);
    assert_eq!(
        transcript.usage(),
        Usage {
            output_tokens: 92,
            cost_usd: 0.01758,
            ..live
        }
    );
    let cost = transcript.cost();
    assert_eq!((cost.reckoned, cost.is_reported), (reckoned, true));
    assert_eq!(cost.models["claude-opus-5-5"].output_tokens, 92);
    let difference = (cost.reckoned.cost_usd - 0.01758).abs();
    assert!(difference < 0.1 * 0.01758, "{}", cost.reckoned.cost_usd);
    let (transcript, _) = read(sample!("claude/success-197"));
    assert_eq!(transcript.usage().output_tokens, 92);
    let (transcript, _) = read(sample!("claude/partial"));
    assert_eq!(transcript.usage().output_tokens, 92);
}

#[test]
fn turns_of_sub_agents_are_reckoned_too() {
    let (transcript, _) = read(sample!("claude/two-results"));
    let (cost, usage) = (transcript.cost(), transcript.usage());
    assert_eq!(cost.reckoned.input_tokens, usage.input_tokens);
    assert_eq!(cost.models["claude-haiku-5-5"].input_tokens, 100);
    assert!(cost.gap(&usage).is_none());
}

#[test]
fn the_paying_account_is_known() {
    let billing = |bytes| read(bytes).0.account().map(AccountKind::as_str);
    assert_eq!(billing(sample!("claude/success")), Some("API key"));
    assert_eq!(
        billing(sample!("claude/quota-warning")),
        Some("subscription")
    );
    assert_eq!(billing(sample!("claude/429-oauth")), Some("login"));
    assert_eq!(billing(sample!("claude/not-logged-in")), None);
    let (mut transcript, _) = read(sample!("claude/quota-warning"));
    let report = transcript.take_quota();
    let windows: Vec<_> = report
        .readings
        .iter()
        .map(|it| (it.window.as_str(), it.used.unwrap().fraction()))
        .collect();
    assert_eq!(windows, [("seven_day", 0.31), ("five_hour", 0.93)]);
    assert!(transcript.take_quota().is_empty(), "it was taken");
}

#[test]
fn plain_output_is_shown_as_it_is() {
    let mut transcript = Transcript::new(Provider::COMMAND.adapter().output_format());
    let shown = transcript.push(b"{\"type\":\"result\"}\nhel\x1b[1mlo\xff\n\n");
    let lines: Vec<_> = shown.iter().map(Activity::line).collect();
    assert_eq!(lines, ["{\"type\":\"result\"}", "hello\u{fffd}"]);
    assert!(transcript.is_plain() && !transcript.saw_result());
}

#[test]
fn a_line_of_any_length_needs_bounded_memory() {
    let mut transcript = Transcript::new(Provider::default().adapter().output_format());
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

fn read_in_chunks(bytes: &[u8], cuts: &[usize]) -> (String, Vec<Activity>) {
    let mut transcript = Transcript::new(Provider::default().adapter().output_format());
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
    fn chunks_of_any_size_are_read_alike(mut cuts in prop::collection::vec(0usize..16_000, 0..30)) {
        cuts.sort_unstable();
        for sample in [&sample!("claude/two-results")[..], sample!("claude/quota-rejected-midway"), sample!("claude/structured")] {
            prop_assert_eq!(read_in_chunks(sample, &cuts), read_in_chunks(sample, &[]));
        }
    }

    #[test]
    fn no_bytes_are_fatal(bytes in prop::collection::vec(any::<u8>(), 0..2000), at in 0usize..4000, n in 0usize..40) {
        let mut torn = sample!("claude/success").to_vec();
        torn.splice(at..(at + n), bytes.iter().copied());
        for bytes in [bytes, torn] {
            let (transcript, _) = read(&bytes);
            let _ = (transcript.usage(), outcome(&spec(PermissionMode::Plan), &exit(1), &transcript, no_status(), "", now()));
        }
    }

    #[test]
    fn no_json_is_fatal(kind in "system|assistant|user|result|rate_limit_event", key in "message|usage|content|modelUsage|errors|rate_limit_info|permission_denials|total_cost_usd|num_turns", value in "null|-1|18446744073709551615|1e308|\"x\"|\\[1,\\{\\}\\]|\\{\"a\":\\{\"inputTokens\":18446744073709551615\\}\\}") {
        let line = format!("{{\"type\":\"{kind}\",\"{key}\":{value}}}\n").repeat(3);
        let (transcript, _) = read(line.as_bytes());
        let _ = (transcript.usage(), outcome(&spec(PermissionMode::Plan), &exit(0), &transcript, no_status(), "", now()));
    }
}
