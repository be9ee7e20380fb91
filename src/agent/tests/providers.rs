//! How the other programs are called, and what is made of what they print. The samples say where they come from.
use super::*;
use crate::plan::{Declared, Output, PromptDelivery};

macro_rules! sample {
    ($name:literal) => {
        include_bytes!(concat!("../../../tests/data/", $name, ".jsonl"))
    };
}

fn spec_of(provider: Provider, permissions: PermissionMode, model: &str) -> AgentSpec {
    AgentSpec {
        provider,
        program: provider.program().to_owned(),
        model: model.to_owned(),
        ..spec(permissions)
    }
}

fn read_as(provider: Provider, bytes: &[u8]) -> (Transcript, Vec<String>) {
    let mut transcript = Transcript::new(provider);
    let mut shown = transcript.push(bytes);
    shown.extend(transcript.finish());
    (transcript, shown.iter().map(Activity::line).collect())
}

fn args(spec: &AgentSpec) -> String {
    let (session, run) = ("auth".parse().unwrap(), "r1".parse().unwrap());
    invocation(spec, &call(&session, &run), std::iter::empty())
        .args
        .join(" ")
}

const OTHERS: [Provider; 5] = [
    Provider::Codex,
    Provider::Gemini,
    Provider::Opencode,
    Provider::Amp,
    Provider::Copilot,
];

#[test]
fn each_is_called_without_a_person_at_it() {
    let models = [
        "gpt-5.2-codex:xhigh",
        "gemini-3-pro-preview",
        "anthropic/claude-opus-4-8:max",
        "high",
        "gpt-5.4:low",
    ];
    let lines = OTHERS.iter().zip(models).map(|(provider, model)| {
        format!(
            "{} {}",
            provider.name(),
            args(&spec_of(
                *provider,
                PermissionMode::BypassPermissions,
                model
            ))
        )
    });
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @r#"
    codex exec --json --color never --skip-git-repo-check --dangerously-bypass-approvals-and-sandbox --model gpt-5.2-codex -c model_reasoning_effort="xhigh" -
    gemini --output-format stream-json --approval-mode yolo --skip-trust --model gemini-3-pro-preview
    opencode run --format json --auto --model anthropic/claude-opus-4-8 --variant max
    amp --execute --stream-json --no-ide --no-notifications --no-color --mode high
    copilot --output-format json --silent --no-ask-user --no-color --no-auto-update --allow-all --model gpt-5.4 --reasoning-effort low
    "#);
    let more = AgentSpec {
        args: vec!["-c".to_owned(), "a=b c".to_owned()],
        ..spec_of(Provider::Codex, PermissionMode::Default, "")
    };
    assert!(
        args(&more).ends_with("--skip-git-repo-check -c a=b c -"),
        "{}",
        args(&more)
    );
}

