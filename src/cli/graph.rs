//! A plan as a picture, in the languages of Mermaid and Graphviz.
use super::catalog;
use crate::plan::{Branch, Node, Plan, Select, Step, template};

/// The language of the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Language {
    /// Mermaid, which GitHub draws in Markdown
    Mermaid,
    /// Graphviz
    Dot,
}

/// Draws the nodes in the order they run; dotted is what a node gets from one further back.
pub(super) fn draw(plan: &Plan, language: Language) -> String {
    let (begin, end) = language.frame(&plan.name);
    let mut lines: Vec<String> = (0..plan.nodes.len())
        .flat_map(|index| language.step(index, &plan.nodes[index]))
        .collect();
    for index in 1..plan.nodes.len() {
        let (before, after) = (spots(plan, index - 1), spots(plan, index));
        let pairs = before
            .iter()
            .filter_map(|branch| branch.last())
            .flat_map(|from| after.iter().filter_map(move |to| Some((from, to.first()?))));
        lines.extend(pairs.map(|(from, to)| language.then(&from.name, &to.name)));
    }
    for (index, to) in (0..plan.nodes.len()).flat_map(|index| {
        spots(plan, index)
            .into_iter()
            .flatten()
            .map(move |spot| (index, spot))
    }) {
        lines.extend(
            given(plan, index, &to)
                .into_iter()
                .map(|(from, select)| language.gets(&from, &to.name, select)),
        );
    }
    lines
        .into_iter()
        .fold(begin, |picture, line| picture + "  " + &line + "\n")
        + end
}

/// A node, and what the picture calls it.
struct Spot<'a> {
    name: String,
    /// The branch it is in, if it is in one.
    branch: Option<&'a str>,
    node: &'a Node,
}

/// Returns the nodes of a step by branch; one that is no block has a single branch.
fn spots(plan: &Plan, index: usize) -> Vec<Vec<Spot<'_>>> {
    match plan.nodes.get(index) {
        None => Vec::new(),
        Some(Step::Node(node)) => vec![vec![Spot {
            name: format!("n{index}"),
            branch: None,
            node,
        }]],
        Some(Step::Block(block)) => block
            .branches
            .iter()
            .enumerate()
            .map(|(number, branch)| branch_spots(index, number, branch))
            .collect(),
    }
}

fn branch_spots(index: usize, number: usize, branch: &Branch) -> Vec<Spot<'_>> {
    let spot = |(stage, node): (u32, _)| Spot {
        name: format!("n{index}_{number}_{stage}"),
        branch: Some(branch.name.as_str()),
        node,
    };
    (0..).zip(&branch.nodes).map(spot).collect()
}

/// Returns from which nodes one gets something, apart from the last output of the one before it.
fn given(plan: &Plan, index: usize, to: &Spot<'_>) -> Vec<(String, Select)> {
    let from = to
        .node
        .from
        .iter()
        .map(|from| (from.node.as_str(), from.select));
    let mut found: Vec<(String, Select)> = from
        .chain(named(plan, to.node))
        .flat_map(|one| of_step(plan, index, to, one))
        .collect();
    for input in &to.node.from_parallel {
        let Some(Step::Block(block)) = plan
            .position(input.block.as_str())
            .and_then(|step| plan.nodes.get(step))
        else {
            continue;
        };
        let step = plan
            .nodes
            .iter()
            .position(|step| step.id() == &block.id)
            .unwrap_or_default();
        for (number, branch) in block.branches.iter().enumerate() {
            let meant = input.providers.is_empty() || input.providers.contains(&branch.name);
            let stage = branch_spots(step, number, branch)
                .into_iter()
                .find(|spot| meant && spot.node.id == input.stage);
            found.extend(stage.map(|stage| (stage.name, input.select)));
        }
    }
    found
}

