//! Draws a plan for Mermaid or Graphviz.
use super::catalog;
use crate::plan::{Branch, Node, Plan, Select, Step, template};

/// The language of the picture: Mermaid, which GitHub draws in Markdown, or Graphviz.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Language {
    Mermaid,
    Dot,
}

/// Draws the nodes in the order they run; dotted lines are inputs from earlier nodes.
pub(super) fn draw(plan: &Plan, language: Language) -> String {
    let (begin, end) = language.frame(&plan.name);
    let mut lines: Vec<String> = (0..plan.steps.len())
        .flat_map(|index| language.step(index, &plan.steps[index]))
        .collect();
    for index in 1..plan.steps.len() {
        let (before, after) = (drawn_nodes(plan, index - 1), drawn_nodes(plan, index));
        let pairs = before
            .iter()
            .filter_map(|branch| branch.last())
            .flat_map(|from| after.iter().filter_map(move |to| Some((from, to.first()?))));
        lines.extend(pairs.map(|(from, to)| language.then(&from.name, &to.name)));
    }
    for (index, to) in (0..plan.steps.len()).flat_map(|index| {
        drawn_nodes(plan, index)
            .into_iter()
            .flatten()
            .map(move |drawn| (index, drawn))
    }) {
        lines.extend(
            inputs(plan, index, &to)
                .into_iter()
                .map(|(from, select)| language.gets(&from, &to.name, select)),
        );
    }
    lines
        .into_iter()
        .fold(begin, |picture, line| picture + "  " + &line + "\n")
        + end
}

/// A node with its name in the picture.
struct DrawnNode<'a> {
    name: String,
    /// The branch it is in, if it is in one.
    branch: Option<&'a str>,
    node: &'a Node,
}

/// Returns the nodes of a step by branch; a node has a single one.
fn drawn_nodes(plan: &Plan, index: usize) -> Vec<Vec<DrawnNode<'_>>> {
    match plan.steps.get(index) {
        None => Vec::new(),
        Some(Step::Node(node)) => vec![vec![DrawnNode {
            name: format!("n{index}"),
            branch: None,
            node,
        }]],
        Some(Step::Block(block)) => block
            .branches
            .iter()
            .enumerate()
            .map(|(number, branch)| branch_drawn_nodes(index, number, branch))
            .collect(),
    }
}

fn branch_drawn_nodes(index: usize, number: usize, branch: &Branch) -> Vec<DrawnNode<'_>> {
    let drawn = |(stage, node): (u32, _)| DrawnNode {
        name: format!("n{index}_{number}_{stage}"),
        branch: Some(branch.name.as_str()),
        node,
    };
    (0..).zip(&branch.nodes).map(drawn).collect()
}

/// Returns the nodes whose outputs a node gets, apart from the last output of the previous node.
fn inputs(plan: &Plan, index: usize, to: &DrawnNode<'_>) -> Vec<(String, Select)> {
    let from = to
        .node
        .from
        .iter()
        .map(|from| (from.node.as_str(), from.select));
    let mut found: Vec<(String, Select)> = from
        .chain(prompt_inputs(plan, to.node))
        .flat_map(|one| of_step(plan, index, to, one))
        .collect();
    for input in &to.node.from_parallel {
        let Some(Step::Block(block)) = plan
            .position(input.block.as_str())
            .and_then(|step| plan.steps.get(step))
        else {
            continue;
        };
        let step = plan
            .steps
            .iter()
            .position(|step| step.id() == &block.id)
            .unwrap_or_default();
        for (number, branch) in block.branches.iter().enumerate() {
            let meant = input.providers.is_empty() || input.providers.contains(&branch.name);
            let stage = branch_drawn_nodes(step, number, branch)
                .into_iter()
                .find(|drawn| meant && drawn.node.id == input.stage);
            found.extend(stage.map(|stage| (stage.name, input.select)));
        }
    }
    found
}

/// Returns the steps that a prompt names as `${INPUTS.<step>}`, except the one whose outputs the node gets anyway.
fn prompt_inputs<'a>(plan: &'a Plan, node: &'a Node) -> Vec<(&'a str, Select)> {
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

/// Returns the nodes of a step whose outputs a node gets; none if an arrow joins them already.
fn of_step(
    plan: &Plan,
    index: usize,
    to: &DrawnNode<'_>,
    (id, select): (&str, Select),
) -> Vec<(String, Select)> {
    let own = drawn_nodes(plan, index)
        .into_iter()
        .find(|branch| branch.iter().any(|drawn| drawn.name == to.name))
        .unwrap_or_default();
    let inside = own.iter().position(|drawn| drawn.node.id.as_str() == id);
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
        (None, Some(source)) => drawn_nodes(plan, source)
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
                return vec![self.node(&DrawnNode {
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
                let drawn_nodes = branch_drawn_nodes(index, number, branch);
                let order = drawn_nodes
                    .windows(2)
                    .map(|pair| self.then(&pair[0].name, &pair[1].name))
                    .collect::<Vec<_>>();
                drawn_nodes
                    .iter()
                    .map(|drawn| self.node(drawn))
                    .chain(order)
                    .collect::<Vec<_>>()
            });
        std::iter::once(begin)
            .chain(inside.map(|line| format!("  {line}")))
            .chain([end.to_owned()])
            .collect()
    }

    fn node(self, DrawnNode { name, branch, node }: &DrawnNode<'_>) -> String {
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

    /// Escapes what would end the text or begin markup.
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
mod tests;
