//! Each mistake a definition can hold, with the place and the words it is reported with.
use super::*;
use insta::assert_snapshot;

#[test]
fn a_typo_in_a_key_is_placed_and_the_right_key_is_named() {
    assert_snapshot!(of_loop("name: work\nterminaton:\n  type: queue\n"), @"Error unknown-key: work/loop.yaml:2:1: unknown key `terminaton` (did you mean `termination`?)");
    assert_snapshot!(of_loop("termination:\n  type: judgment\n  min_iteration: 3\nzzz: 1\n"), @"
    Error unknown-key: work/loop.yaml:3:3: unknown key `min_iteration` (did you mean `min_iterations`?)
    Error unknown-key: work/loop.yaml:4:1: unknown key `zzz` (one of: `name`, `description`, `termination`, `completion`, `min_iterations`, `iterations`, `max`, `provider`, `program`, `model`, `fallback`, `permissions`, `args`, `keep_env`, `retries`, `retry_delay`, `limits`, `delay`, `check_before`, `prompt`, `output_path`, `context`, `commands`, `queue`, `guardrails`, `output_parse`, `items`)
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
    assert_snapshot!(of_loop("termination: {consensus: 2}\n"), @"Error no-termination: work/loop.yaml:1:1: `termination` has no `type` (one of: `fixed`, `judgment`, `queue`, `verify`, `command`, `promise`, `judge`)");
    assert_snapshot!(of_loop("termination: {type: judgement, consensus: 0}\n"), @"Error unknown-termination: work/loop.yaml:1:21: unknown termination `judgement` (did you mean `judgment`?)");
    assert_snapshot!(of_loop("termination: {type: judgment, consensus: 0, judge: {model: haiku}}\n"), @"Error bad-value: work/loop.yaml:1:42: `consensus` must be at least 1: nobody would ever be asked");
    assert_snapshot!(of_loop("termination: {type: verify}\n"), @"Error no-command: work/loop.yaml:1:1: the termination does not say which command decides (add `command: [program, argument, …]`: exit code 0 means that the work is done)");
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
    assert_snapshot!(of_loop("termination: {type: queue}\nprovider: codx\n"), @"Error unknown-provider: work/loop.yaml:2:11: unknown provider `codx` (did you mean `codex`?)");
    assert_snapshot!(of_loop("termination: {type: queue}\nqueue: {provider: bead}\nguardrails: {max_cost_usd: -1}\n"), @"
    Error unknown-queue: work/loop.yaml:2:19: unknown queue `bead` (did you mean `beads`?)
    Error bad-value: work/loop.yaml:3:28: `guardrails.max_cost_usd` must be an amount, 0 or more
    ");
    assert_snapshot!(of_loop("termination: {type: queue}\nprovider: gemini\npermissions: plan\n"), @"Error permissions-refused: work/loop.yaml:3:14: provider `gemini` cannot do `plan`: without a person at it, Gemini CLI leaves plan mode by itself and then allows everything");
    let wrong = Overrides { provider: Some("gemeni".into()), ..Overrides::default() };
    assert_snapshot!(said(&Sources::Loop(a_loop("work", "termination: {type: queue}\n", PROMPT)), &wrong), @"Error unknown-provider: unknown provider `gemeni` (did you mean `gemini`?)");
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
    assert_snapshot!(of_prompt("${STATUS} ${PERSPECTIVE} ${x:-y} $HOME\n"), @"Warning no-perspectives: work/prompt.md:1:11: `${PERSPECTIVE}` is empty here (a node of a pipeline gives it a text for each iteration, with `perspectives`)");
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
    assert_snapshot!(of_pipeline("nodes:\n  - id: b\n    loop: work\n    runs: 1\n    pipeline: x\n    guardrails: {}\n"), @"
    Error not-supported-yet: refine.yaml:5:5: a pipeline within a pipeline is not supported yet (leave it out for now)
    Error misplaced: refine.yaml:6:5: guardrails bound the whole session (move `guardrails` to the top level of the pipeline)
    ");
}

#[test]
fn inputs_must_come_from_an_earlier_node() {
    assert_snapshot!(of_pipeline("nodes:\n  - id: plan\n    loop: work\n    runs: 1\n    inputs: {from: beads}\n  - id: beads\n    runs: 1\n    inputs: {from: plam, select: some}\n    prompt: |\n      a ${INPUTS}\n      b ${INPUTS.plna} ${STATUS}\n      c ${INPUTS.plna}\n"), @"
    Error unknown-node: refine.yaml:5:20: `beads` runs after this node (move it before this one: nodes run in order)
    Error unknown-node: refine.yaml:8:20: no earlier node is called `plam` (did you mean `plan`?)
    Error bad-value: refine.yaml:8:34: `select` must be `latest` or `all`, not `some` (`latest` is the last output there is, `all` is every iteration's)
    Error unknown-node: refine.yaml:11:9: no earlier node is called `plna` (did you mean `plan`?)
    Error unknown-node: refine.yaml:12:9: no earlier node is called `plna` (did you mean `plan`?)
    ");
}

#[test]
fn what_refers_to_itself_or_in_a_circle_is_refused() {
    assert_snapshot!(of_pipeline("nodes:\n  - {id: a, loop: work, runs: 1, inputs: {from: b}}\n  - {id: b, runs: 1, inputs: {from: b}, prompt: '${INPUTS.b} ${INPUTS.c} ${STATUS}'}\n  - {id: c, loop: work, runs: 1, inputs: {from: a}}\n"), @"
    Error unknown-node: refine.yaml:2:49: `b` runs after this node (move it before this one: nodes run in order)
    Error unknown-node: refine.yaml:3:37: `b` is this node itself (what its earlier iterations put out is in `context.json` anyway, as `from_previous_iterations`)
    Error unknown-node: refine.yaml:3:50: `b` is this node itself (what its earlier iterations put out is in `context.json` anyway, as `from_previous_iterations`)
    Error unknown-node: refine.yaml:3:62: `c` runs after this node (move it before this one: nodes run in order)
    ");
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_change_nothing() {
    assert_snapshot!(of_loop("\u{feff}name: work\r\nterminaton: {type: queue}\r\n"), @"Error unknown-key: work/loop.yaml:2:1: unknown key `terminaton` (did you mean `termination`?)");
}

#[test]
fn a_key_that_is_no_text_is_a_mistake_and_no_panic() {
    assert_snapshot!(of_loop("1: a\n? [b]\n: c\n"), @"Error bad-value: work/loop.yaml:1:1: each key must be a text, not integer `1`");
    assert_snapshot!(of_loop("termination: {type: queue, max: 5000000000}\n<<: {a: 1}\n"), @"
    Error bad-value: work/loop.yaml:1:33: `termination.max` must be a whole number, 0 or more, not integer `5000000000`
    Error unknown-key: work/loop.yaml:2:1: unknown key `<<` (one of: `name`, `description`, `termination`, `completion`, `min_iterations`, `iterations`, `max`, `provider`, `program`, `model`, `fallback`, `permissions`, `args`, `keep_env`, `retries`, `retry_delay`, `limits`, `delay`, `check_before`, `prompt`, `output_path`, `context`, `commands`, `queue`, `guardrails`, `output_parse`, `items`)
    ");
}

#[test]
fn a_parallel_block_is_checked_to_its_last_stage() {
    assert_snapshot!(of_pipeline("nodes:\n  - id: a\n    loop: work\n    runs: 1\n    parallel:\n      providers: [claude, {id: two, name: nobody, modle: x}, {id: a b, name: claude}, {model: opus}]\n      failure_mode: maybe\n      min_success: 9\n      stages:\n        - {id: s, loop: work, runs: 1}\n        - {id: s, loop: wrok, runs: 1}\n        - {id: deep, parallel: {providers: [claude], stages: []}}\n"), @"
    Error misplaced: refine.yaml:3:5: `loop` belongs to the block's stages (a parallel block only says who runs which stages)
    Error misplaced: refine.yaml:4:5: `runs` belongs to the block's stages (a parallel block only says who runs which stages)
    Error unknown-provider: refine.yaml:6:27: unknown provider `nobody` (one of: `claude`, `codex`, `gemini`, `opencode`, `amp`, `copilot`, `command`, `scripted`)
    Error unknown-key: refine.yaml:6:51: unknown key `modle` (did you mean `model`?)
    Error bad-name: refine.yaml:6:62: `a b` cannot be the name of a branch (add `id: <name>` of letters, digits, `-` and `_`)
    Error no-id: refine.yaml:6:87: the provider has no `name` (add `name: claude`, or another provider)
    Error bad-value: refine.yaml:7:21: `failure_mode` must be `fail` or `continue`, not `maybe` (`fail` fails the block when any provider fails, `continue` goes on if `min_success` of them did not)
    Error bad-value: refine.yaml:8:20: `min_success` must be from 1 to 4, the number of providers
    Error twice: refine.yaml:11:16: two nodes are called `s` (outputs and directories are found by this name)
    Error unknown-loop: refine.yaml:11:25: there is no loop `wrok` (did you mean `work`?)
    Error misplaced: refine.yaml:12:22: a block within a block (put the inner block's providers into the outer one)
    ");
    assert_snapshot!(of_pipeline("nodes:\n  - {id: a, parallel: {providers: [], stages: []}}\n  - {id: b, parallel: 3}\n  - {id: c, parallel: true, loop: work, runs: 1}\n"), @"
    Error no-nodes: refine.yaml:2:13: the block has no stages (add `stages:` with at least one `- id: …` and its `loop: …`)
    Error no-providers: refine.yaml:2:24: the block has no providers (add `providers: [claude, codex]`)
    Error bad-value: refine.yaml:3:23: `nodes[1].parallel` must be `providers` and `stages`, not integer `3`
    Warning no-effect: refine.yaml:4:13: `parallel` has no effect here (remove it)
    ");
    assert_snapshot!(of_pipeline("nodes:\n  - {id: a, parallel: {providers: [claude], stages: [{id: s, loop: work, runs: 1}]}}\n  - {id: b, loop: work, runs: 1, inputs: {from_parallel: t}}\n  - {id: c, loop: work, runs: 1, inputs: {from_parallel: {stage: s, block: z}}}\n  - {id: d, loop: work, runs: 1, inputs: {from_parallel: [{stage: s, providers: [codex], select: most}, {block: a}]}}\n"), @"
    Error unknown-stage: refine.yaml:3:58: no earlier parallel block has a stage `t` (one of: `s`)
    Error unknown-block: refine.yaml:4:76: no earlier parallel block is called `z` (one of: `a`)
    Error unknown-provider: refine.yaml:5:81: block `a` has no provider `codex` (did you mean `claude`?)
    Error bad-value: refine.yaml:5:98: `select` must be `latest` or `all`, not `most` (`latest` is the last output there is, `all` is every iteration's)
    Error no-stage: refine.yaml:5:105: `from_parallel` names no `stage` (add `stage: <id of a stage of the block>`)
    ");
}
