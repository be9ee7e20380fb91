//! Each mistake of a definition, with the location and the message it is reported with.
use super::*;
use insta::assert_snapshot;

#[test]
fn a_typo_in_a_key_is_placed_and_the_right_key_is_named() {
    assert_snapshot!(of_loop("name: work\nterminaton:\n  type: queue\n"), @"Error unknown-key: work/loop.yaml:2:1: unknown key `terminaton` (did you mean `termination`?)");
    assert_snapshot!(of_loop("termination:\n  type: judgment\n  min_iteration: 3\nzzz: 1\n"), @"
    Error unknown-key: work/loop.yaml:3:3: unknown key `min_iteration` (did you mean `min_iterations`?)
    Error unknown-key: work/loop.yaml:4:1: unknown key `zzz` (one of: `name`, `description`, `termination`, `completion`, `min_iterations`, `iterations`, `max`, `provider`, `program`, `model`, `effort`, `fallback`, `escalation`, `permissions`, `args`, `allow_tools`, `keep_env`, `max_turns`, `retries`, `retry_delay`, `limits`, `delay`, `check_before`, `prompt`, `output_path`, `context`, `needs`, `commands`, `queue`, `confirm`, `hooks`, `on_trouble`, `guardrails`, `quota`, `output_parse`, `items`)
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
fn a_file_that_is_not_a_definition_is_refused() {
    assert_snapshot!(of_loop(""), @"Error not-a-definition: work/loop.yaml:1:1: the file is empty");
    assert_snapshot!(of_loop("- a\n"), @"Error not-a-definition: work/loop.yaml:1:1: the file must have `key: value` lines");
    assert_snapshot!(of_loop("name: work\ntermination: {type: queue\nmodel: x\n"), @"Error yaml: work/loop.yaml:3:6: not valid YAML: did not find expected ',' or '}' (check the indentation here and in the line above, and quote texts that contain `: ` or ` #`)");
    assert_snapshot!(of_loop("name: work\n\tmodel: opus\n"), @"Error yaml: work/loop.yaml:2:1: not valid YAML: found a tab character that violates indentation (indent with spaces, never tabs, and quote a text that starts with a special character)");
    assert_snapshot!(of_loop("name: a\nname: b\n"), @r#"Error yaml: work/loop.yaml:2:1: not valid YAML: duplicate entry with key "name" (keep one of the two)"#);
}

#[test]
fn an_invalid_termination_is_refused() {
    assert_snapshot!(of_loop("name: work\n"), @"Error no-termination: work/loop.yaml:1:1: the loop has no termination (add `termination:` with `type: judgment`, `type: queue` or `type: fixed`)");
    assert_snapshot!(of_loop("termination: {max: 3, consensus: 2}\n"), @"Warning no-effect: work/loop.yaml:1:23: `consensus` has no effect on this type of termination");
    assert_snapshot!(of_loop("termination: {consensus: 2}\n"), @"Error no-termination: work/loop.yaml:1:1: `termination` has no `type` (one of: `fixed`, `judgment`, `queue`, `verify`, `command`, `promise`, `judge`)");
    assert_snapshot!(of_loop("termination: {type: judgement, consensus: 0}\n"), @"Error unknown-termination: work/loop.yaml:1:21: unknown termination `judgement` (did you mean `judgment`?)");
    assert_snapshot!(of_loop("termination: {type: judgment, consensus: 0, judge: {model: haiku}}\n"), @"Error bad-value: work/loop.yaml:1:42: `consensus` must be at least 1");
    assert_snapshot!(of_loop("termination: {type: verify}\n"), @"Error no-command: work/loop.yaml:1:1: the termination has no `command` (add `command: [program, argument, …]`: exit code 0 means that the work is done)");
    assert_snapshot!(of_loop("termination:\n  any: [{type: fixed, max: 3}]\n  all: [{type: promise}]\n"), @"Error any-and-all: work/loop.yaml:3:3: `any` and `all` cannot be used together (nest one in the other: `all: [{any: [...]}, ...]`)");
    assert_snapshot!(of_loop("termination: {type: fixed, max: 2, any: [{type: fixed, max: 3}, {type: quue}]}\n"), @"
    Error any-and-all: work/loop.yaml:1:21: `type: fixed` and `any` cannot be used together (make `{type: fixed}` one of `any`)
    Error unknown-termination: work/loop.yaml:1:72: unknown termination `quue` (did you mean `queue`?)
    ");
    assert_snapshot!(of_loop("termination: {max: 2, any: [{type: fixed, iterations: 3}, {type: fixed, iterations: 0}, {type: promise, max: 3}]}\n"), @"
    Error bad-value: work/loop.yaml:1:85: `iterations` must be at least 1
    Warning never-agrees: work/loop.yaml:1:1: at most 2 iterations: `fixed` with 3 is never reached (raise the maximum, or lower its `iterations`)
    Warning no-effect: work/loop.yaml:1:89: `max` and `iterations` of one of several count only with `type: fixed` (move it out of the list, to the top of `termination`)
    ");
    assert_snapshot!(of_loop("termination: {any: []}\n"), @"Error no-termination: work/loop.yaml:1:20: `any` is an empty list (one of: `fixed`, `judgment`, `queue`, `verify`, `command`, `promise`, `judge`)");
    assert_snapshot!(of_loop("termination: {type: fixed, iterations: 2, max: 7}\n"), @"Warning no-effect: work/loop.yaml:1:43: `max` has no effect beside `iterations`");
    assert_snapshot!(of_loop("termination: {type: fixed, iterations: 0}\n"), @"Error bad-value: work/loop.yaml:1:14: the most iterations must be at least 1");
    assert_snapshot!(of_loop("termination: {max: 1, any: [{type: judge, min_iterations: 2}, {all: [{type: judgment}, {type: queue}]}]}\n"), @"
    Warning never-agrees: work/loop.yaml:1:1: at most 1 iteration: the judge is asked after 2 (raise the maximum, or lower `consensus` or `min_iterations`)
    Warning never-agrees: work/loop.yaml:1:1: at most 1 iteration: too few for 2 agents to agree after 1 (raise the maximum, or lower `consensus` or `min_iterations`)
    ");
    assert_snapshot!(of_loop("termination: {type: judgment, min_iterations: 5, max: 3}\n"), @"Warning never-agrees: work/loop.yaml:1:1: at most 3 iterations: too few for 2 agents to agree after 5 (raise the maximum, or lower `consensus` or `min_iterations`)");
}

#[test]
fn an_invalid_agent_is_refused() {
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
    assert_snapshot!(of_loop("termination: {type: queue}\nprovider: gemini\npermissions: plan\n"), @"Error permissions-refused: work/loop.yaml:3:14: provider `gemini` does not support `plan`: run headless, Gemini CLI leaves plan mode by itself and then allows everything");
    let wrong = Overrides {
        provider: Some("gemeni".into()),
        ..Overrides::default()
    };
    assert_snapshot!(said(&Sources::Loop(a_loop("work", "termination: {type: queue}\n", PROMPT)), &wrong), @"Error unknown-provider: unknown provider `gemeni` (did you mean `gemini`?)");
}

#[test]
fn deprecated_keys_without_effect_are_reported() {
    assert_snapshot!(of_loop("name: other\ncompletion: beads-empty\noutput_parse: PLATEAU\nitems: []\n"), @"
    Warning other-name: work/loop.yaml:1:7: the loop's `name` is `other`, but its folder is `work` (the folder's name is the one that counts)
    Warning deprecated: work/loop.yaml:2:1: `completion:` is the old spelling of `termination:` (write `termination: {type: queue}`)
    Warning deprecated: work/loop.yaml:3:1: `output_parse:` has no effect any more (remove it)
    Warning deprecated: work/loop.yaml:4:1: `items:` has no effect any more (remove it)
    ");
}

#[test]
fn mistakes_in_a_prompt_are_located_in_its_file() {
    assert_snapshot!(of_prompt("one\ntwo ${STATSU} $${STATUS} ${HOME}\n"), @"
    Error unknown-variable: work/prompt.md:2:5: unknown variable `${STATSU}` (did you mean `${STATUS}`? write `$${STATSU}` to keep it as text)
    Error unknown-variable: work/prompt.md:2:26: unknown variable `${HOME}` (write `$${HOME}` to keep it as text)
    Warning no-status: work/prompt.md:1:1: the prompt never names `${STATUS}`, so its agents cannot report a result (end it with: write your decision as JSON to `${STATUS}`)
    ");
    assert_snapshot!(of_prompt("${STATUS} ${PERSPECTIVE} ${RESULT} ${x:-y} $HOME\n"), @"Warning no-perspectives: work/prompt.md:1:11: `${PERSPECTIVE}` is empty here (a node of a pipeline gives it a text for each iteration, with `perspectives`)");
    assert_snapshot!(of_prompt("${STATUS} ${OUTPUT}\n"), @"Warning no-output: work/prompt.md:1:11: `${OUTPUT}` is empty here: there is no `output_path` (set `output_path: docs/${SESSION_NAME}.md`, or name the file in the prompt)");
    assert_snapshot!(of_prompt("${STATUS} ${INPUTS} ${INPUTS.zz}\n"), @"Warning no-inputs: work/prompt.md:1:21: `${INPUTS.zz}` is empty when the loop runs on its own (only a pipeline has nodes before it; `${INPUTS}` is whatever the node before wrote)");
    assert_snapshot!(of_prompt(" \n"), @"Error no-prompt: work/loop.yaml:1:1: the prompt `work/prompt.md` is empty (write the prompt of each agent to `prompt.md` beside the definition)");
    let missing = LoopSource {
        prompt: Err(Unreadable::no_prompt(
            "there is no prompt: looked for `prompt.md`",
        )),
        ..a_loop("work", "termination: {type: queue}\nprompt: nix\n", "")
    };
    assert_snapshot!(said(&Sources::Loop(missing), &Overrides::default()), @"Error no-prompt: work/loop.yaml:2:9: there is no prompt: looked for `prompt.md` (write the prompt of each agent to `prompt.md` beside the definition)");
}

#[test]
fn a_pipeline_is_checked_as_a_whole() {
    assert_snapshot!(of_pipeline("name: x\nnodes:\n  - id: plan\n    loop: improve-plann\n    runs: 5\n  - id: plan\n    stage: work\n    loop: work\n    runs: 0\n  - loop: work\n    runs: 2\n    prompt: hi ${STATUS}\n  - id: a/b\n    runs: 1\n"), @"
    Error unknown-loop: refine.yaml:4:11: there is no loop `improve-plann` (did you mean `improve-plan`?)
    Error duplicate-id: refine.yaml:6:9: two nodes are called `plan` (outputs and directories are found by this name)
    Error twice: refine.yaml:7:5: `loop` and `stage` mean the same (keep one of the two)
    Error bad-value: refine.yaml:9:11: `runs` must be at least 1
    Error no-id: refine.yaml:10:5: the node has no `id` (add `id: <name>`: its outputs and directory are found by it)
    Error twice: refine.yaml:12:5: a node has a loop or a prompt of its own, not both (keep one of the two)
    Error no-prompt: refine.yaml:13:5: the node has neither a loop nor a prompt (add `loop: <name>` or `prompt: |`)
    Error bad-name: refine.yaml:13:9: node id `a/b` may contain only letters, digits, `-` and `_`
    ");
    assert_snapshot!(of_pipeline("name: x\n"), @"Error no-nodes: refine.yaml:1:1: the pipeline has no nodes (add `nodes:` with at least one `- id: …` and its `loop: …`)");
    assert_snapshot!(of_pipeline("nodes: [a]\n"), @r#"Error bad-value: refine.yaml:1:9: `nodes[0]` must be `key: value` lines, not string "a""#);
    assert_snapshot!(of_pipeline("stages:\n  - name: b\n    loop: broken\n"), @"
    Error unknown-termination: broken/loop.yaml:1:21: unknown termination `queu` (did you mean `queue`?)
    Warning deprecated: refine.yaml:1:1: `stages:` is the old spelling of `nodes:` (write `nodes:`)
    Warning deprecated: refine.yaml:2:5: `name:` is the old spelling of `id:` (write `id:`)
    ");
    assert_snapshot!(of_pipeline("stages:\n  - name: b\n    loop: work\n"), @"
    Warning deprecated: refine.yaml:1:1: `stages:` is the old spelling of `nodes:` (write `nodes:`)
    Warning deprecated: refine.yaml:2:5: `name:` is the old spelling of `id:` (write `id:`)
    Warning no-runs: refine.yaml:2:5: the node has no `runs`: it may take up to 25 agents (add `runs: <most iterations>`)
    ");
}

#[test]
fn guardrails_on_a_node_are_refused() {
    assert_snapshot!(of_pipeline("nodes:\n  - id: b\n    loop: work\n    runs: 1\n    guardrails: {}\n"), @"Error misplaced: refine.yaml:5:5: guardrails bound the whole session (move `guardrails` to the top level of the pipeline)");
}

#[test]
fn inputs_must_come_from_an_earlier_node() {
    assert_snapshot!(of_pipeline("nodes:\n  - id: plan\n    loop: work\n    runs: 1\n    inputs: {from: beads}\n  - id: beads\n    runs: 1\n    inputs: {from: plam, select: some}\n    prompt: |\n      a ${INPUTS}\n      b ${INPUTS.plna} ${STATUS}\n      c ${INPUTS.plna}\n"), @"
    Error unreachable-input: refine.yaml:5:20: `beads` runs after this node (move it before this one: nodes run in order)
    Error unknown-node: refine.yaml:8:20: no earlier node is called `plam` (did you mean `plan`?)
    Error bad-value: refine.yaml:8:34: `select` must be `latest` or `all`, not `some` (`latest` is the output of the last iteration, `all` those of every iteration)
    Error unknown-node: refine.yaml:11:9: no earlier node is called `plna` (did you mean `plan`?)
    Error unknown-node: refine.yaml:12:9: no earlier node is called `plna` (did you mean `plan`?)
    ");
}

#[test]
fn self_references_and_cycles_in_yaml_are_refused() {
    assert_snapshot!(of_pipeline("nodes:\n  - {id: a, loop: work, runs: 1, inputs: {from: b}}\n  - {id: b, runs: 1, inputs: {from: b}, prompt: '${INPUTS.b} ${INPUTS.c} ${STATUS}'}\n  - {id: c, loop: work, runs: 1, inputs: {from: a}}\n"), @"
    Error unreachable-input: refine.yaml:2:49: `b` runs after this node (move it before this one: nodes run in order)
    Error unreachable-input: refine.yaml:3:37: `b` is this node itself (the outputs of its earlier iterations are in `context.json`, as `from_previous_iterations`)
    Error unreachable-input: refine.yaml:3:50: `b` is this node itself (the outputs of its earlier iterations are in `context.json`, as `from_previous_iterations`)
    Error unreachable-input: refine.yaml:3:62: `c` runs after this node (move it before this one: nodes run in order)
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
    Error unknown-key: work/loop.yaml:2:1: unknown key `a` (one of: `name`, `description`, `termination`, `completion`, `min_iterations`, `iterations`, `max`, `provider`, `program`, `model`, `effort`, `fallback`, `escalation`, `permissions`, `args`, `allow_tools`, `keep_env`, `max_turns`, `retries`, `retry_delay`, `limits`, `delay`, `check_before`, `prompt`, `output_path`, `context`, `needs`, `commands`, `queue`, `confirm`, `hooks`, `on_trouble`, `guardrails`, `quota`, `output_parse`, `items`)
    ");
}

#[test]
fn each_old_spelling_is_named_once_a_file() {
    assert_snapshot!(of_loop("completion: plateau\nmin_iterations: 3\noutput_parse: PLATEAU\nitems: [a]\n"), @"
    Warning deprecated: work/loop.yaml:1:1: `completion:` is the old spelling of `termination:` (write `termination: {type: judgment}`)
    Warning deprecated: work/loop.yaml:2:1: `min_iterations:` is the old spelling of `termination.min_iterations:` (write `min_iterations:` below `termination:`)
    Warning deprecated: work/loop.yaml:3:1: `output_parse:` has no effect any more (remove it)
    Warning deprecated: work/loop.yaml:4:1: `items:` has no effect any more (remove it)
    ");
    assert_snapshot!(of_loop("termination: {type: beads-empty}\n"), @"Warning deprecated: work/loop.yaml:1:21: `type: beads-empty` is the old spelling of `type: queue` (write `type: queue`)");
    assert_snapshot!(of_pipeline("stages:\n  - name: a\n    stage: work\n    runs: 1\n  - name: b\n    stage: work\n    runs: 1\n    completion: fixed-n\n  - id: c\n    loop: work\n    runs: 1\n    termination: {type: plateau}\n"), @"
    Warning deprecated: refine.yaml:1:1: `stages:` is the old spelling of `nodes:` (write `nodes:`)
    Warning deprecated: refine.yaml:2:5: `name:` is the old spelling of `id:` (write `id:`, all 2 times in this file)
    Warning deprecated: refine.yaml:3:5: `stage:` is the old spelling of `loop:` (write `loop:`, all 2 times in this file)
    Warning deprecated: refine.yaml:8:5: `completion:` is the old spelling of `termination:` (write `termination: {type: fixed}`)
    Warning never-agrees: refine.yaml:9:5: at most 1 iteration: too few for 2 agents to agree after 1 (raise the maximum, or lower `consensus` or `min_iterations`)
    Warning deprecated: refine.yaml:12:25: `type: plateau` is the old spelling of `type: judgment` (write `type: judgment`)
    ");
}

#[test]
fn inputs_from_impossible_nodes_are_refused() {
    assert_snapshot!(of_pipeline("nodes:\n  - id: a\n    prompt: '${INPUTS} ${INPUTS.b} ${STATUS}'\n    inputs: {from: a}\n  - id: b\n    prompt: '${INPUTS.b} ${INPUTS.a} ${STATUS}'\n"), @"
    Error unreachable-input: refine.yaml:3:24: `b` runs after this node (move it before this one: nodes run in order)
    Error unreachable-input: refine.yaml:4:20: `a` is this node itself (the outputs of its earlier iterations are in `context.json`, as `from_previous_iterations`)
    Error unreachable-input: refine.yaml:6:14: `b` is this node itself (the outputs of its earlier iterations are in `context.json`, as `from_previous_iterations`)
    Warning no-inputs: refine.yaml:3:14: the first node has no inputs: `${INPUTS}` is empty
    ");
}

#[test]
fn everything_is_found_in_one_run() {
    let broken = LoopSource {
        prompt: Err(Unreadable::no_prompt(
            "there is no prompt: looked for `prompt.md`",
        )),
        ..a_loop(
            "work",
            "termination: {type: queu}\nprovider: cluade\nqueue: {provider: bead}\nmodle: x\n",
            "",
        )
    };
    assert_snapshot!(said(&Sources::Loop(broken), &Overrides::default()), @"
    Error no-prompt: work/loop.yaml:1:1: there is no prompt: looked for `prompt.md` (write the prompt of each agent to `prompt.md` beside the definition)
    Error unknown-termination: work/loop.yaml:1:21: unknown termination `queu` (did you mean `queue`?)
    Error unknown-provider: work/loop.yaml:2:11: unknown provider `cluade` (did you mean `claude`?)
    Error unknown-queue: work/loop.yaml:3:19: unknown queue `bead` (did you mean `beads`?)
    Error unknown-key: work/loop.yaml:4:1: unknown key `modle` (did you mean `model`?)
    ");
    assert_snapshot!(said(&Sources::Loop(a_loop("work", "name: [\n", "${STATSU}")), &Overrides::default()), @"
    Error yaml: work/loop.yaml:2:1: not valid YAML: did not find expected node content (check the indentation here and in the line above, and quote texts that contain `: ` or ` #`)
    Error unknown-variable: work/prompt.md:1:1: unknown variable `${STATSU}` (did you mean `${STATUS}`? write `$${STATSU}` to keep it as text)
    ");
    assert_snapshot!(of_pipeline("nodes:\n  - id: a\n    loop: wrok\n    model: ' '\n    runs: 0\n    inputs: {from: z}\n  - id: b\n    loop: broken\n    provider: cluade\n    inputs: {select: some}\n    runs: 0\n"), @"
    Error unknown-termination: broken/loop.yaml:1:21: unknown termination `queu` (did you mean `queue`?)
    Error unknown-loop: refine.yaml:3:11: there is no loop `wrok` (did you mean `work`?)
    Error bad-model: refine.yaml:4:12: ` ` cannot be the name of a model (for example `opus`, `sonnet` or a full id)
    Error bad-value: refine.yaml:5:11: `runs` must be at least 1
    Error unknown-node: refine.yaml:6:20: no earlier node is called `z` (the first node gets nothing from others)
    Error unknown-provider: refine.yaml:9:15: unknown provider `cluade` (did you mean `claude`?)
    Error bad-value: refine.yaml:10:22: `select` must be `latest` or `all`, not `some` (`latest` is the output of the last iteration, `all` those of every iteration)
    Error bad-value: refine.yaml:11:11: `runs` must be at least 1
    ");
}

#[test]
fn a_prompt_full_of_mistakes_stays_readable() {
    let found = |prompt: &str| {
        let said = of_prompt(prompt);
        (
            said.lines().count(),
            said.lines()
                .find(|line| line.contains("too-many"))
                .unwrap_or_default()
                .to_owned(),
        )
    };
    assert_snapshot!(format!("{:?}", found(&"${NOPE}\n".repeat(800_000))), @r#"(52, "Error too-many: work/prompt.md:1:1: more variables have no value than the 50 that are shown")"#);
    assert_snapshot!(format!("{:?}", found(&format!("${{STATUS}} {}", "${PERSPECTIVE}\n".repeat(60)))), @r#"(51, "Warning too-many: work/prompt.md:1:1: more variables have no value than the 50 that are shown")"#);
    assert_eq!(
        found(&"${NOPE} ${STATUS}\n".repeat(50)),
        (50, String::new())
    );
}

#[test]
fn an_unreadable_loop_is_reported_at_the_node_that_uses_it() {
    let Sources::Pipeline(mut source) = a_pipeline("nodes: [{id: a, loop: work, runs: 1}]\n")
    else {
        panic!("a pipeline")
    };
    source.loops.insert(
        "work".into(),
        Err("`loop.yaml` is not UTF-8 text (line 1, column 7)".into()),
    );
    assert_snapshot!(said(&Sources::Pipeline(source), &Overrides::default()), @"Error unreadable-loop: refine.yaml:1:23: loop `work` cannot be used: `loop.yaml` is not UTF-8 text (line 1, column 7)");
    let text = SourceText {
        file: "work/loop.yaml".into(),
        text: "name: ".into(),
    };
    let unreadable = Unreadable::file(
        "`loop.yaml` is not UTF-8 text (line 1, column 7)",
        "save it as UTF-8",
        "name: ",
    );
    assert_snapshot!(listed(&[unreadable.in_file("work/loop.yaml".into()).problem()]), @"Error unreadable: work/loop.yaml:1:7: `loop.yaml` is not UTF-8 text (line 1, column 7) (save it as UTF-8)");
    let missing = Unreadable::no_definition("work", "work/loop.yaml".into());
    assert_snapshot!(listed(&[missing.problem()]), @"Error no-definition: work/loop.yaml:1:1: the folder `work` has no `loop.yaml` (write it, or move the folder elsewhere if it is not a loop)");
    let prompt = Unreadable::file(
        "`prompt.md` is not UTF-8 text (line 2, column 1)",
        "save it as UTF-8",
        "a\n",
    )
    .in_file("work/prompt.md".into());
    let unread = LoopSource {
        prompt: Err(prompt),
        ..a_loop("work", "termination: {type: queue}\n", "")
    };
    assert_snapshot!(said(&Sources::Loop(unread), &Overrides::default()), @"Error unreadable: work/prompt.md:2:1: `prompt.md` is not UTF-8 text (line 2, column 1) (save it as UTF-8)");
    assert_snapshot!(listed(&[Problem::of_file(&text, LintCode::CommandName, "`ap status` is a command").warning()]), @"Warning command-name: work/loop.yaml:1:1: `ap status` is a command");
}

#[test]
fn an_invalid_queue_is_refused() {
    assert_snapshot!(of_loop("termination: {type: queue}\nqueue: {provider: command}\n"), @"Error no-commands: work/loop.yaml:2:1: the queue has no `commands` (add `commands:` with `list`, `claim`, `release` and `close`; `park` may be left out)");
    assert_snapshot!(of_loop("termination: {type: queue}\nqueue: {commands: {list: [a], claim: [b]}, label: 'a,b', max_attempts: 0, claim: me}\n"), @"
    Error no-commands: work/loop.yaml:2:9: the queue has no `release` command (add `release: [program, argument, …]`)
    Error no-commands: work/loop.yaml:2:9: the queue has no `close` command (add `close: [program, argument, …]`)
    Error bad-value: work/loop.yaml:2:51: the label `a,b` cannot be used (beads takes a comma for the end of a label, so it would look for two)
    Error bad-value: work/loop.yaml:2:72: `max_attempts` must be at least 1
    Error bad-value: work/loop.yaml:2:82: `claim` must be `agent` or `engine`, not `me`
    ");
    assert_snapshot!(of_loop("termination: {type: judgment}\nqueue: {claim: engine}\n"), @"Error no-effect: work/loop.yaml:2:16: `claim: engine` needs a loop that ends with its queue (add `termination:` with `type: queue`, or let the agents claim)");
}

#[test]
fn misplaced_keys_are_reported() {
    assert_snapshot!(of_pipeline("nodes:\n  - id: a\n    loop: work\n    runs: 1\n    parallel: false\n    prompt: ''\n  - id: b\n    prompt: ' '\nstages: []\n"), @"
    Error twice: refine.yaml:6:5: a node has a loop or a prompt of its own, not both (keep one of the two)
    Error no-prompt: refine.yaml:8:13: the prompt is empty (write the prompt of each agent)
    Error twice: refine.yaml:9:1: `nodes` and `stages` mean the same (keep one of the two)
    Warning no-effect: refine.yaml:5:5: `parallel` has no effect here (remove it)
    Warning no-status: refine.yaml:8:13: the prompt never names `${STATUS}`, so its agents cannot report a result (end it with: write your decision as JSON to `${STATUS}`)
    ");
    assert_snapshot!(said(&a_pipeline("nodes: [{id: a, loop: work, runs: 1}]\n"), &Overrides { max_iterations: Some(1), ..Overrides::default() }), @"Error no-effect: a pipeline takes no maximum (set `runs` for each of its nodes)");
}

#[test]
fn mistakes_from_a_merge_key_are_located_at_it() {
    assert_snapshot!(of_pipeline("nodes:\n  - &a\n    id: a\n    loop: wrok\n    runs: 1\n  - id: b\n    <<: *a\n"), @"
    Error unknown-loop: refine.yaml:4:11: there is no loop `wrok` (did you mean `work`?)
    Error unknown-loop: refine.yaml:7:5: there is no loop `wrok` (did you mean `work`?)
    ");
    assert_snapshot!(of_loop("termination: *absent\n"), @"Error yaml: work/loop.yaml:1:14: not valid YAML: unknown anchor (`*name` refers to an anchor `&name` further up; `<<: *name` needs an anchor on a mapping)");
    assert_snapshot!(of_loop("termination: {type: queue}\n<<: 5\n"), @"Error yaml: work/loop.yaml:2:1: not valid YAML: expected a mapping or list of mappings for merging, but found scalar (`*name` refers to an anchor `&name` further up; `<<: *name` needs an anchor on a mapping)");
    assert_snapshot!(of_loop("commands: &a\n  <<: *a\n"), @"Error yaml: work/loop.yaml:1:11: not valid YAML: recursion limit exceeded (the file is nested too deeply, or an anchor (`&name`) contains itself or expands to too much: write the values out)");
    let layers: String = (1..30)
        .map(|n| format!("  a{n}: &a{n} [*a{m}, *a{m}, *a{m}, *a{m}]\n", m = n - 1))
        .collect();
    assert_snapshot!(of_loop(&format!("items:\n  a0: &a0 [x]\n{layers}")), @"Error yaml: work/loop.yaml:1:1: not valid YAML: repetition limit exceeded (the file is nested too deeply, or an anchor (`&name`) contains itself or expands to too much: write the values out)");
}

#[test]
fn a_parallel_block_is_checked_to_its_last_stage() {
    assert_snapshot!(of_pipeline("nodes:\n  - id: a\n    loop: work\n    runs: 1\n    parallel:\n      providers: [claude, {id: two, name: absent, modle: x}, {id: a b, name: claude}, {model: opus}]\n      failure_mode: maybe\n      min_success: 9\n      stages:\n        - {id: s, loop: work, runs: 1}\n        - {id: s, loop: wrok, runs: 1}\n        - {id: deep, parallel: {providers: [claude], stages: []}}\n"), @"
    Error misplaced: refine.yaml:3:5: `loop` belongs to the block's stages (a parallel block only sets which providers run which stages)
    Error misplaced: refine.yaml:4:5: `runs` belongs to the block's stages (a parallel block only sets which providers run which stages)
    Error unknown-provider: refine.yaml:6:27: unknown provider `absent` (one of: `claude`, `codex`, `gemini`, `opencode`, `amp`, `copilot`, `command`, `scripted`)
    Error unknown-key: refine.yaml:6:51: unknown key `modle` (did you mean `model`?)
    Error bad-name: refine.yaml:6:62: `a b` cannot be the name of a branch (add `id: <name>` of letters, digits, `-` and `_`)
    Error no-id: refine.yaml:6:87: the provider has no `name` (add `name: claude`, or another provider)
    Error bad-value: refine.yaml:7:21: `failure_mode` must be `fail` or `continue`, not `maybe` (`fail` fails the block when any provider fails, `continue` continues if at least `min_success` of them succeed)
    Error bad-value: refine.yaml:8:20: `min_success` must be from 1 to 4, the number of providers
    Error duplicate-id: refine.yaml:11:16: two nodes are called `s` (outputs and directories are found by this name)
    Error unknown-loop: refine.yaml:11:25: there is no loop `wrok` (did you mean `work`?)
    Error misplaced: refine.yaml:12:22: a block within a block (put the inner block's providers into the outer one)
    Warning deprecated: refine.yaml:7:7: `failure_mode:` is the old spelling of `on_failure:` (write `on_failure:`)
    ");
    assert_snapshot!(of_pipeline("nodes:\n  - {id: a, parallel: {providers: [], stages: []}}\n  - {id: b, parallel: 3}\n  - {id: c, parallel: true, loop: work, runs: 1}\n"), @"
    Error no-nodes: refine.yaml:2:13: the block has no stages (add `stages:` with at least one `- id: …` and its `loop: …`)
    Error no-providers: refine.yaml:2:24: the block has no providers (add `providers: [claude, codex]`)
    Error bad-value: refine.yaml:3:23: `nodes[1].parallel` must be `providers` and `stages`, not integer `3`
    Warning no-effect: refine.yaml:4:13: `parallel` has no effect here (remove it)
    ");
    assert_snapshot!(of_pipeline("nodes:\n  - {id: a, parallel: {providers: [claude], stages: [{id: s, loop: work, runs: 1}]}}\n  - {id: b, loop: work, runs: 1, inputs: {from_parallel: t}}\n  - {id: c, loop: work, runs: 1, inputs: {from_parallel: {stage: s, block: z}}}\n  - {id: d, loop: work, runs: 1, inputs: {from_parallel: [{stage: s, providers: [codex], select: most}, {block: a}]}}\n"), @"
    Error unknown-stage: refine.yaml:3:58: block `a` has no stage `t` (one of: `s`)
    Error unknown-block: refine.yaml:4:76: no earlier parallel block is called `z` (one of: `a`)
    Error unknown-provider: refine.yaml:5:81: block `a` has no provider `codex` (did you mean `claude`?)
    Error bad-value: refine.yaml:5:98: `select` must be `latest` or `all`, not `most` (`latest` is the output of the last iteration, `all` those of every iteration)
    Error no-stage: refine.yaml:5:105: `from_parallel` names no `stage` (add `stage: <id of a stage of the block>`)
    ");
}

#[test]
fn a_mistake_in_a_block_is_reported_once_and_hides_no_others() {
    assert_snapshot!(of_pipeline("nodes:\n  - {id: b, parallel: {providers: [claude, cluade], stages: [{id: s, loop: wrok, runs: 1}]}}\n  - {id: c, loop: work, runs: 1, inputs: {from_parallel: {stage: s, block: b}}}\n  - {id: d, loop: work, runs: 1, inputs: {from_parallel: {stage: t, block: bb, select: wrong}}}\n  - {id: e, loop: work, runs: 1, inputs: {from_parallel: {stage: t, block: b, providers: [codex], select: wrong}}}\n"), @"
    Error unknown-provider: refine.yaml:2:44: unknown provider `cluade` (did you mean `claude`?)
    Error unknown-loop: refine.yaml:2:76: there is no loop `wrok` (did you mean `work`?)
    Error unknown-block: refine.yaml:4:76: no earlier parallel block is called `bb` (did you mean `b`?)
    Error bad-value: refine.yaml:4:88: `select` must be `latest` or `all`, not `wrong` (`latest` is the output of the last iteration, `all` those of every iteration)
    Error unknown-stage: refine.yaml:5:66: block `b` has no stage `t` (one of: `s`)
    Error unknown-provider: refine.yaml:5:90: block `b` has no provider `codex` (did you mean `cluade`?)
    Error bad-value: refine.yaml:5:107: `select` must be `latest` or `all`, not `wrong` (`latest` is the output of the last iteration, `all` those of every iteration)
    ");
    assert_snapshot!(of_pipeline("nodes:\n  - {id: b, parallel: {providers: [], min_success: 0, stages: [{id: s, loop: work, runs: 1}]}}\n  - {id: c, loop: work, runs: 1, inputs: {from_parallel: {stage: s, block: b, providers: [claude]}}}\n"), @"
    Error no-providers: refine.yaml:2:24: the block has no providers (add `providers: [claude, codex]`)
    Error bad-value: refine.yaml:2:52: `min_success` must be at least 1
    ");
    assert_snapshot!(of_pipeline("nodes:\n  - {id: b, parallel: 3}\n  - {id: c, loop: work, runs: 1, inputs: {from_parallel: {stage: s, block: b}}}\n"), @"Error bad-value: refine.yaml:2:23: `nodes[0].parallel` must be `providers` and `stages`, not integer `3`");
    assert_snapshot!(of_pipeline("nodes:\n  - {id: p, pipeline: unread}\n  - {id: c, loop: work, runs: 1, inputs: {from: p-look, from_parallel: {stage: s, block: p-both}}}\n"), @"Error unreadable-pipeline: refine.yaml:2:23: pipeline `unread` cannot be used: it is not UTF-8");
    assert_snapshot!(of_pipeline("nodes:\n  - {id: c, loop: work, runs: 1, inputs: {from_parallel: {stage: s, block: b}}}\n"), @"Error unknown-block: refine.yaml:2:76: no earlier parallel block is called `b` (put a node with `parallel:` before this one)");
}

#[test]
fn two_documents_in_a_file_are_refused_where_the_second_begins() {
    assert_snapshot!(of_loop("---\n# one\ntermination: {type: queue}\n---\nname: b\n"), @"Error yaml: work/loop.yaml:4:1: the file has more than one YAML document (keep the part before or after this `---`, and move the other part into a file of its own)");
    assert_snapshot!(of_loop("name: work\n---\nname: b\n"), @"Error yaml: work/loop.yaml:2:1: the file has more than one YAML document (keep the part before or after this `---`, and move the other part into a file of its own)");
}

#[test]
fn keys_that_are_places_for_anchors_are_ignored_at_the_top_alone() {
    assert_snapshot!(of_loop("x-ends: &ends {type: queue}\nx-: [1]\ntermination: *ends\n"), @"");
    assert_snapshot!(of_pipeline("x-node: &node {loop: work, runs: 1}\nnodes:\n  - {id: a, <<: *node}\n  - {id: b, x-no: 1, <<: *node}\n"), @"Error unknown-key: refine.yaml:4:13: unknown key `x-no` (one of: `id`, `name`, `loop`, `stage`, `prompt`, `runs`, `model`, `effort`, `provider`, `fallback`, `description`, `termination`, `completion`, `delay`, `check_before`, `output_path`, `perspectives`, `inputs`, `context`, `needs`, `commands`, `confirm`, `hooks`, `on_trouble`, `guardrails`, `parallel`, `pipeline`)");
}