#[test]
fn permissions_are_what_the_loop_says_or_refused() {
    use PermissionMode::*;
    let modes = [BypassPermissions, AcceptEdits, Auto, Default, DontAsk, Plan];
    let mut found = String::new();
    for provider in OTHERS {
        let plain = args(&spec_of(provider, Default, ""));
        for mode in modes {
            let all = args(&spec_of(provider, mode, ""));
            let own: Vec<&str> = all
                .split(' ')
                .filter(|word| !plain.split(' ').any(|other| other == *word))
                .collect();
            let told = provider
                .refuses(mode)
                .map_or_else(|| own.join(" "), |reason| format!("refused: {reason}"));
            found += &format!("{} {}: {told}\n", provider.name(), mode.name());
            // Whatever is refused gives no more than asking does.
            assert!(
                provider.refuses(mode).is_none()
                    || !all.contains("bypass")
                        && !all.contains("yolo")
                        && !all.contains("allow-all")
            );
        }
    }
    insta::assert_snapshot!(found, @"
    codex bypassPermissions: --dangerously-bypass-approvals-and-sandbox
    codex acceptEdits: --sandbox workspace-write
    codex auto: --approve-for-me
    codex default: 
    codex dontAsk: refused: Codex has no list of what is allowed; `acceptEdits` runs it in its sandbox and never asks
    codex plan: refused: an agent that may write nothing cannot leave its status
    gemini bypassPermissions: yolo
    gemini acceptEdits: auto_edit
    gemini auto: refused: Gemini CLI has no automatic review
    gemini default: 
    gemini dontAsk: 
    gemini plan: refused: without a person at it, Gemini CLI leaves plan mode by itself and then allows everything
    opencode bypassPermissions: --auto
    opencode acceptEdits: refused: opencode has this in its own configuration: set `permission` in opencode.json and say `default`
    opencode auto: refused: opencode has this in its own configuration: set `permission` in opencode.json and say `default`
    opencode default: 
    opencode dontAsk: 
    opencode plan: refused: an agent that may write nothing cannot leave its status
    amp bypassPermissions: 
    amp acceptEdits: refused: Amp has this in its own settings: set `amp.permissions` there and say `default`
    amp auto: refused: Amp has this in its own settings: set `amp.permissions` there and say `default`
    amp default: 
    amp dontAsk: refused: Amp has this in its own settings: set `amp.permissions` there and say `default`
    amp plan: refused: an agent that may write nothing cannot leave its status
    copilot bypassPermissions: --allow-all
    copilot acceptEdits: --allow-tool=write
    copilot auto: refused: Copilot's review is experimental: say `default` and `args: [--experimental, --assisted-approval]`
    copilot default: 
    copilot dontAsk: 
    copilot plan: refused: an agent that may write nothing cannot leave its status
    ");
}

#[test]
fn copilot_is_not_allowed_more_by_the_environment_than_by_the_loop() {
    let (session, run) = ("auth".parse().unwrap(), "r1".parse().unwrap());
    let removed = |mode| {
        invocation(
            &spec_of(Provider::Copilot, mode, ""),
            &call(&session, &run),
            ["PATH", "COPILOT_ALLOW_ALL", "GH_TOKEN"].into_iter(),
        )
        .remove_env
    };
    assert_eq!(removed(PermissionMode::AcceptEdits), ["COPILOT_ALLOW_ALL"]);
    assert!(removed(PermissionMode::BypassPermissions).is_empty());
}

#[test]
fn a_declared_program_is_called_as_its_declaration_says() {
    let declared = Declared {
        name: "mycli".to_owned(),
        args: ["run", "--file={prompt}"].map(str::to_owned).into(),
        prompt: PromptDelivery::File,
        model_flag: "-m".to_owned(),
        permissions: [(PermissionMode::BypassPermissions, vec!["--yes".to_owned()])].into(),
        output: Output::StreamJson,
        install: "pipx install mycli".to_owned(),
    };
    let spec = |declared: &Declared, model| AgentSpec {
        args: vec!["-v".to_owned()],
        declared: Some(declared.clone()),
        ..spec_of(Provider::Command, PermissionMode::BypassPermissions, model)
    };
    assert_eq!(
        args(&spec(&declared, "big")),
        "run --file=/p/.claude/prompt.md --yes -m big -v"
    );
    let plain = Declared {
        args: Vec::new(),
        prompt: PromptDelivery::Argument,
        model_flag: String::new(),
        ..declared.clone()
    };
    assert_eq!(args(&spec(&plain, "big")), "--yes -v do it");
    assert_eq!(
        args(&spec(
            &Declared {
                prompt: PromptDelivery::Stdin,
                ..plain
            },
            ""
        )),
        "--yes -v"
    );
    let mine = spec(&declared, "");
    assert_eq!(
        (output_format(&mine), install_hint(&mine).as_str()),
        (Provider::Claude, "install it: pipx install mycli")
    );
    assert!(
        mine.refuses(PermissionMode::AcceptEdits).is_some()
            && mine.refuses(PermissionMode::BypassPermissions).is_none()
    );
}

#[test]
fn what_is_shown_of_each() {
    let samples: [(Provider, &[u8]); 5] = [
        (Provider::Codex, sample!("codex/success")),
        (Provider::Gemini, sample!("gemini/success")),
        (Provider::Opencode, sample!("opencode/success")),
        (Provider::Amp, sample!("amp/success")),
        (Provider::Copilot, sample!("copilot/success")),
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
        assert_eq!(told(&outcome), "reported");
        found += &format!("{}\n  {}\n", provider.name(), lines.join("\n  "));
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
fn every_end_is_typed() {
    let table: &[(&str, Provider, &[u8], i32, &str)] = &[
        (
            "codex usage limit",
            Provider::Codex,
            sample!("codex/usage-limit"),
            1,
            "",
        ),
        (
            "codex unauthorized",
            Provider::Codex,
            sample!("codex/unauthorized"),
            1,
            "",
        ),
        (
            "codex disconnected",
            Provider::Codex,
            sample!("codex/disconnected"),
            1,
            "",
        ),
        (
            "codex declined",
            Provider::Codex,
            sample!("codex/declined"),
            0,
            "",
        ),
        (
            "codex bad flag",
            Provider::Codex,
            b"",
            2,
            "error: unexpected argument '--x' found\n",
        ),
        (
            "gemini quota",
            Provider::Gemini,
            sample!("gemini/quota"),
            1,
            "",
        ),
        (
            "gemini quota on stderr",
            Provider::Gemini,
            b"",
            1,
            "[API Error: Your quota will reset after 5s.]\nat x.js:1\n",
        ),
        (
            "gemini no login",
            Provider::Gemini,
            b"",
            41,
            "Please set an Auth method\n",
        ),
        ("gemini bad settings", Provider::Gemini, b"", 52, ""),
        (
            "gemini too many turns",
            Provider::Gemini,
            b"",
            53,
            "Reached max session turns for this session.\n",
        ),
        (
            "opencode 429",
            Provider::Opencode,
            sample!("opencode/429"),
            1,
            "",
        ),
        (
            "opencode no login",
            Provider::Opencode,
            sample!("opencode/no-login"),
            1,
            "",
        ),
        (
            "opencode rejected",
            Provider::Opencode,
            sample!("opencode/rejected"),
            0,
            "",
        ),
        (
            "amp no login",
            Provider::Amp,
            b"",
            1,
            "Error: You are not logged in. Run `amp login`.\n",
        ),
        (
            "copilot quota",
            Provider::Copilot,
            sample!("copilot/quota"),
            1,
            "",
        ),
        ("copilot killed", Provider::Copilot, b"", -9, "quota"),
    ];
    let mut found = String::new();
    for (name, provider, bytes, code, stderr) in table {
        let spec = spec_of(*provider, PermissionMode::Default, "");
        let (transcript, _) = read_as(*provider, bytes);
        found += &format!(
            "{name}: {}\n",
            told(&outcome(
                &spec,
                &exit(*code),
                &transcript,
                none(),
                stderr,
                now()
            ))
        );
    }
    insta::assert_snapshot!(found, @"
    codex usage limit: rate limited until None: You've hit your usage limit. Upgrade to Pro (https://chatgpt.com/explore/pro), visit https://chatgpt.com/codex/settings/usage to purchase more credits or try again at 3:05 PM.
    codex unauthorized: refused: unexpected status 401 Unauthorized: Missing bearer or basic authentication in header -> log in
    codex disconnected: crashed Some(1) None: stream disconnected before completion: error sending request
    codex declined: refused: not permitted: shell (first: shell git push) -> allow it in the settings of `codex`, or choose another `permissions
    codex bad flag: crashed Some(2) None: error: unexpected argument '--x' found
    gemini quota: rate limited until Some(2026-11-21T09:14:07Z): [API Error: You have exhausted your capacity on this model. Your quota will reset after 8h44m7s.]
    gemini quota on stderr: rate limited until Some(2026-11-21T00:30:05Z): [API Error: Your quota will reset after 5s.]
    gemini no login: refused: Gemini CLI could not sign in -> sign in
    gemini bad settings: refused: a settings.json of Gemini CLI is invalid -> see `ap logs`
    gemini too many turns: crashed Some(53) None: Reached max session turns for this session.
    opencode 429: rate limited until None: Rate limit exceeded. Please try again later.
    opencode no login: refused: no credentials -> log in
    opencode rejected: refused: not permitted: external_directory -> allow it in the settings of `opencode`, or choose another `permissions
    amp no login: refused: Error: You are not logged in. Run `amp login`. -> log in
    copilot quota: rate limited until None: 402 You have no quota
    copilot killed: crashed None Some(9): quota
    ");
}

#[test]
fn what_was_used_is_told_before_the_end() {
    let all = sample!("opencode/success");
    let end = all
        .windows(13)
        .position(|text| text == b"\"type\":\"text\"")
        .unwrap();
    let (transcript, _) = read_as(Provider::Opencode, &all[..end]);
    assert_eq!(
        (transcript.usage().cost_usd, transcript.saw_result()),
        (0.001, false)
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_json_of_others_is_fatal(
        provider in prop::sample::select(OTHERS.to_vec()),
        kind in "item.completed|turn.completed|turn.failed|error|result|message|tool_use|step_finish|done|session.error|assistant.message|assistant",
        key in "item|usage|error|stats|part|data|message|rejected|exitCode|status",
        value in "null|-1|18446744073709551615|1e308|\"x\"|\\[1,\\{\\}\\]|\\{\"type\":\"file_change\",\"changes\":\\[1\\],\"cost\":-1,\"tokens\":\\{\"input\":18446744073709551615\\}\\}",
    ) {
        let line = format!("{{\"type\":\"{kind}\",\"{key}\":{value}}}\n").repeat(3);
        let (transcript, _) = read_as(provider, line.as_bytes());
        let spec = spec_of(provider, PermissionMode::Default, "");
        let _ = (transcript.usage(), outcome(&spec, &exit(1), &transcript, none(), "", now()));
    }
}
