//! A pipeline within a pipeline.
use super::*;
use insta::assert_snapshot;

/// Each step with what it gets, a line each.
fn steps(definition: &str) -> String {
    let plan = plan(&a_pipeline(definition), &Overrides::default());
    let line = |step: &Step| match step {
        Step::Node(node) => {
            format!(
                "{} {:?} {:?} {:?}",
                node.id,
                node.from.as_ref().map(|from| from.node.as_str()),
                blocks(node),
                node.prompt
            )
        }
        Step::Block(block) => {
            let stages = block.branches[1]
                .nodes
                .iter()
                .map(|node| format!("{} {:?}", node.id, node.prompt));
            format!("{} [{}]", block.id, stages.collect::<Vec<_>>().join(", "))
        }
    };
    plan.steps.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn blocks(node: &Node) -> Vec<&str> {
    node.from_parallel
        .iter()
        .map(|from| from.block.as_str())
        .collect()
}

#[test]
fn a_nested_pipeline_is_replaced_by_its_nodes() {
    assert_snapshot!(steps("nodes: [{id: t, pipeline: tidy}, {id: end, runs: 1, inputs: {from: t}, prompt: '${INPUTS.t} ${INPUTS.t-2-look} ${STATUS}'}]\n"), @r#"
    t-1-look None [] "${INPUTS} ${STATUS}"
    t-1-both [say "as ${INPUTS.t-1-look} and $${INPUTS.look} ${STATUS}"]
    t-1-tidy Some("t-1-look") ["t-1-both"] "Read ${CTX} and ${PROGRESS}, then write ${STATUS}.\n"
    t-2-look None [] "${INPUTS} ${STATUS}"
    t-2-both [say "as ${INPUTS.t-2-look} and $${INPUTS.look} ${STATUS}"]
    t-2-tidy Some("t-2-look") ["t-2-both"] "Read ${CTX} and ${PROGRESS}, then write ${STATUS}.\n"
    end Some("t-2-tidy") [] "${INPUTS.t-2-tidy} ${INPUTS.t-2-look} ${STATUS}"
    "#);
    assert_snapshot!(steps("nodes: [{id: t, pipeline: around}]\n"), @r#"
    t-again-1-look None [] "${INPUTS} ${STATUS}"
    t-again-1-both [say "as ${INPUTS.t-again-1-look} and $${INPUTS.look} ${STATUS}"]
    t-again-1-tidy Some("t-again-1-look") ["t-again-1-both"] "Read ${CTX} and ${PROGRESS}, then write ${STATUS}.\n"
    t-again-2-look None [] "${INPUTS} ${STATUS}"
    t-again-2-both [say "as ${INPUTS.t-again-2-look} and $${INPUTS.look} ${STATUS}"]
    t-again-2-tidy Some("t-again-2-look") ["t-again-2-both"] "Read ${CTX} and ${PROGRESS}, then write ${STATUS}.\n"
    "#);
}

#[test]
fn a_nested_pipeline_runs_as_often_as_its_node_sets() {
    assert_snapshot!(steps("nodes: [{id: first, loop: improve-plan}, {id: t, pipeline: tidy, runs: 1}]\n"), @r#"
    first None [] "Read ${CTX} and ${PROGRESS}, then write ${STATUS}.\n"
    t-look None [] "${INPUTS} ${STATUS}"
    t-both [say "as ${INPUTS.t-look} and $${INPUTS.look} ${STATUS}"]
    t-tidy Some("t-look") ["t-both"] "Read ${CTX} and ${PROGRESS}, then write ${STATUS}.\n"
    "#);
}

#[test]
fn commands_of_the_outer_pipeline_apply_inside() {
    let definition = "nodes: [{id: t, pipeline: tidy, runs: 1, commands: {fmt: rustfmt}}]\ncommands: {test: nextest, lint: none}\n";
    let plan = plan(&a_pipeline(definition), &Overrides::default());
    let of = |index: u32| {
        plan.node(index)
            .unwrap()
            .commands
            .iter()
            .map(|(name, command)| format!("{name}={command}"))
            .collect::<Vec<_>>()
    };
    assert_eq!(of(0), ["fmt=rustfmt", "lint=clippy", "test=nextest"]);
    assert_eq!(of(2), ["fmt=rustfmt", "lint=clippy", "test=cargo test"]);
}

#[test]
fn the_source_of_settings_is_recorded_for_each_nested_node() {
    let plan = plan(
        &a_pipeline("nodes: [{id: t, pipeline: tidy, runs: 1}]\n"),
        &Overrides::default(),
    );
    let said: Vec<_> = plan
        .provenance
        .iter()
        .filter(|said| said.setting.ends_with("model"))
        .map(|said| said.setting.as_str())
        .collect();
    assert_snapshot!(said.join(" "), @"t-look.model t-both/claude/say.model t-tidy.model");
}

#[test]
fn invalid_nested_pipelines_are_refused() {
    assert_snapshot!(of_pipeline("nodes:\n  - {id: a, pipeline: refine}\n  - {id: b, pipeline: circle}\n  - {id: c, pipeline: tidi}\n  - {id: d, pipeline: unread}\n  - {pipeline: tidy}\n  - {id: e, pipeline: tidy, runs: 0}\n  - {id: f, pipeline: tidy, runs: 900}\n"), @"
    Error cycle: circle.yaml:1:27: pipeline `refine` runs within itself: `refine` → `circle` → `refine` (a pipeline that runs itself never ends: set `runs` to repeat one)
    Error cycle: refine.yaml:2:23: pipeline `refine` runs within itself: `refine` → `refine` (a pipeline that runs itself never ends: set `runs` to repeat one)
    Error unknown-pipeline: refine.yaml:4:23: there is no pipeline `tidi` (did you mean `tidy`?)
    Error unreadable-pipeline: refine.yaml:5:23: pipeline `unread` cannot be used: it is not UTF-8
    Error no-id: refine.yaml:6:5: the node has no `id` (add `id: <name>`: its outputs and directory are found by it)
    Error bad-value: refine.yaml:7:35: `runs` must be between 1 and 1000
    Error too-many: refine.yaml:8:23: the pipeline has 3600 nodes, at most 1000 (let one node run many iterations, or make several pipelines)
    ");
    assert_snapshot!(of_pipeline("nodes:\n  - id: b\n    loop: work\n    runs: 1\n    pipeline: tidy\n    inputs: {from: b}\n    parallel: {providers: [claude], stages: [{id: s, pipeline: tidy}]}\n"), @"
    Error misplaced: refine.yaml:3:5: `loop` belongs to the nodes of the pipeline (a node with `pipeline` may set `id`, `runs` and `commands`)
    Error misplaced: refine.yaml:6:5: `inputs` belongs to the nodes of the pipeline (a node with `pipeline` may set `id`, `runs` and `commands`)
    Error twice: refine.yaml:7:5: a node is a pipeline or a block, not both (keep one of the two)
    ");
    assert_snapshot!(of_pipeline("nodes: [{id: a, parallel: {providers: [claude], stages: [{id: s, pipeline: tidy}]}}]\n"), @"Error misplaced: refine.yaml:1:66: a pipeline within a block (write its nodes as the block's stages)");
}
