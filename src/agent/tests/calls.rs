//! How agents are called.
use super::*;
use crate::agent::invocation;

#[test]
fn agents_are_called_with_their_arguments_and_environment() {
    let (session, run) = ("auth".parse().unwrap(), "r1".parse().unwrap());
    let (bypass, edits) = (
        spec(PermissionMode::BypassPermissions),
        spec(PermissionMode::AcceptEdits),
    );
    let scripted = AgentSpec {
        provider: Provider::SCRIPTED,
        args: vec!["s.yaml".to_owned()],
        ..bypass.clone()
    };
    let command = AgentSpec {
        provider: Provider::COMMAND,
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
fn variables_of_nested_sessions_and_keys_are_removed_by_default() {
    let (session, run) = ("auth".parse().unwrap(), "r1".parse().unwrap());
    let inherited = [
        "PATH",
        "ANTHROPIC_API_KEY",
        "ANTHROPIC_AUTH_TOKEN",
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
            inherited[3],
            inherited[4],
            inherited[5],
            inherited[6],
            inherited[7]
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

#[test]
fn the_key_of_a_gateway_stays_with_its_address() {
    let (session, run) = ("auth".parse().unwrap(), "r1".parse().unwrap());
    let spec = spec(PermissionMode::BypassPermissions);
    let removed = |inherited: &[&str]| {
        invocation(&spec, &call(&session, &run), inherited.iter().copied()).remove_env
    };
    let (address, key, token) = (
        "ANTHROPIC_BASE_URL",
        "ANTHROPIC_API_KEY",
        "ANTHROPIC_AUTH_TOKEN",
    );
    let login = "CLAUDE_CODE_OAUTH_TOKEN";
    let none: [&str; 0] = [];
    assert_eq!(removed(&[address, key]), none);
    assert_eq!(removed(&[address, token]), none);
    assert_eq!(removed(&[address, token, login]), none);
    assert_eq!(removed(&[address, key, token]), none);
    // The login is in the environment because it is to be used, and it stays with the address.
    assert_eq!(removed(&[address, key, login]), [key]);
    assert_eq!(removed(&[key, token, login]), [key, token]);
}

/// The arguments of an agent of Claude Code, joined by spaces.
fn arguments(spec: &AgentSpec) -> String {
    let (session, run) = ("auth".parse().unwrap(), "r1".parse().unwrap());
    let call = call(&session, &run);
    invocation(spec, &call, std::iter::empty()).args.join(" ")
}

#[test]
fn the_effort_behind_a_model_is_an_option_of_its_own() {
    for (model, expected) in [
        ("opus:max", "--model opus --effort max"),
        (":low", "--model opus --effort low"),
        ("opus", "--model opus -n"),
        ("vendor.model-v1:0", "--model vendor.model-v1:0 -n"),
    ] {
        let model = model.to_owned();
        let args = arguments(&AgentSpec {
            model,
            ..spec(PermissionMode::BypassPermissions)
        });
        assert!(args.contains(expected), "{args}");
    }
}

#[test]
fn agents_do_not_have_the_tools_that_reach_beyond_their_iteration() {
    let spec = spec(PermissionMode::BypassPermissions);
    let args = |allowed: &[&str]| {
        let allow_tools = allowed.iter().map(|&tool| tool.to_owned()).collect();
        arguments(&AgentSpec {
            allow_tools,
            ..spec.clone()
        })
    };
    assert!(args(&[]).contains("--disallowedTools AskUserQuestion,EnterPlanMode,ExitPlanMode,SendMessage,ListAgents,CronCreate,CronDelete,CronList,ScheduleWakeup,EnterWorktree,ExitWorktree --output-format"));
    assert!(args(&["EnterWorktree", "ExitWorktree"]).contains("ScheduleWakeup --output-format"));
    assert!(!args(&["*"]).contains("--disallowedTools"));
    assert!(args(&[]).contains("-n ap auth implement 3"));
}

#[test]
fn a_flag_that_the_program_does_not_have_is_left_out_with_its_value() {
    let args = ["-p", "-n", "ap s g 1", "--effort", "max", "--verbose"].map(str::to_owned);
    let options = ["-p", "--effort", "--verbose"].map(str::to_owned).into();
    let kept = crate::agent::without_missing(args.into(), &["-n", "--effort"], &options);
    assert_eq!(kept, ["-p", "--effort", "max", "--verbose"]);
}
