//! A plan as a picture, in the languages of Mermaid and Graphviz.
use super::catalog;
use crate::plan::{Node, Plan, Select};

/// The language of the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Language {
    /// Mermaid, which GitHub draws in Markdown
    Mermaid,
    /// Graphviz
    Dot,
}

/// Draws the nodes in the order they run; dotted is what a node gets from one further back.
pub(super) fn draw(plan: &Plan, language: Language) -> String {
    let names = plan.nodes.iter().enumerate().map(|(index, node)| language.node(index, node));
    let order = (1..plan.nodes.len()).map(|index| language.then(index - 1, index));
    let inputs = plan.nodes.iter().enumerate().filter_map(|(index, node)| {
        let from = node.from.as_ref()?;
        let source = plan.nodes.iter().position(|earlier| earlier.id == from.node)?;
        // The one before it is joined to it already.
        (source + 1 != index || from.select == Select::All).then(|| language.gets(source, index, from.select))
    });
    let (begin, end) = language.frame(&plan.name);
    names.chain(order).chain(inputs).fold(begin, |picture, line| picture + "  " + &line + "\n") + end
}

impl Language {
    fn frame(self, name: &str) -> (String, &'static str) {
        match self {
            Self::Mermaid => ("flowchart TD\n".to_owned(), ""),
            Self::Dot => (format!("digraph \"{}\" {{\n  node [shape=box];\n", self.text(name)), "}\n"),
        }
    }

    fn node(self, index: usize, node: &Node) -> String {
        let agent = format!("{:?} {}", node.agent.provider, node.agent.model).to_lowercase();
        let lines = [node.id.as_str(), &node.template, agent.trim(), &catalog::node_ends(node)].map(|line| self.text(line));
        let said = lines.iter().enumerate().filter(|(at, line)| !(line.is_empty() || *at == 1 && **line == lines[0]));
        let lines: Vec<&str> = said.map(|(_, line)| line.as_str()).collect();
        match self {
            Self::Mermaid => format!("n{index}[\"{}\"]", lines.join("<br/>")),
            Self::Dot => format!("n{index} [label=\"{}\"];", lines.join("\\n")),
        }
    }

    fn then(self, from: usize, to: usize) -> String {
        match self {
            Self::Mermaid => format!("n{from} --> n{to}"),
            Self::Dot => format!("n{from} -> n{to};"),
        }
    }

    fn gets(self, from: usize, to: usize, select: Select) -> String {
        let label = match select {
            Select::Latest => "last output",
            Select::All => "all outputs",
        };
        match self {
            Self::Mermaid => format!("n{from} -. {label} .-> n{to}"),
            Self::Dot => format!("n{from} -> n{to} [style=dotted, label=\"{label}\"];"),
        }
    }

    /// Takes from a text what would end it or begin something else.
    fn text(self, text: &str) -> String {
        let escape = |letter: char| match (self, letter) {
            (_, letter) if letter.is_control() => " ".to_owned(),
            (Self::Mermaid, '"' | '#' | '<' | '>' | '&' | '`') => format!("#{};", u32::from(letter)),
            (Self::Dot, '"' | '\\') => format!("\\{letter}"),
            (_, letter) => letter.to_string(),
        };
        text.chars().map(escape).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Overrides, Sources, compile};
    use crate::store::library::Library;
    use insta::assert_snapshot;

    fn plan(text: &str) -> Plan {
        let folder = tempfile::tempdir().unwrap();
        let file = camino::Utf8Path::from_path(folder.path()).unwrap().join("trip.yaml");
        crate::store::atomic::replace(&file, text.as_bytes()).unwrap();
        let library = Library::new("/no/where".into(), "/no/config".into());
        let sources: Sources = library.find(crate::plan::PlanKind::Pipeline, file.as_str()).unwrap();
        let request = catalog::request(&crate::store::layout::Project::new("/no/where".into()));
        compile(&sources, &request, &Overrides::default()).unwrap().0
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
          n0["plan<br/>improve-plan<br/>claude opus<br/>2 agents in a row agree, at most 5"]
          n1["refine<br/>claude opus<br/>after 2 iterations"]
          n2["sum<br/>claude opus<br/>#96;sh -c test #34;#35;1#34; = #96;a#96;#96; says so, at most 2"]
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
          n0 [label="plan\nimprove-plan\nclaude opus\n2 agents in a row agree, at most 5"];
          n1 [label="refine\nclaude opus\nafter 2 iterations"];
          n2 [label="sum\nclaude opus\n`sh -c test \"#1\" = `a`` says so, at most 2"];
          n0 -> n1;
          n1 -> n2;
          n0 -> n2 [style=dotted, label="all outputs"];
        }
        "##);
    }
}
