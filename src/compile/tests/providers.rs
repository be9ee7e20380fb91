//! The agents of a node and their fallbacks.
use super::*;
use crate::agent::{AgentSpec, ProviderDef};
use insta::assert_snapshot;

/// A program of the user's own, as their settings declare it.
fn own() -> Overrides {
    let mycli = ProviderDef {
        program: "mycli".into(),
        model_flag: "-m".into(),
        ..ProviderDef::default()
    };
    Overrides {
        providers: [("mycli".to_owned(), mycli)].into(),
        ..Overrides::default()
    }
}

fn chain(node: &Node) -> String {
    let agent = |agent: &AgentSpec| {
        format!(
            "{} ({}{})",
            agent.label(),
            agent.program,
            agent.args.concat()
        )
    };
    node.agent.chain().map(agent).collect::<Vec<_>>().join(", ")
}

#[test]
fn each_agent_of_a_fallback_chain_has_its_own_settings() {
    let definition = "termination: {type: queue}\nprogram: /opt/claude\nargs: [-v]\nmodel: sonnet\nfallback: [codex, 'openai:gpt-5.2:high', 'claude:haiku', mycli, 'mycli:big']\n";
    let made = plan(&Sources::Loop(a_loop("work", definition, PROMPT)), &own());
    let shown = "claude:sonnet (/opt/claude-v), codex (codex), codex:gpt-5.2:high (codex), claude:haiku (/opt/claude-v), mycli (mycli), mycli:big (mycli)";
    assert_eq!(chain(made.node(0).unwrap()), shown);
    assert!(
        made.node(0)
            .unwrap()
            .agent
            .fallback
            .iter()
            .all(|agent| agent.fallback.is_empty())
    );
}

#[test]
fn a_fallback_chain_stays_with_the_provider_it_was_set_for() {
    let pipeline = |defaults: &str| {
        let text = format!(
            "defaults: {{{defaults}}}\nnodes:\n  - {{id: a, loop: work, runs: 1}}\n  - {{id: b, loop: work, runs: 1, fallback: [gemini]}}\n  - {{id: c, loop: work, runs: 1, fallback: []}}\n  - {{id: d, loop: work, runs: 1, provider: codex}}\n"
        );
        plan(&a_pipeline(&text), &Overrides::default())
            .all_nodes()
            .map(chain)
            .collect::<Vec<_>>()
            .join("\n")
    };
    assert_snapshot!(pipeline("fallback: [amp]"), @"
    claude:sonnet (claude), amp (amp)
    claude:sonnet (claude), gemini (gemini)
    claude:sonnet (claude)
    codex (codex)
    ");
    let block = "nodes:\n  - id: duel\n    parallel:\n      providers: [claude, {name: codex, fallback: ['claude:haiku']}]\n      stages: [{id: plan, loop: improve-plan, runs: 1, fallback: [amp]}]\n";
    let made = plan(&a_pipeline(block), &Overrides::default());
    assert_eq!(
        made.all_nodes().map(chain).collect::<Vec<_>>(),
        [
            "claude:opus (claude), amp (amp)",
            "codex (codex), claude:haiku (claude)"
        ]
    );
    let flag = Overrides {
        provider: Some("codex".into()),
        ..Overrides::default()
    };
    let definition = a_loop(
        "work",
        "termination: {type: queue}\nfallback: [gemini]\n",
        PROMPT,
    );
    assert_eq!(
        chain(plan(&Sources::Loop(definition), &flag).node(0).unwrap()),
        "codex (codex)"
    );
}

#[test]
fn invalid_fallback_chains_are_reported() {
    let said = |definition: &str| said(&Sources::Loop(a_loop("work", definition, PROMPT)), &own());
    assert_snapshot!(said("termination: {type: queue}\nfallback:\n  - codx\n  - 'claude:'\n  - 'claude:--model'\n  - command\n  - codex\n  - openai\n  - claude:opus\n"), @"
    Error unknown-provider: work/loop.yaml:3:5: unknown provider `codx` (did you mean `codex`?)
    Error bad-model: work/loop.yaml:4:5: `` cannot be the name of a model (for example `claude:sonnet`; leave out the colon for the provider's own choice)
    Error bad-model: work/loop.yaml:5:5: `--model` cannot be the name of a model (for example `claude:sonnet`; leave out the colon for the provider's own choice)
    Error no-program: work/loop.yaml:6:5: provider `command` needs a program, which cannot be given here (declare a provider in config.yaml, under `providers`, and name that)
    Warning no-effect: work/loop.yaml:4:5: `claude:` is listed twice: an agent without quota has none the second time
    Warning no-effect: work/loop.yaml:8:5: `openai` is listed twice: an agent without quota has none the second time
    Warning no-effect: work/loop.yaml:9:5: `claude:opus` is listed twice: an agent without quota has none the second time
    ");
    assert_snapshot!(said("termination: {type: queue}\npermissions: acceptEdits\nfallback: [codex, amp]\n"), @"Error permissions-refused: work/loop.yaml:3:19: provider `amp` does not support `acceptEdits`: Amp has this in its own settings: set `amp.permissions` there, with `permissions: default`");
    assert_snapshot!(said("termination: {type: queue}\nfallback: codex\n"), @r#"Error bad-value: work/loop.yaml:2:11: `fallback` must be a list, not string "codex""#);
}

#[test]
fn a_judge_may_use_any_provider_and_permissions() {
    let judge = |who: &str| {
        let definition = format!("termination: {{type: judge, judge: {{{who}}}}}\n");
        let made = plan(&Sources::Loop(a_loop("work", &definition, PROMPT)), &own());
        made.node(0)
            .unwrap()
            .judge
            .as_ref()
            .map(AgentSpec::label)
            .unwrap_or_default()
    };
    assert_eq!(judge(""), "claude:haiku");
    assert_eq!(
        ["codex", "gemini", "opencode", "amp", "copilot", "mycli"]
            .map(|name| judge(&format!("provider: {name}")))
            .join(" "),
        "codex gemini opencode amp copilot mycli"
    );
}
