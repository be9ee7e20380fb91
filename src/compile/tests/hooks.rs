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
    Error no-command: work/loop.yaml:3:19: the hook has no `command` (add `command: [program, argument]`)
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
