//! Finds what can be read but cannot be meant.
use super::Node;
use super::compile::Loaded;
use super::definition::{NodeDef, ParallelKey, PipelineDef};
use super::inputs::Around;
use super::locate::Path;
use super::place::Place;
use super::problem::{Document, Problem};
use super::template::{self, Variable};
use super::yaml;
use crate::termination::Termination;

/// Says what is odd about a loop by itself.
pub(super) fn loop_(loaded: &Loaded<'_>, problems: &mut Vec<Problem>) {
    let (place, def) = (Place::top(&loaded.document), &loaded.def);
    if let Some(name) = def.name.as_deref().filter(|name| *name != loaded.source.name) {
        let problem = place.at("name", "other-name", format!("the loop calls itself `{name}` but is found as `{}`", loaded.source.name));
        problems.push(problem.hint("the folder's name is the one that counts").warning());
    }
    for (key, value) in [("output_parse", &def.output_parse), ("items", &def.items)] {
        if value.is_some() {
            problems.push(place.at_key(key, "no-effect", format!("`{key}` has no effect any more")).hint("remove it").warning());
        }
    }
}

/// Says what is wrong with a pipeline apart from its single nodes.
pub(super) fn pipeline(document: &Document, def: &PipelineDef, problems: &mut Vec<Problem>) {
    let place = Place::top(document);
    if def.nodes.is_some() && def.stages.is_some() {
        problems.push(place.at_key("stages", "twice", "`nodes` and `stages` mean the same").hint("keep one of the two"));
    }
    let (key, nodes) = def.nodes();
    if nodes.is_empty() {
        problems
            .push(place.here("no-nodes", "the pipeline has no nodes").hint("add `nodes:` with at least one `- id: …` and its `loop: …`"));
    }
    siblings(&place.to(key), nodes, problems);
}

/// Says what is wrong with nodes that stand beside each other.
fn siblings(place: &Place<'_>, nodes: &[NodeDef], problems: &mut Vec<Problem>) {
    let id = |node: &NodeDef| node.id.clone().or_else(|| node.name.clone());
    for (index, node) in nodes.iter().enumerate() {
        let at = place.item(index);
        if let Some(id) = id(node).filter(|name| nodes[..index].iter().any(|earlier| id(earlier).as_deref() == Some(name))) {
            let key = if node.id.is_some() { "id" } else { "name" };
            problems
                .push(at.at(key, "twice", format!("two nodes are called `{id}`")).hint("outputs and directories are found by this name"));
        }
        node_shape(&at, node, problems);
    }
}

fn node_shape(place: &Place<'_>, node: &NodeDef, problems: &mut Vec<Problem>) {
    if node.pipeline.is_some() {
        problems.push(place.later("pipeline", "a pipeline within a pipeline is"));
    }
    if node.termination.is_some() && node.runs.as_ref().is_some_and(|runs| runs.ending().is_some()) {
        problems.push(place.at_key("runs", "twice", "`termination` and `runs` both say when the node ends").hint("keep one of the two"));
    }
    match &node.parallel {
        None => {}
        Some(ParallelKey::Hint(_)) => {
            problems.push(place.at_key("parallel", "no-effect", "`parallel` has no effect here").hint("remove it").warning());
        }
        Some(ParallelKey::Block(block)) => {
            let place = place.to("parallel");
            if block.stages.is_some() && block.nodes.is_some() {
                problems.push(place.at_key("nodes", "twice", "`stages` and `nodes` mean the same").hint("keep one of the two"));
            }
            let (key, stages) = block.stages();
            siblings(&place.to(key), stages, problems);
        }
    }
    if node.guardrails.is_some() {
        problems.push(
            place
                .at_key("guardrails", "misplaced", "guardrails bound the whole session")
                .hint("move `guardrails` to the top level of the pipeline"),
        );
    }
    if node.loop_.is_some() && node.stage.is_some() {
        problems.push(place.at_key("stage", "twice", "`loop` and `stage` mean the same").hint("keep one of the two"));
    }
    match (node.uses(), &node.prompt) {
        (Some(_), Some(_)) => {
            problems
                .push(place.at_key("prompt", "twice", "a node has a loop or a prompt of its own, not both").hint("keep one of the two"));
        }
        (None, None) if !matches!(node.parallel, Some(ParallelKey::Block(_))) && node.pipeline.is_none() => {
            problems.push(place.here("no-prompt", "the node has neither a loop nor a prompt").hint("add `loop: <name>` or `prompt: |`"));
        }
        _ => {}
    }
}

