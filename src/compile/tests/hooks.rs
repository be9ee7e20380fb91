//! Hooks of definitions: what they compile to, and their mistakes.
use super::*;
use crate::model::HookEvent;
use crate::plan::{HookSource, OnHookFailure};
use insta::assert_snapshot;

const LOOP: &str = "termination: {type: queue}\nhooks:\n";

#[test]
fn a_hook_that_cannot_do_what_it_says_is_an_error() {
    assert_snapshot!(of_loop(&format!("{LOOP}  session_end: [{{command: [x], on_failure: hold}}]\n")), @"Error bad-value: work/loop.yaml:3:44: `on_failure` can hold or fail a session only if it waits for the hook, and it does not wait for those of `session_end` (add `await: true`, or use `on_failure: note` or `retry`)");
    assert_snapshot!(of_loop(&format!("{LOOP}  iteration_end: [{{comand: [x]}}]\n")), @"
    Error no-command: work/loop.yaml:3:19: the hook has no `command`, `webhook` or `message` (add `command: [program, argument]`)
    Error unknown-key: work/loop.yaml:3:20: unknown key `comand` (did you mean `command`?)
    ");
    assert_snapshot!(of_loop(&format!("{LOOP}  session_ends: []\n")), @"Error unknown-key: work/loop.yaml:3:3: unknown key `session_ends` (did you mean `session_end`?)");
    assert_snapshot!(of_loop(&format!("{LOOP}  iteration_start: [{{command: [x], when: {{outcome: [stop], every: 0}}, await: false}}]\n")), @"
    Error bad-value: work/loop.yaml:3:52: `iteration_start` never has that outcome, so the hook may never run (remove `outcome`: only what ended has one)
    Error bad-value: work/loop.yaml:3:67: `every` must be 1 or more
    Error no-effect: work/loop.yaml:3:78: `await: false` has no effect: a session waits for `iteration_start`
    ");
}

#[test]
fn a_hook_does_one_thing_and_its_address_can_be_one() {
    let slack = [
        "https://hooks.",
        "slack.com/services/T0A1/B0A1/Zx8vQ2mN4kLp7RtY1wSd9fGh",
    ]
    .concat();
    let secret = format!("{{webhook: '{slack}'}}");
    for (hook, code, words) in [
        (
            "{command: [x], message: Done}",
            "bad-value",
            "a hook has either `command` or `message` (write two hooks",
        ),
        ("{command: []}", "no-command", "the hook has no program"),
        (
            "{webhook: example.com/x}",
            "bad-value",
            "`webhook` must be an address that begins with http:// or https://",
        ),
        ("{webhook: 'https:///x'}", "bad-value", "must be an address"),
        (
            "{webhook: 'http://a b/'}",
            "bad-value",
            "must be an address",
        ),
        (
            "{webhook: {secret: a, env: B}}",
            "bad-value",
            "`webhook` must name one of `secret`, `env`, `file` and `command`",
        ),
        ("{message: ' '}", "bad-value", "`message` has no text"),
        (
            secret.as_str(),
            "bad-value",
            "the address holds a secret, which does not belong into this file (put it into secrets.yaml",
        ),
    ] {
        let found = of_loop(&format!("{LOOP}  session_end: [{hook}]\n"));
        let place = format!("Error {code}: work/loop.yaml:3:");
        assert!(
            found.starts_with(&place) && found.contains(words),
            "{hook}: {found}"
        );
        assert_eq!(found.lines().count(), 1, "{found}");
    }
}

#[test]
fn webhooks_and_messages_compile_and_name_no_secret() {
    let text = format!(
        "{LOOP}  session_end: [{{webhook: {{secret: hook}}}}, {{webhook: 'http://127.0.0.1:9/x'}}, {{message: ' All done '}}]\n"
    );
    let sources = Sources::Loop(a_loop("work", &text, "Do it.\n"));
    let plan = plan(&sources, &Overrides::default());
    let hooks = &plan.steps[0].node().unwrap().hooks;
    let actions: Vec<_> = hooks.iter().map(|hook| &hook.action).collect();
    assert_eq!(
        actions,
        [
            &HookAction::Webhook(SecretRef::Secret("hook".to_owned())),
            &HookAction::Webhook(SecretRef::Plain("http://127.0.0.1:9/x".to_owned())),
            &HookAction::Message("All done".to_owned()),
        ]
    );
    let frozen = serde_json::to_value(&hooks[0]).unwrap();
    assert_eq!(frozen["webhook"], serde_json::json!({ "secret": "hook" }));
    assert_eq!(serde_json::from_value::<Hook>(frozen).unwrap(), hooks[0]);
}

#[test]
fn hooks_of_a_loop_are_those_of_its_node() {
    let text =
        format!("{LOOP}  iteration_end: [{{command: [x], on_failure: fail, timeout: 2m}}]\n");
    let sources = Sources::Loop(a_loop("work", &text, "Do it.\n"));
    let plan = plan(&sources, &Overrides::default());
    let hook = &plan.steps[0].node().unwrap().hooks[0];
    assert_eq!(
        (hook.event, hook.of),
        (HookEvent::IterationEnd, HookSource::Loop)
    );
    assert_eq!(
        (hook.timeout_s, hook.on_failure),
        (120, OnHookFailure::Fail)
    );
    assert!(hook.awaited && plan.awaits_hooks());
}
