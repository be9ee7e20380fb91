//! How the programs of other providers are called.
use super::*;
use crate::agent::custom::{CustomOutput, ProviderDef};
use crate::agent::invocation;
use crate::agent::prompt_delivery::PromptDelivery;

fn args(spec: &AgentSpec) -> String {
    let (session, run) = ("auth".parse().unwrap(), "r1".parse().unwrap());
    invocation(spec, &call(&session, &run), std::iter::empty())
        .args
        .join(" ")
}

#[test]
fn other_providers_are_called_headless() {
    let models = [
        "gpt-5.2-codex:xhigh",
        "gemini-3-pro-preview",
        "anthropic/claude-opus-4-8:max",
        "high",
        "gpt-5.4:low",
    ];
    let lines = OTHER_PROVIDERS.iter().zip(models).map(|(provider, model)| {
        format!(
            "{} {}",
            provider,
            args(&spec_of(provider, PermissionMode::BypassPermissions, model))
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
        ..spec_of("codex", PermissionMode::Default, "")
    };
    assert!(
        args(&more).ends_with("--skip-git-repo-check -c a=b c -"),
        "{}",
        args(&more)
    );
}

#[test]
fn permissions_become_flags_or_are_refused() {
    use PermissionMode::*;
    let modes = [BypassPermissions, AcceptEdits, Auto, Default, DontAsk, Plan];
    let mut found = String::new();
    for provider in OTHER_PROVIDERS {
        let plain = args(&spec_of(provider, Default, ""));
        for mode in modes {
            let all = args(&spec_of(provider, mode, ""));
            let own: Vec<&str> = all
                .split(' ')
                .filter(|word| !plain.split(' ').any(|other| other == *word))
                .collect();
            let refusal = spec_of(provider, mode, "").refuses(mode);
            let flags =
                refusal.map_or_else(|| own.join(" "), |reason| format!("refused: {reason}"));
            found += &format!("{} {}: {flags}\n", provider, mode.name());
            // A refused mode permits nothing either.
            assert!(
                refusal.is_none()
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
    gemini plan: refused: run headless, Gemini CLI leaves plan mode by itself and then allows everything
    opencode bypassPermissions: --auto
    opencode acceptEdits: refused: opencode has this in its own configuration: set `permission` in opencode.json, with `permissions: default`
    opencode auto: refused: opencode has this in its own configuration: set `permission` in opencode.json, with `permissions: default`
    opencode default: 
    opencode dontAsk: 
    opencode plan: refused: an agent that may write nothing cannot leave its status
    amp bypassPermissions: 
    amp acceptEdits: refused: Amp has this in its own settings: set `amp.permissions` there, with `permissions: default`
    amp auto: refused: Amp has this in its own settings: set `amp.permissions` there, with `permissions: default`
    amp default: 
    amp dontAsk: refused: Amp has this in its own settings: set `amp.permissions` there, with `permissions: default`
    amp plan: refused: an agent that may write nothing cannot leave its status
    copilot bypassPermissions: --allow-all
    copilot acceptEdits: --allow-tool=write
    copilot auto: refused: Copilot's review is experimental: use `permissions: default` with `args: [--experimental, --assisted-approval]`
    copilot default: 
    copilot dontAsk: 
    copilot plan: refused: an agent that may write nothing cannot leave its status
    ");
}

#[test]
fn copilot_ignores_an_environment_that_permits_more_than_the_definition() {
    let (session, run) = ("auth".parse().unwrap(), "r1".parse().unwrap());
    let removed = |mode| {
        invocation(
            &spec_of("copilot", mode, ""),
            &call(&session, &run),
            ["PATH", "COPILOT_ALLOW_ALL", "GH_TOKEN"].into_iter(),
        )
        .remove_env
    };
    assert_eq!(removed(PermissionMode::AcceptEdits), ["COPILOT_ALLOW_ALL"]);
    assert!(removed(PermissionMode::BypassPermissions).is_empty());
}

#[test]
fn a_custom_provider_is_called_as_defined() {
    let definition = ProviderDef {
        program: "mycli".to_owned(),
        args: ["run", "--file={prompt}"].map(str::to_owned).into(),
        prompt: PromptDelivery::File,
        model_flag: "-m".to_owned(),
        permissions: [(PermissionMode::BypassPermissions, vec!["--yes".to_owned()])].into(),
        output: CustomOutput::StreamJson,
        install: "pipx install mycli".to_owned(),
    };
    let spec = |definition: &ProviderDef, model| AgentSpec {
        args: vec!["-v".to_owned()],
        custom: Some(definition.freeze("mycli")),
        ..spec_of("command", PermissionMode::BypassPermissions, model)
    };
    assert_eq!(
        args(&spec(&definition, "big")),
        "run --file=/p/.claude/prompt.md --yes -m big -v"
    );
    let plain = ProviderDef {
        args: Vec::new(),
        prompt: PromptDelivery::Argument,
        model_flag: String::new(),
        ..definition.clone()
    };
    assert_eq!(args(&spec(&plain, "big")), "--yes -v do it");
    assert_eq!(
        args(&spec(
            &ProviderDef {
                prompt: PromptDelivery::Stdin,
                ..plain
            },
            ""
        )),
        "--yes -v"
    );
    let mine = spec(&definition, "");
    assert_eq!(
        mine.adapter().install_hint(),
        "install it: pipx install mycli"
    );
    assert!(mine.adapter().output_format().ends_with_result());
    assert!(
        mine.refuses(PermissionMode::AcceptEdits).is_some()
            && mine.refuses(PermissionMode::BypassPermissions).is_none()
    );
}