/// Returns the steps that a prompt names as `${INPUTS.<step>}`, but for the one whose outputs the node gets anyway.
fn named<'a>(plan: &'a Plan, node: &'a Node) -> Vec<(&'a str, Select)> {
    let mut found: Vec<(&str, Select)> = Vec::new();
    let from = node.from.as_ref().map(|from| from.node.as_str());
    for variable in template::variables(&node.prompt) {
        let Some(id) = variable
            .input()
            .filter(|id| Some(*id) != from && found.iter().all(|(known, _)| known != id))
        else {
            continue;
        };
        let several = plan
            .all_nodes()
            .any(|other| other.id.as_str() == id && !other.perspectives.is_empty());
        found.push((id, if several { Select::All } else { Select::Latest }));
    }
    found
}

/// Returns the nodes of a step that one gets something from; nothing if it is joined to them already.
fn of_step(
    plan: &Plan,
    index: usize,
    to: &Spot<'_>,
    (id, select): (&str, Select),
) -> Vec<(String, Select)> {
    let own = spots(plan, index)
        .into_iter()
        .find(|branch| branch.iter().any(|spot| spot.name == to.name))
        .unwrap_or_default();
    let inside = own.iter().position(|spot| spot.node.id.as_str() == id);
    let source = plan.position(id);
    let before = match inside {
        Some(at) => own.get(at + 1).is_some_and(|next| next.name == to.name),
        None => {
            source.is_some_and(|source| source + 1 == index)
                && own.first().is_some_and(|first| first.name == to.name)
        }
    };
    let names = match (inside, source) {
        (Some(at), _) => vec![own[at].name.clone()],
        (None, Some(source)) => spots(plan, source)
            .iter()
            .filter_map(|branch| Some(branch.last()?.name.clone()))
            .collect(),
        (None, None) => Vec::new(),
    };
    names
        .into_iter()
        .filter(|_| !before || select == Select::All)
        .map(|name| (name, select))
        .collect()
}

impl Language {
    fn frame(self, name: &str) -> (String, &'static str) {
        match self {
            Self::Mermaid => ("flowchart TD\n".to_owned(), ""),
            Self::Dot => (
                format!("digraph \"{}\" {{\n  node [shape=box];\n", self.text(name)),
                "}\n",
            ),
        }
    }

    /// A node, or a frame around the branches of a block.
    fn step(self, index: usize, step: &Step) -> Vec<String> {
        let block = match step {
            Step::Node(node) => {
                return vec![self.node(&Spot {
                    name: format!("n{index}"),
                    branch: None,
                    node,
                })];
            }
            Step::Block(block) => block,
        };
        let title = self.text(block.id.as_str());
        let (begin, end) = match self {
            Self::Mermaid => (format!("subgraph b{index}[\"{title}\"]"), "end"),
            Self::Dot => (
                format!("subgraph cluster_{index} {{ label=\"{title}\";"),
                "}",
            ),
        };
        let inside = block
            .branches
            .iter()
            .enumerate()
            .flat_map(|(number, branch)| {
                let spots = branch_spots(index, number, branch);
                let order = spots
                    .windows(2)
                    .map(|pair| self.then(&pair[0].name, &pair[1].name))
                    .collect::<Vec<_>>();
                spots
                    .iter()
                    .map(|spot| self.node(spot))
                    .chain(order)
                    .collect::<Vec<_>>()
            });
        std::iter::once(begin)
            .chain(inside.map(|line| format!("  {line}")))
            .chain([end.to_owned()])
            .collect()
    }

    fn node(self, Spot { name, branch, node }: &Spot<'_>) -> String {
        let agent = format!("{} {}", node.agent.provider_name(), node.agent.model);
        let id = branch.map_or_else(
            || node.id.to_string(),
            |branch| format!("{branch}/{}", node.id),
        );
        let template = if node.template == node.id.as_str() {
            ""
        } else {
            &node.template
        };
        let lines =
            [&id, template, agent.trim(), &catalog::node_ends(node)].map(|line| self.text(line));
        let lines: Vec<&str> = lines
            .iter()
            .map(String::as_str)
            .filter(|line| !line.is_empty())
            .collect();
        match self {
            Self::Mermaid => format!("{name}[\"{}\"]", lines.join("<br/>")),
            Self::Dot => format!("{name} [label=\"{}\"];", lines.join("\\n")),
        }
    }

