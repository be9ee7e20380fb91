//! Plans that definitions are compiled into.
use super::*;
use crate::agent::Provider;
use crate::termination::{Fixed, Judgment, Queue, Termination};
use insta::assert_snapshot;

#[test]
fn a_plan_has_sensible_defaults() {
    let plan = plan(
        &Sources::Loop(a_loop("work", "termination: {type: queue}\n", PROMPT)),
        &Overrides::default(),
    );
    assert_snapshot!(serde_json::to_string_pretty(&plan).unwrap(), @r#"
    {
      "version": 1,
      "session": "auth",
      "run": "r1",
      "name": "work",
      "kind": "loop",
      "command": "ap work auth",
      "source": {
        "origin": "project",
        "path": "work/loop.yaml",
        "hash": "0edd8a7e1bca2b18259342705675a0144632489e4a39cfc5e0042205c19edbca"
      },
      "steps": [
        {
          "id": "work",
          "template": "work",
          "description": "",
          "agent": {
            "provider": "claude",
            "program": "claude",
            "model": "opus",
            "permissions": "bypassPermissions",
            "args": [],
            "keep_env": false,
            "max_attempts": 3,
            "retry_delay_ms": 5000,
            "limits": {
              "wall_s": 7200,
              "start_s": 300,
              "idle_s": 1800,
              "tool_s": 3600,
              "after_tool_s": 600,
              "after_result_s": 30,
              "prompt_s": 1,
              "permission_s": 600
            },
            "dialogue": "stream_json"
          },
          "prompt": "Read ${CTX} and ${PROGRESS}, then write ${STATUS}.\n",
          "termination": {
            "type": "queue"
          },
          "max_iterations": 25,
          "delay_ms": 3000,
          "check_before": true,
          "queue": {
            "provider": "backlog",
            "path": "/project/backlog.md",
            "claim": "agent",
            "max_wait_s": 600,
            "max_attempts": 3,
            "timeout_s": 60
          },
          "judge": null,
          "output_path": "",
          "context": "",
          "from": null,
          "commands": {}
        }
      ],
      "runs": 1,
      "inputs": [],
      "guardrails": {
        "max_runtime_seconds": 259200,
        "max_cost_usd": 500.0,
        "max_consecutive_errors": 3,
        "max_idle_iterations": 5,
        "max_agents": 0,
        "max_outage_s": 86400,
        "max_wait_s": 86400,
        "max_same_failures": 5,
        "on_tampering": "hold"
      },
      "provenance": [
        {
          "setting": "work.provider",
          "value": "claude",
          "source": "built_in"
        },
        {
          "setting": "work.model",
          "value": "opus",
          "source": "built_in"
        },
        {
          "setting": "work.termination",
          "value": "queue",
          "source": "loop"
        },
        {
          "setting": "work.max_iterations",
          "value": "25",
          "source": "built_in"
        },
        {
          "setting": "work.delay",
          "value": "3s",
          "source": "built_in"
        },
        {
          "setting": "work.check_before",
          "value": "true",
          "source": "built_in"
        }
      ]
    }
    "#);
}

#[test]
fn the_strongest_voice_wins() {
    let pipeline = a_pipeline(
        "defaults: {model: haiku}\nnodes:\n  - {id: a, loop: improve-plan, runs: 3}\n  - {id: b, loop: work, context: from the node, runs: 2, inputs: {from: a, select: all}}\n  - {id: c, prompt: 'go ${STATUS}', model: opus-4.5, commands: {test: x}}\n",
    );
    let shown = |overrides: &Overrides| {
        let row = |node: &Node| {
            format!(
                "{} {} {} {:?} {:?} {:?}",
                node.id,
                node.agent.model,
                node.max_iterations,
                node.context,
                node.termination,
                node.commands
            )
        };
        plan(&pipeline, overrides)
            .all_nodes()
            .map(row)
            .collect::<Vec<_>>()
            .join("\n")
    };
    assert_snapshot!(shown(&Overrides::default()), @r#"
    a haiku 3 "" Judgment(Judgment { consensus: 2, min_iterations: 1 }) {}
    b sonnet 2 "from the node" Queue(Queue) {"test": "cargo test"}
    c opus 1 "" Fixed(Fixed { iterations: None }) {"test": "x"}
    "#);
    let flags = Overrides {
        model: Some("claude-sonnet".into()),
        context: Some("flag".into()),
        ..Overrides::default()
    };
    assert_snapshot!(shown(&flags), @r#"
    a sonnet 3 "flag" Judgment(Judgment { consensus: 2, min_iterations: 1 }) {}
    b sonnet 2 "from the node\n\nflag" Queue(Queue) {"test": "cargo test"}
    c sonnet 1 "flag" Fixed(Fixed { iterations: None }) {"test": "x"}
    "#);
}

#[test]
fn a_model_stays_with_the_provider_it_was_set_for() {
    let source = Sources::Loop(a_loop(
        "work",
        "termination: {type: queue}\nprovider: command\nprogram: aider\nargs: [--yes]\n",
        PROMPT,
    ));
    let agent = |overrides: &Overrides| plan(&source, overrides).node(0).unwrap().agent.clone();
    let own = agent(&Overrides::default());
    assert_eq!(
        (own.provider, own.program.as_str(), own.model.as_str()),
        (Provider::COMMAND, "aider", "")
    );
    let claude = agent(&Overrides {
        provider: Some("claude".into()),
        ..Overrides::default()
    });
    assert_eq!(
        (
            claude.program.as_str(),
            claude.model.as_str(),
            claude.args.len()
        ),
        ("claude", "opus", 0)
    );
}

#[test]
fn deprecated_termination_names_mean_the_same() {
    let termination = |definition: &str| {
        let plan = plan(
            &Sources::Loop(a_loop("work", definition, PROMPT)),
            &Overrides::default(),
        );
        let node = plan.node(0).unwrap();
        (node.termination.clone(), node.max_iterations)
    };
    assert_eq!(
        termination("completion: plateau\nmin_iterations: 3\n").0,
        Termination::Judgment(Judgment {
            consensus: 2,
            min_iterations: 3
        })
    );
    assert_eq!(
        termination("completion: beads-empty\n").0,
        Termination::Queue(Queue {})
    );
    assert_eq!(
        termination("completion: fixed-n\niterations: 4\n"),
        (Termination::Fixed(Fixed::default()), 4)
    );
    assert_eq!(
        termination("iterations: 4\n"),
        (Termination::Fixed(Fixed::default()), 4)
    );
    assert_eq!(
        termination("termination: {type: fixed, max: 6}\n"),
        (Termination::Fixed(Fixed::default()), 6)
    );
}

#[test]
fn a_prompt_is_found_at_its_older_paths() {
    assert_eq!(
        prompt_candidates("name: x\n"),
        ["prompt.md", "prompts/prompt.md"]
    );
    assert_eq!(
        prompt_candidates("prompt: prompts/bead-refiner.md\n")[0],
        "prompts/bead-refiner.md"
    );
    assert_eq!(
        prompt_candidates("prompt: refine\n"),
        ["refine.md", "prompts/refine.md", "refine", "prompts/refine"]
    );
    assert_eq!(
        prompt_candidates("prompt: refine.md\n"),
        [
            "refine.md",
            "refine.md.md",
            "prompts/refine.md",
            "prompts/refine.md.md"
        ]
    );
}

#[test]
fn every_kind_of_queue_is_read_as_it_was_written() {
    let commands =
        "commands: {list: [t, l], claim: [t, c], release: [t, r], close: [t, d], park: [t, p]}";
    for queue in [
        "path: todo.md",
        "provider: prd",
        "provider: beads",
        &format!("{commands}, claim: engine, database: ~/tasks"),
    ] {
        let sources = Sources::Loop(a_loop(
            "work",
            &format!("termination: {{type: queue}}\nqueue: {{{queue}}}\n"),
            PROMPT,
        ));
        let (plan, warnings) = compile(&sources, &request(), &Overrides::default()).unwrap();
        assert_eq!(
            (
                warnings.len(),
                serde_json::from_str::<Plan>(&serde_json::to_string(&plan).unwrap()).unwrap()
            ),
            (0, plan),
            "{queue}"
        );
    }
}

#[test]
fn anchors_and_merge_keys_are_read() {
    let pipeline = a_pipeline(
        "nodes:\n  - &first\n    id: a\n    loop: work\n    runs: 3\n    commands: &all {test: x}\n  - <<: *first\n    id: b\n    runs: 4\n    commands: {<<: *all, lint: y}\n",
    );
    let row = |node: &Node| {
        format!(
            "{} {} {} {:?}",
            node.id, node.template, node.max_iterations, node.commands
        )
    };
    assert_snapshot!(plan(&pipeline, &Overrides::default()).all_nodes().map(row).collect::<Vec<_>>().join("\n"), @r#"
    a work 3 {"test": "x"}
    b work 4 {"lint": "y", "test": "x"}
    "#);
    assert_eq!(
        loops_used(
            "nodes: [&a {id: a, loop: work}, {<<: *a, id: b}, {<<: *a, loop: improve-plan}]"
        ),
        ["improve-plan", "work"]
    );
}

#[test]
fn context_flag_is_appended_to_the_context_of_a_node() {
    let context = |node: &str, said: Option<&str>| {
        let definition = format!(
            "nodes: [{{id: a, loop: work, runs: 1{node}}}]\ndefaults: {{context: for all}}\n"
        );
        let overrides = Overrides {
            context: said.map(str::to_owned),
            ..Overrides::default()
        };
        plan(&a_pipeline(&definition), &overrides)
            .node(0)
            .unwrap()
            .context
            .clone()
    };
    assert_eq!(
        context(", context: reread it", Some("only src")),
        "reread it\n\nonly src"
    );
    assert_eq!(context(", context: reread it", None), "reread it");
    // Over what the loop and the pipeline say of all.
    assert_eq!(context("", Some("only src")), "only src");
    assert_eq!(context("", None), "from the loop");
}