/// Reports every variable of a template that will have no value. `text` lies in the document as a whole, or at `path`.
pub(super) fn template(document: &Document, path: Option<&Path>, text: &str, around: Around<'_>, problems: &mut Vec<Problem>) {
    let (whole, mut from) = (Path::default(), path.map_or(0, |path| yaml::start(document, path)));
    for variable in template::variables(text) {
        let written = format!("${{{}}}", variable.name);
        let offset = match path {
            None => variable.offset,
            // YAML may fold and escape the text, so look for the variable as it is written.
            Some(_) => document.text()[from..].find(&written).map_or(from, |found| from + found),
        };
        let span = offset..(offset + variable.width()).min(document.text().len());
        from = if path.is_some() { document.text().floor_char_boundary(span.end) } else { from };
        let problem = |code, message: String| document.spanning(span.clone(), path.unwrap_or(&whole), code, message);
        problems.extend(unusable(variable, around, problem));
    }
}

/// Reports every variable of a path that may not stand in one.
pub(super) fn path(document: &Document, path: &Path, text: &str, problems: &mut Vec<Problem>) {
    let known = template::variables(text).into_iter().filter(Variable::is_known);
    for Variable { name, .. } in known.filter(|variable| !template::IN_PATHS.contains(&variable.name)) {
        let problem = document.at(path, "bad-value", format!("`${{{name}}}` cannot stand in a path"));
        problems.push(problem.hint(format!("these can: `${{{}}}`", template::IN_PATHS.join("}`, `${"))));
    }
}

fn unusable(variable: Variable<'_>, around: Around<'_>, problem: impl Fn(&'static str, String) -> Problem) -> Option<Problem> {
    let name = variable.name;
    if !variable.is_known() {
        return Some(problem("unknown-variable", format!("unknown variable `${{{name}}}`")).hint(template::hint(name)));
    }
    if name == "PERSPECTIVE" && !around.perspectives {
        let problem = problem("no-perspectives", "`${PERSPECTIVE}` is empty here".to_owned());
        return Some(problem.hint("a node of a pipeline gives it a text for each iteration, with `perspectives`").warning());
    }
    let earlier = around.earlier?;
    match variable.input() {
        Some(node) if !earlier.iter().any(|id| id == node) => Some(around.no_such(node, problem)),
        None if name == "INPUTS" && earlier.is_empty() => {
            Some(problem("no-inputs", "the first node has no inputs: `${INPUTS}` is empty".into()).warning())
        }
        Some(_) | None => None,
    }
}

/// Warns of a prompt after which no agent could report, and of an ending that can never come.
pub(super) fn node(place: &Place<'_>, prompt: Option<&Document>, node: &Node, problems: &mut Vec<Problem>) {
    let names: Vec<_> = template::variables(&node.prompt).iter().map(|variable| variable.name).collect();
    if !names.iter().any(|name| ["STATUS", "CTX", "RESULT"].contains(name)) {
        let message = "the prompt never names `${STATUS}`, so its agents cannot say how it went";
        let problem = prompt
            .map_or_else(|| place.at("prompt", "no-status", message), |text| text.spanning(0..0, &Path::default(), "no-status", message));
        problems.push(problem.hint("end it with: write your decision as JSON to `${STATUS}`").warning());
    }
    if let Termination::Judgment { consensus, min_iterations } = node.termination
        && node.max_iterations < consensus.max(min_iterations)
    {
        let message = format!("at most {} iterations: too few for {consensus} agents to agree after {min_iterations}", node.max_iterations);
        problems.push(place.here("never-agrees", message).hint("raise the maximum, or lower `consensus` or `min_iterations`").warning());
    }
}
