//! Each mistake a definition can hold, with the place and the words it is reported with.
use super::*;
use insta::assert_snapshot;
use std::collections::BTreeMap;

const PROMPT: &str = "Read ${CTX} and ${PROGRESS}, then write ${STATUS}.\n";

fn request() -> Request {
    Request {
        session: "auth".parse().unwrap(),
        run: "r1".parse().unwrap(),
        command: "ap work auth".into(),
        project: "/project".into(),
        backlog: None,
    }
}

fn a_loop(name: &str, definition: &str, prompt: &str) -> LoopSource {
    let text = |file: &str, text: &str| Text { file: file.into(), text: text.into() };
    LoopSource {
        name: name.into(),
        origin: Origin::Project,
        definition: text(&format!("{name}/loop.yaml"), definition),
        prompt: Ok(text(&format!("{name}/prompt.md"), prompt)),
    }
}

fn a_pipeline(definition: &str) -> Sources {
    let loops = [
        a_loop("improve-plan", "termination: {type: judgment}\nmax: 9\n", PROMPT),
        a_loop("work", "termination: {type: queue}\nmodel: sonnet\ncontext: from the loop\ncommands: {test: cargo test}\n", PROMPT),
        a_loop("broken", "termination: {type: queu}\n", PROMPT),
    ];
    let known_loops = loops.iter().map(|one| one.name.clone()).collect();
    let loops: BTreeMap<_, _> = loops.into_iter().map(|one| (one.name.clone(), Ok(one))).collect();
    let definition = Text { file: "refine.yaml".into(), text: definition.into() };
    Sources::Pipeline(PipelineSource { name: "refine".into(), origin: Origin::Project, definition, loops, known_loops })
}

