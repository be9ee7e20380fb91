//! The settings of a single node.
use super::*;
use crate::termination::{Fixed, Judgment, Termination};
use insta::assert_snapshot;

fn nodes(definition: &str) -> Vec<Node> {
    plan(&a_pipeline(definition), &Overrides::default())
        .all_nodes()
        .cloned()
        .collect()
}

#[test]
fn a_node_runs_once_for_each_perspective() {
    let node =
        nodes("nodes:\n  - id: a\n    prompt: '${PERSPECTIVE} ${STATUS}'\n    perspectives: [speed, safety, 'plain words']\n").remove(0);
    assert_eq!(
        (node.max_iterations, node.termination.clone()),
        (3, Termination::Fixed(Fixed::default()))
    );
    assert_eq!(
        [0, 1, 3, 4].map(|iteration| node.perspective(iteration)),
        ["", "speed", "plain words", ""]
    );
    let fewer = nodes("nodes:\n  - {id: a, loop: work, perspectives: [x, y], runs: {type: judgment, consensus: 2}}\n").remove(0);
    assert_eq!(
        (fewer.max_iterations, fewer.termination),
        (
            2,
            Termination::Judgment(Judgment {
                consensus: 2,
                min_iterations: 1
            })
        )
    );
}

#[test]
fn a_fixed_node_runs_its_iterations_whatever_its_max() {
    let fixed =
        nodes("nodes:\n  - {id: a, loop: work, runs: {type: fixed, iterations: 2, max: 7}}\n")
            .remove(0);
    assert_eq!(fixed.max_iterations, 2);
    assert_eq!(fixed.termination.ends(2), "after 2 iterations");
}

#[test]
fn a_wrong_number_of_perspectives_is_reported() {
    assert_snapshot!(of_pipeline("nodes:\n  - id: a\n    runs: 3\n    loop: work\n    perspectives: [x]\n  - {id: b, loop: work, runs: 1, perspectives: [x, y]}\n  - {id: c, loop: work, runs: 1, perspectives: []}\n  - {id: d, prompt: '${PERSPECTIVE} ${STATUS}'}\n"), @"
    Warning perspectives: refine.yaml:3:11: 1 perspective for up to 3 iterations: `${PERSPECTIVE}` is empty in the last 2 (leave `runs` out to have one iteration for each)
    Warning perspectives: refine.yaml:6:48: 2 perspectives for at most 1 iteration: the last 1 are never used (leave `runs` out to have one iteration for each)
    Warning no-effect: refine.yaml:7:34: there are no perspectives (add texts, or remove it)
    Warning no-perspectives: refine.yaml:8:22: `${PERSPECTIVE}` is empty here (a node of a pipeline gives it a text for each iteration, with `perspectives`)
    ");
    assert_snapshot!(of_pipeline("nodes:\n  - {id: a, loop: work, perspectives: speed}\n"), @r#"Error bad-value: refine.yaml:2:39: `nodes[0].perspectives` must be a list, not string "speed""#);
}

#[test]
fn runs_may_say_when_a_node_ends() {
    let node =
        nodes("nodes:\n  - {id: a, loop: improve-plan, runs: {consensus: 4, max: 7}}\n").remove(0);
    assert_eq!(
        (node.max_iterations, node.termination),
        (
            7,
            Termination::Judgment(Judgment {
                consensus: 4,
                min_iterations: 1
            })
        )
    );
    assert_snapshot!(of_pipeline("nodes:\n  - id: a\n    loop: work\n    runs: {type: judgement}\n  - {id: b, loop: work, runs: {consensu: 1}}\n  - {id: c, loop: work, runs: often}\n  - {id: d, loop: work, runs: {max: 0}}\n  - {id: e, loop: work, runs: {max: 3}, termination: {max: 2}}\n"), @r#"
    Error unknown-termination: refine.yaml:4:18: unknown termination `judgement` (did you mean `judgment`?)
    Error unknown-key: refine.yaml:5:32: unknown key `consensu` (did you mean `consensus`?)
    Error bad-value: refine.yaml:6:31: `nodes[2].runs` must be a whole number, or `key: value` lines as in `termination`, not string "often"
    Error bad-value: refine.yaml:7:31: the most iterations must be at least 1
    Error twice: refine.yaml:8:25: `termination` and `runs` both set when the node ends (keep one of the two)
    "#);
}

#[test]
fn select_without_a_node_refers_to_the_preceding_node() {
    let all = nodes(
        "nodes:\n  - {id: a, loop: work, runs: 1}\n  - {id: b, loop: work, runs: 1, inputs: {select: all}}\n  - {id: c, loop: work, runs: 1, inputs: {}}\n",
    );
    let from: Vec<_> = all
        .iter()
        .map(|node| {
            node.from
                .as_ref()
                .map(|from| (from.node.as_str(), from.select))
        })
        .collect();
    assert_eq!(from, [None, Some(("a", Select::All)), None]);
    assert_snapshot!(of_pipeline("nodes:\n  - {id: a, loop: work, runs: 1, inputs: {select: all}}\n  - {id: d, parallel: {providers: [claude], stages: [{id: s, loop: work, runs: 1}]}}\n  - {id: b, loop: work, runs: 1, inputs: {from_parallel: s, select: all}}\n"), @"
    Warning no-effect: refine.yaml:2:43: `select` has no effect here: it chooses from the outputs of a node before (remove it)
    Warning no-effect: refine.yaml:4:61: `select` has no effect here: it chooses from the outputs of a node before (write it inside `from_parallel`, next to `stage`)
    ");
}

#[test]
fn an_explicit_false_overrides_the_loop() {
    let asks = |said: &str| {
        nodes(&format!(
            "nodes:\n  - {{id: a, loop: work, runs: 1{said}}}\n"
        ))
        .remove(0)
        .check_before
    };
    assert_eq!(
        [
            asks(""),
            asks(", check_before: false"),
            asks(", check_before: true")
        ],
        [true, false, true]
    );
}

#[test]
fn a_node_takes_precedence_over_its_loop_and_that_over_defaults() {
    let all = nodes(
        "defaults: {delay: 7, context: default}\nnodes:\n  - {id: a, loop: work, runs: 1, delay: 0, context: mine, output_path: 'docs/${SESSION_NAME}.md'}\n  - {id: b, loop: work, runs: 1}\n  - {id: c, loop: improve-plan, runs: 1}\n",
    );
    let shown = all
        .iter()
        .map(|node| format!("{} {} {}", node.delay_ms, node.context, node.output_path))
        .collect::<Vec<_>>();
    assert_eq!(
        shown,
        [
            "0 mine docs/${SESSION_NAME}.md",
            "7000 from the loop ",
            "7000 default "
        ]
    );
    assert_snapshot!(of_pipeline("nodes:\n  - {id: a, loop: work, runs: 1, output_path: '${NIX}.md'}\n"), @"Error unknown-variable: refine.yaml:2:48: unknown variable `${NIX}` (write `$${NIX}` to keep it as text)");
}
