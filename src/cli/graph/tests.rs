use super::*;
use crate::compile::{Overrides, Sources, compile};
use crate::store::library::Library;
use insta::assert_snapshot;

fn plan(text: &str) -> Plan {
    let folder = tempfile::tempdir().unwrap();
    let file = camino::Utf8Path::from_path(folder.path())
        .unwrap()
        .join("trip.yaml");
    crate::store::atomic::replace(&file, text.as_bytes()).unwrap();
    let library = Library::new("/no/where".into(), "/no/config".into());
    let sources: Sources = library
        .find(crate::plan::PlanKind::Pipeline, file.as_str())
        .unwrap();
    let request = catalog::request(&crate::store::layout::Project::new("/no/where".into()));
    compile(&sources, &request, &Overrides::default())
        .unwrap()
        .0
}

const TRIP: &str = "nodes:
  - {id: plan, loop: improve-plan, runs: 5}
  - {id: refine, prompt: '${STATUS}', perspectives: [fast, safe]}
  - {id: sum, prompt: '${STATUS} ${INPUTS.plan}', inputs: {from: plan, select: all}, termination: {type: verify, command: [sh, -c, 'test \"#1\" = `a`'], max: 2}}
";

#[test]
fn a_pipeline_is_drawn_for_mermaid() {
    assert_snapshot!(draw(&plan(TRIP), Language::Mermaid), @r#"
    flowchart TD
      n0["plan<br/>improve-plan<br/>claude opus<br/>2 agents in a row vote to stop, at most 5"]
      n1["refine<br/>claude opus<br/>after 2 iterations"]
      n2["sum<br/>claude opus<br/>#96;sh -c test #34;#35;1#34; = #96;a#96;#96; succeeds, at most 2"]
      n0 --> n1
      n1 --> n2
      n0 -. all outputs .-> n2
    "#);
}

#[test]
fn a_pipeline_is_drawn_for_graphviz() {
    assert_snapshot!(draw(&plan(TRIP), Language::Dot), @r##"
    digraph "trip" {
      node [shape=box];
      n0 [label="plan\nimprove-plan\nclaude opus\n2 agents in a row vote to stop, at most 5"];
      n1 [label="refine\nclaude opus\nafter 2 iterations"];
      n2 [label="sum\nclaude opus\n`sh -c test \"#1\" = `a`` succeeds, at most 2"];
      n0 -> n1;
      n1 -> n2;
      n0 -> n2 [style=dotted, label="all outputs"];
    }
    "##);
}

#[test]
fn inputs_named_in_prompts_are_drawn() {
    let far = "nodes:
  - {id: plan, prompt: '${STATUS}'}
  - {id: think, prompt: '${STATUS}', perspectives: [fast, safe]}
  - {id: sum, prompt: '${STATUS} ${INPUTS.plan} ${INPUTS.think} ${INPUTS.plan}'}
";
    let drawn = draw(&plan(far), Language::Mermaid);
    let edges: Vec<&str> = drawn
        .lines()
        .map(str::trim)
        .filter(|line| line.contains(".->"))
        .collect();
    assert_eq!(
        edges,
        ["n0 -. last output .-> n2", "n1 -. all outputs .-> n2"]
    );
}

#[test]
fn branches_of_a_block_are_drawn_side_by_side() {
    let debate = "nodes:
  - {id: plan, loop: improve-plan, runs: 2}
  - id: duel
    parallel:
      providers: [claude, {id: other, name: claude, model: haiku}]
      stages:
        - {id: draft, prompt: '${STATUS}'}
        - {id: fix, prompt: '${STATUS}', inputs: {from: plan}}
  - {id: end, prompt: '${STATUS}', inputs: {from_parallel: {stage: draft, select: history, providers: [other]}}}
";
    assert_snapshot!(draw(&plan(debate), Language::Mermaid), @r#"
    flowchart TD
      n0["plan<br/>improve-plan<br/>claude opus<br/>2 agents in a row vote to stop, at most 2"]
      subgraph b1["duel"]
        n1_0_0["claude/draft<br/>claude opus<br/>after 1 iteration"]
        n1_0_1["claude/fix<br/>claude opus<br/>after 1 iteration"]
        n1_0_0 --> n1_0_1
        n1_1_0["other/draft<br/>claude haiku<br/>after 1 iteration"]
        n1_1_1["other/fix<br/>claude haiku<br/>after 1 iteration"]
        n1_1_0 --> n1_1_1
      end
      n2["end<br/>claude opus<br/>after 1 iteration"]
      n0 --> n1_0_0
      n0 --> n1_1_0
      n1_0_1 --> n2
      n1_1_1 --> n2
      n0 -. last output .-> n1_0_1
      n0 -. last output .-> n1_1_1
      n1_1_0 -. all outputs .-> n2
    "#);
    assert_snapshot!(draw(&plan(debate), Language::Dot), @r#"
    digraph "trip" {
      node [shape=box];
      n0 [label="plan\nimprove-plan\nclaude opus\n2 agents in a row vote to stop, at most 2"];
      subgraph cluster_1 { label="duel";
        n1_0_0 [label="claude/draft\nclaude opus\nafter 1 iteration"];
        n1_0_1 [label="claude/fix\nclaude opus\nafter 1 iteration"];
        n1_0_0 -> n1_0_1;
        n1_1_0 [label="other/draft\nclaude haiku\nafter 1 iteration"];
        n1_1_1 [label="other/fix\nclaude haiku\nafter 1 iteration"];
        n1_1_0 -> n1_1_1;
      }
      n2 [label="end\nclaude opus\nafter 1 iteration"];
      n0 -> n1_0_0;
      n0 -> n1_1_0;
      n1_0_1 -> n2;
      n1_1_1 -> n2;
      n0 -> n1_0_1 [style=dotted, label="last output"];
      n0 -> n1_1_1 [style=dotted, label="last output"];
      n1_1_0 -> n2 [style=dotted, label="all outputs"];
    }
    "#);
}