fn listed(problems: &[Problem]) -> String {
    let line = |problem: &Problem| {
        let hint = problem.hint.as_ref().map_or_else(String::new, |hint| format!(" ({hint})"));
        format!("{:?} {}: {problem}{hint}", problem.severity, problem.code)
    };
    problems.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn said(sources: &Sources, overrides: &Overrides) -> String {
    match compile(sources, &request(), overrides) {
        Ok((_, warnings)) => listed(&warnings),
        Err(problems) => listed(&problems),
    }
}

fn of_loop(definition: &str) -> String {
    said(&Sources::Loop(a_loop("work", definition, PROMPT)), &Overrides::default())
}

fn of_prompt(prompt: &str) -> String {
    said(&Sources::Loop(a_loop("work", "termination: {type: queue}\n", prompt)), &Overrides::default())
}

fn of_pipeline(definition: &str) -> String {
    said(&a_pipeline(definition), &Overrides::default())
}

fn plan(sources: &Sources, overrides: &Overrides) -> Plan {
    compile(sources, &request(), overrides).map_err(|problems| listed(&problems)).unwrap().0
}

#[test]
fn a_typo_in_a_key_is_placed_and_the_right_key_is_named() {
    assert_snapshot!(of_loop("name: work\nterminaton:\n  type: queue\n"), @"Error unknown-key: work/loop.yaml:2:1: unknown key `terminaton` (did you mean `termination`?)");
    assert_snapshot!(of_loop("termination:\n  type: judgment\n  min_iteration: 3\nzzz: 1\n"), @"
    Error unknown-key: work/loop.yaml:3:3: unknown key `min_iteration` (did you mean `min_iterations`?)
    Error unknown-key: work/loop.yaml:4:1: unknown key `zzz` (one of: `name`, `description`, `termination`, `completion`, `min_iterations`, `iterations`, `max`, `provider`, `program`, `model`, `permissions`, `args`, `keep_env`, `retries`, `limits`, `delay`, `check_before`, `prompt`, `output_path`, `context`, `commands`, `queue`, `guardrails`, `output_parse`, `items`)
    ");
}

#[test]
fn every_value_of_the_wrong_type_is_reported_at_once() {
    assert_snapshot!(of_loop("termination:\n  type: judgment\n  consensus: two\n  min_iterations: -1\ndelay: soon\nargs: [1]\nname: 5\nlimits: 30m\ncheck_before: maybe\n"), @r#"
    Error bad-value: work/loop.yaml:3:14: `termination.consensus` must be a whole number, 0 or more, not string "two"
    Error bad-value: work/loop.yaml:4:19: `termination.min_iterations` must be a whole number, 0 or more, not integer `-1`
    Error bad-value: work/loop.yaml:5:8: `delay` must be seconds or a time like `30m` or `1h 30m`, up to a year, not string "soon"
    Error bad-value: work/loop.yaml:6:8: `args[0]` must be a text, not integer `1`
    Error bad-value: work/loop.yaml:7:7: `name` must be a text, not integer `5`
    Error bad-value: work/loop.yaml:8:9: `limits` must be `key: value` lines, not string "30m"
    Error bad-value: work/loop.yaml:9:15: `check_before` must be `true` or `false`, not string "maybe"
    "#);
}

#[test]
fn what_is_no_definition_is_refused() {
    assert_snapshot!(of_loop(""), @"Error not-a-definition: work/loop.yaml:1:1: the file is empty");
    assert_snapshot!(of_loop("- a\n"), @"Error not-a-definition: work/loop.yaml:1:1: the file must hold `key: value` lines");
    assert_snapshot!(of_loop("name: work\ntermination: {type: queue\nmodel: x\n"), @"Error yaml: work/loop.yaml:3:6: not valid YAML: did not find expected ',' or '}' (check the indentation here and in the line above, and quote texts that hold `: ` or ` #`)");
    assert_snapshot!(of_loop("name: work\n\tmodel: opus\n"), @"Error yaml: work/loop.yaml:2:1: not valid YAML: found a tab character that violates indentation (indent with spaces, never tabs, and quote a text that starts with a special character)");
    assert_snapshot!(of_loop("name: a\nname: b\n"), @r#"Error yaml: work/loop.yaml:2:1: not valid YAML: duplicate entry with key "name" (keep one of the two)"#);
}

#[test]
fn a_termination_that_cannot_be_is_refused() {
    assert_snapshot!(of_loop("name: work\n"), @"Error no-termination: work/loop.yaml:1:1: the loop does not say when to stop (add `termination:` with `type: judgment`, `type: queue` or `type: fixed`)");
    assert_snapshot!(of_loop("termination: {max: 3, consensus: 2}\n"), @"Warning no-effect: work/loop.yaml:1:23: `consensus` has no effect on this type of termination");
    assert_snapshot!(of_loop("termination: {consensus: 2}\n"), @"Error no-termination: work/loop.yaml:1:1: `termination` has no `type` (one of: `fixed`, `judgment`, `queue`)");
    assert_snapshot!(of_loop("termination: {type: judgement, consensus: 0}\n"), @"Error unknown-termination: work/loop.yaml:1:21: unknown termination `judgement` (did you mean `judgment`?)");
    assert_snapshot!(of_loop("termination: {type: judgment, consensus: 0, judge: {model: haiku}}\n"), @"
    Error bad-value: work/loop.yaml:1:42: `consensus` must be at least 1: nobody would ever be asked
    Error not-supported-yet: work/loop.yaml:1:45: a judge is not supported yet (leave it out for now)
    ");
    assert_snapshot!(of_loop("termination: {type: verify}\n"), @"Error not-supported-yet: work/loop.yaml:1:21: termination `verify` is not supported yet (one of: `fixed`, `judgment`, `queue`)");
    assert_snapshot!(of_loop("termination: {type: fixed, iterations: 0}\n"), @"Error bad-value: work/loop.yaml:1:14: the most iterations must be at least 1");
    assert_snapshot!(of_loop("termination: {type: judgment, min_iterations: 5, max: 3}\n"), @"Warning never-agrees: work/loop.yaml:1:1: at most 3 iterations: too few for 2 agents to agree after 5 (raise the maximum, or lower `consensus` or `min_iterations`)");
}

#[test]
fn an_agent_that_cannot_be_is_refused() {
    assert_snapshot!(of_loop("termination: {type: queue}\nprovider: cluade\nmodel: -x\npermissions: acceptEdit\n"), @"
    Error unknown-provider: work/loop.yaml:2:11: unknown provider `cluade` (did you mean `claude`?)
    Error bad-model: work/loop.yaml:3:8: `-x` cannot be the name of a model (for example `opus`, `sonnet` or a full id)
    Error unknown-permissions: work/loop.yaml:4:14: unknown permission mode `acceptEdit` (did you mean `acceptEdits`?)
    ");
    assert_snapshot!(of_loop("termination: {type: queue}\nprovider: command\n"), @"Error no-program: work/loop.yaml:2:11: provider `command` needs a `program` (add `program: <name or path>` to the loop: it gets the prompt on stdin)");
    assert_snapshot!(of_loop("termination: {type: queue}\nprovider: codex\n"), @"Error not-supported-yet: work/loop.yaml:2:11: provider `codex` is not supported yet (use `provider: command` with `program:` and `args:` for now)");
    assert_snapshot!(of_loop("termination: {type: queue}\nqueue: {provider: beads}\nguardrails: {max_cost_usd: -1}\n"), @"
    Error not-supported-yet: work/loop.yaml:2:19: queue `beads` is not supported yet (one of: `backlog`, `prd`)
    Error bad-value: work/loop.yaml:3:28: `guardrails.max_cost_usd` must be an amount, 0 or more
    ");
    let wrong = Overrides { provider: Some("gemini".into()), ..Overrides::default() };
    assert_snapshot!(said(&Sources::Loop(a_loop("work", "termination: {type: queue}\n", PROMPT)), &wrong), @"Error unknown-provider: unknown provider `gemini` (one of: `claude`, `command`, `scripted`)");
}

#[test]
fn old_keys_without_effect_are_pointed_out() {
    assert_snapshot!(of_loop("name: other\ncompletion: beads-empty\noutput_parse: PLATEAU\nitems: []\n"), @"
    Warning other-name: work/loop.yaml:1:7: the loop calls itself `other` but is found as `work` (the folder's name is the one that counts)
    Warning no-effect: work/loop.yaml:3:1: `output_parse` has no effect any more (remove it)
    Warning no-effect: work/loop.yaml:4:1: `items` has no effect any more (remove it)
    ");
}

#[test]
fn a_prompt_is_checked_where_it_lies() {
    assert_snapshot!(of_prompt("one\ntwo ${STATSU} $${STATUS} ${HOME}\n"), @"
    Error unknown-variable: work/prompt.md:2:5: unknown variable `${STATSU}` (did you mean `${STATUS}`? write `$${STATSU}` to keep it as text)
    Error unknown-variable: work/prompt.md:2:26: unknown variable `${HOME}` (write `$${HOME}` to keep it as text)
    Warning no-status: work/prompt.md:1:1: the prompt never names `${STATUS}`, so its agents cannot say how it went (end it with: write your decision as JSON to `${STATUS}`)
    ");
    assert_snapshot!(of_prompt("${STATUS} ${PERSPECTIVE} ${x:-y} $HOME\n"), @"Warning not-supported-yet: work/prompt.md:1:11: `${PERSPECTIVE}` has no value yet (it will be empty)");
    assert_snapshot!(of_prompt(" \n"), @"Error no-prompt: work/loop.yaml:1:1: the prompt `work/prompt.md` is empty (write what each agent is told to `prompt.md` beside the definition)");
    let missing = LoopSource {
        prompt: Err("there is no prompt: looked for `prompt.md`".into()),
        ..a_loop("work", "termination: {type: queue}\nprompt: nix\n", "")
    };
    assert_snapshot!(said(&Sources::Loop(missing), &Overrides::default()), @"Error no-prompt: work/loop.yaml:2:9: there is no prompt: looked for `prompt.md` (write what each agent is told to `prompt.md` beside the definition)");
}

#[test]
fn a_pipeline_is_checked_as_a_whole() {
    assert_snapshot!(of_pipeline("name: x\nnodes:\n  - id: plan\n    loop: improve-plann\n    runs: 5\n  - id: plan\n    stage: work\n    loop: work\n    runs: 0\n  - loop: work\n    runs: 2\n    prompt: hi ${STATUS}\n  - id: a/b\n    runs: 1\n"), @"
    Error unknown-loop: refine.yaml:4:11: there is no loop `improve-plann` (did you mean `improve-plan`?)
    Error twice: refine.yaml:6:9: two nodes are called `plan` (outputs and directories are found by this name)
    Error twice: refine.yaml:7:5: `loop` and `stage` mean the same (keep one of the two)
    Error bad-value: refine.yaml:9:11: `runs` must be at least 1
    Error no-id: refine.yaml:10:5: the node has no `id` (add `id: <name>`: its outputs and directory are found by it)
    Error twice: refine.yaml:12:5: a node has a loop or a prompt of its own, not both (keep one of the two)
    Error no-prompt: refine.yaml:13:5: the node has neither a loop nor a prompt (add `loop: <name>` or `prompt: |`)
    Error bad-name: refine.yaml:13:9: node id `a/b` may contain only letters, digits, `-` and `_`
    ");
    assert_snapshot!(of_pipeline("name: x\n"), @"Error no-nodes: refine.yaml:1:1: the pipeline has no nodes (add `nodes:` with at least one `- id: …` and its `loop: …`)");
    assert_snapshot!(of_pipeline("nodes: [a]\n"), @r#"Error bad-value: refine.yaml:1:9: `nodes[0]` must be `key: value` lines, not string "a""#);
    assert_snapshot!(of_pipeline("stages:\n  - name: b\n    loop: broken\n"), @"Error unknown-termination: broken/loop.yaml:1:21: unknown termination `queu` (did you mean `queue`?)");
    assert_snapshot!(of_pipeline("stages:\n  - name: b\n    loop: work\n"), @"Warning no-runs: refine.yaml:2:5: the node has no `runs`: it may take up to 25 agents (add `runs: <most iterations>`)");
}

#[test]
fn what_comes_later_is_refused_by_name() {
    assert_snapshot!(of_pipeline("nodes:\n  - id: a\n    parallel: {providers: [claude]}\n  - id: b\n    loop: work\n    runs: 1\n    perspectives: [x]\n    guardrails: {}\n"), @"
    Error not-supported-yet: refine.yaml:3:5: a parallel block is not supported yet (leave it out for now)
    Error not-supported-yet: refine.yaml:7:5: perspectives are not supported yet (leave it out for now)
    Error misplaced: refine.yaml:8:5: guardrails bound the whole session (move `guardrails` to the top level of the pipeline)
    ");
}

#[test]
fn inputs_must_come_from_an_earlier_node() {
    assert_snapshot!(of_pipeline("nodes:\n  - id: plan\n    loop: work\n    runs: 1\n    inputs: {from: beads}\n  - id: beads\n    runs: 1\n    inputs: {from: plam, select: some}\n    prompt: |\n      a ${INPUTS}\n      b ${INPUTS.plna} ${STATUS}\n      c ${INPUTS.plna}\n"), @"
    Error unknown-node: refine.yaml:5:20: no earlier node is called `beads` (the first node has no inputs)
    Error unknown-node: refine.yaml:8:20: no earlier node is called `plam` (did you mean `plan`?)
    Error bad-value: refine.yaml:8:34: `select` must be `latest` or `all`, not `some`
    Error unknown-node: refine.yaml:11:9: `${INPUTS.plna}` names no earlier node (did you mean `plan`?)
    Error unknown-node: refine.yaml:12:9: `${INPUTS.plna}` names no earlier node (did you mean `plan`?)
    ");
}

#[test]
fn what_nobody_says_is_sensible() {
    let plan = plan(&Sources::Loop(a_loop("work", "termination: {type: queue}\n", PROMPT)), &Overrides::default());
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
        "hash": "2c54ef13b451658f"
      },
      "nodes": [
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
            "limits": {
              "wall_s": 7200,
              "idle_s": 1800,
              "after_result_s": 30
            }
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
            "max_wait_s": 600
          },
          "output_path": "",
          "context": "",
          "from": null,
          "commands": {}
        }
      ],
      "inputs": [],
      "guardrails": {
        "max_runtime_seconds": 0,
        "max_cost_usd": 0.0,
        "max_consecutive_errors": 3
      }
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
            format!("{} {} {} {} {:?} {:?}", node.id, node.agent.model, node.max_iterations, node.context, node.termination, node.commands)
        };
        plan(&pipeline, overrides).nodes.iter().map(row).collect::<Vec<_>>().join("\n")
    };
    assert_snapshot!(shown(&Overrides::default()), @r#"
    a haiku 3  Judgment { consensus: 2, min_iterations: 1 } {}
    b sonnet 2 from the node Queue {"test": "cargo test"}
    c opus 1  Fixed {"test": "x"}
    "#);
    let flags = Overrides { model: Some("claude-sonnet".into()), context: Some("flag".into()), ..Overrides::default() };
    assert_snapshot!(shown(&flags), @r#"
    a sonnet 3 flag Judgment { consensus: 2, min_iterations: 1 } {}
    b sonnet 2 flag Queue {"test": "cargo test"}
    c sonnet 1 flag Fixed {"test": "x"}
    "#);
}

#[test]
fn a_model_stays_with_the_provider_it_was_said_for() {
    let source = Sources::Loop(a_loop("work", "termination: {type: queue}\nprovider: command\nprogram: aider\nargs: [--yes]\n", PROMPT));
    let agent = |overrides: &Overrides| plan(&source, overrides).nodes[0].agent.clone();
    let own = agent(&Overrides::default());
    assert_eq!((own.provider, own.program.as_str(), own.model.as_str()), (Provider::Command, "aider", ""));
    let claude = agent(&Overrides { provider: Some("claude".into()), ..Overrides::default() });
    assert_eq!((claude.program.as_str(), claude.model.as_str(), claude.args.len()), ("claude", "opus", 0));
}

#[test]
fn the_old_words_mean_the_same() {
    let termination = |definition: &str| {
        let node = plan(&Sources::Loop(a_loop("work", definition, PROMPT)), &Overrides::default()).nodes.remove(0);
        (node.termination, node.max_iterations)
    };
    assert_eq!(termination("completion: plateau\nmin_iterations: 3\n").0, Termination::Judgment { consensus: 2, min_iterations: 3 });
    assert_eq!(termination("completion: beads-empty\n").0, Termination::Queue);
    assert_eq!(termination("completion: fixed-n\niterations: 4\n"), (Termination::Fixed, 4));
    assert_eq!(termination("iterations: 4\n"), (Termination::Fixed, 4));
    assert_eq!(termination("termination: {type: fixed, max: 6}\n"), (Termination::Fixed, 6));
}

#[test]
fn a_prompt_is_looked_for_where_it_always_was() {
    assert_eq!(prompt_candidates("name: x\n"), ["prompt.md", "prompts/prompt.md"]);
    assert_eq!(prompt_candidates("prompt: prompts/bead-refiner.md\n")[0], "prompts/bead-refiner.md");
    assert_eq!(prompt_candidates("prompt: refine\n"), ["refine.md", "prompts/refine.md", "refine", "prompts/refine"]);
    assert_eq!(prompt_candidates("prompt: refine.md\n"), ["refine.md", "refine.md.md", "prompts/refine.md", "prompts/refine.md.md"]);
}