    fn then(self, from: &str, to: &str) -> String {
        match self {
            Self::Mermaid => format!("{from} --> {to}"),
            Self::Dot => format!("{from} -> {to};"),
        }
    }

    fn gets(self, from: &str, to: &str, select: Select) -> String {
        let label = match select {
            Select::Latest => "last output",
            Select::All => "all outputs",
        };
        match self {
            Self::Mermaid => format!("{from} -. {label} .-> {to}"),
            Self::Dot => format!("{from} -> {to} [style=dotted, label=\"{label}\"];"),
        }
    }

    /// Takes from a text what would end it or begin something else.
    fn text(self, text: &str) -> String {
        let escape = |letter: char| match (self, letter) {
            (_, letter) if letter.is_control() => " ".to_owned(),
            (Self::Mermaid, '"' | '#' | '<' | '>' | '&' | '`') => {
                format!("#{};", u32::from(letter))
            }
            (Self::Dot, '"' | '\\') => format!("\\{letter}"),
            (_, letter) => letter.to_string(),
        };
        text.chars().map(escape).collect()
    }
}

#[cfg(test)]
mod tests {
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
          n0["plan<br/>improve-plan<br/>claude opus<br/>2 agents in a row say stop, at most 5"]
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
          n0 [label="plan\nimprove-plan\nclaude opus\n2 agents in a row say stop, at most 5"];
          n1 [label="refine\nclaude opus\nafter 2 iterations"];
          n2 [label="sum\nclaude opus\n`sh -c test \"#1\" = `a`` succeeds, at most 2"];
          n0 -> n1;
          n1 -> n2;
          n0 -> n2 [style=dotted, label="all outputs"];
        }
        "##);
    }

    #[test]
    fn what_a_prompt_names_is_drawn_too() {
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
    fn the_branches_of_a_block_stand_side_by_side() {
        let debate = "nodes:
  - {id: plan, loop: improve-plan, runs: 2}
  - id: duel
    parallel:
      providers: [claude, {id: other, name: claude, model: haiku}]
      stages:
        - {id: draft, prompt: '${STATUS}'}
        - {id: mend, prompt: '${STATUS}', inputs: {from: plan}}
  - {id: end, prompt: '${STATUS}', inputs: {from_parallel: {stage: draft, select: history, providers: [other]}}}
";
        assert_snapshot!(draw(&plan(debate), Language::Mermaid), @r#"
        flowchart TD
          n0["plan<br/>improve-plan<br/>claude opus<br/>2 agents in a row say stop, at most 2"]
          subgraph b1["duel"]
            n1_0_0["claude/draft<br/>claude opus<br/>after 1 iteration"]
            n1_0_1["claude/mend<br/>claude opus<br/>after 1 iteration"]
            n1_0_0 --> n1_0_1
            n1_1_0["other/draft<br/>claude haiku<br/>after 1 iteration"]
            n1_1_1["other/mend<br/>claude haiku<br/>after 1 iteration"]
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
          n0 [label="plan\nimprove-plan\nclaude opus\n2 agents in a row say stop, at most 2"];
          subgraph cluster_1 { label="duel";
            n1_0_0 [label="claude/draft\nclaude opus\nafter 1 iteration"];
            n1_0_1 [label="claude/mend\nclaude opus\nafter 1 iteration"];
            n1_0_0 -> n1_0_1;
            n1_1_0 [label="other/draft\nclaude haiku\nafter 1 iteration"];
            n1_1_1 [label="other/mend\nclaude haiku\nafter 1 iteration"];
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
}
