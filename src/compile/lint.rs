//! Finds what can be read but cannot be meant.
use super::compiler::Loaded;
use super::definition::{NodeDef, ParallelKey, PipelineDef};
use super::diagnostics::{Document, Path, Place, Problem, Severity};
use super::inputs::Around;
use super::legacy;
use super::yaml::{self, MOST_PROBLEMS};
use crate::plan::Node;
use crate::plan::template::{self, Variable};
use std::collections::BTreeSet;

/// Nodes of a pipeline; more were never meant, and their mistakes could not be read.
const MOST_NODES: usize = 1000;
/// Mistakes of a pipeline after which no more of its nodes are looked at.
const MOST_TOLD: usize = 200;

/// Says what is odd about a loop by itself.
pub(super) fn loop_(loaded: &Loaded<'_>, problems: &mut Vec<Problem>) {
    let (place, def) = (Place::top(&loaded.document), &loaded.def);
    if let Some(name) = def
        .name
        .as_deref()
        .filter(|name| *name != loaded.source.name)
    {
        let problem = place.at(
            "name",
            "other-name",
            format!(
                "the loop calls itself `{name}` but is found as `{}`",
                loaded.source.name
            ),
        );
        problems.push(
            problem
                .hint("the folder's name is the one that counts")
                .warning(),
        );
    }
    legacy::of_loop(&loaded.document, def, problems);
}

/// Says what is wrong with a pipeline apart from its single nodes, and whether those are worth a look.
pub(super) fn pipeline(
    document: &Document,
    def: &PipelineDef,
    problems: &mut Vec<Problem>,
) -> bool {
    let place = Place::top(document);
    if def.nodes.is_some() && def.stages.is_some() {
        problems.push(
            place
                .at_key("stages", "twice", "`nodes` and `stages` mean the same")
                .hint("keep one of the two"),
        );
    }
    let (key, nodes) = def.nodes();
    let count = nodes.iter().map(agents).fold(0, usize::saturating_add);
    if !not_too_many(&place, key, count, problems) {
        return false;
    }
    if nodes.is_empty() {
        problems.push(
            place
                .here("no-nodes", "the pipeline has no nodes")
                .hint("add `nodes:` with at least one `- id: …` and its `loop: …`"),
        );
    }
    siblings(&place.to(key), nodes, problems);
    legacy::of_pipeline(document, def, problems);
    true
}

/// Says whether a pipeline may have so many nodes; if not, what to do.
pub(super) fn not_too_many(
    place: &Place<'_>,
    key: &str,
    count: usize,
    problems: &mut Vec<Problem>,
) -> bool {
    if MOST_NODES < count {
        let problem = place.at(
            key,
            "too-many",
            format!("the pipeline has {count} nodes, at most {MOST_NODES}"),
        );
        problems.push(problem.hint("let one node run many iterations, or make several pipelines"));
    }
    count <= MOST_NODES
}

/// Returns one, or of a block the number of nodes in all its branches.
fn agents(node: &NodeDef) -> usize {
    match &node.parallel {
        Some(ParallelKey::Block(block)) => {
            block.providers.len().saturating_mul(block.stages().1.len())
        }
        Some(ParallelKey::Hint(_)) | None => 1,
    }
}

/// Says what is wrong with nodes that stand beside each other.
fn siblings(place: &Place<'_>, nodes: &[NodeDef], problems: &mut Vec<Problem>) {
    let id = |node: &NodeDef| node.id.clone().or_else(|| node.name.clone());
    for (index, node) in nodes.iter().enumerate() {
        let at = place.item(index);
        if let Some(id) = id(node).filter(|name| {
            nodes[..index]
                .iter()
                .any(|earlier| id(earlier).as_deref() == Some(name))
        }) {
            let key = if node.id.is_some() { "id" } else { "name" };
            problems.push(
                at.at(key, "duplicate-id", format!("two nodes are called `{id}`"))
                    .hint("outputs and directories are found by this name"),
            );
        }
        if enough(problems) {
            return;
        }
        node_shape(&at, node, problems);
    }
}

/// Tells whether more mistakes were found than anybody reads: to find a place takes a look at the whole file.
pub(super) fn enough(problems: &[Problem]) -> bool {
    MOST_TOLD <= problems.len()
}

/// Says that not everything was looked at.
pub(super) fn not_all(document: &Document, problems: &mut Vec<Problem>) {
    let message = format!(
        "there are more mistakes than these {}; the rest of the nodes was not looked at",
        problems.len()
    );
    problems.push(document.spanning(0..0, &Path::default(), "too-many", message));
}

fn node_shape(place: &Place<'_>, node: &NodeDef, problems: &mut Vec<Problem>) {
    if node.termination.is_some()
        && node
            .runs
            .as_ref()
            .is_some_and(|runs| runs.ending().is_some())
    {
        problems.push(
            place
                .at_key(
                    "runs",
                    "twice",
                    "`termination` and `runs` both say when the node ends",
                )
                .hint("keep one of the two"),
        );
    }
    match &node.parallel {
        None => {}
        Some(ParallelKey::Hint(_)) => {
            problems.push(
                place
                    .at_key("parallel", "no-effect", "`parallel` has no effect here")
                    .hint("remove it")
                    .warning(),
            );
        }
        Some(ParallelKey::Block(block)) => {
            let place = place.to("parallel");
            if block.stages.is_some() && block.nodes.is_some() {
                problems.push(
                    place
                        .at_key("nodes", "twice", "`stages` and `nodes` mean the same")
                        .hint("keep one of the two"),
                );
            }
            let (key, stages) = block.stages();
            siblings(&place.to(key), stages, problems);
        }
    }
    if node.guardrails.is_some() {
        problems.push(
            place
                .at_key(
                    "guardrails",
                    "misplaced",
                    "guardrails bound the whole session",
                )
                .hint("move `guardrails` to the top level of the pipeline"),
        );
    }
    if node.loop_.is_some() && node.stage.is_some() {
        problems.push(
            place
                .at_key("stage", "twice", "`loop` and `stage` mean the same")
                .hint("keep one of the two"),
        );
    }
    match (node.uses(), &node.prompt) {
        (Some(_), Some(_)) => {
            problems.push(
                place
                    .at_key(
                        "prompt",
                        "twice",
                        "a node has a loop or a prompt of its own, not both",
                    )
                    .hint("keep one of the two"),
            );
        }
        (None, None)
            if !matches!(node.parallel, Some(ParallelKey::Block(_))) && node.pipeline.is_none() =>
        {
            problems.push(
                place
                    .here("no-prompt", "the node has neither a loop nor a prompt")
                    .hint("add `loop: <name>` or `prompt: |`"),
            );
        }
        _ => {}
    }
}

/// Reports every variable of a template that will have no value. `text` lies in the document as a whole, or at `path`.
pub(super) fn template(
    document: &Document,
    path: Option<&Path>,
    text: &str,
    around: Around<'_>,
    problems: &mut Vec<Problem>,
) {
    let (whole, mut from) = (
        Path::default(),
        path.map_or(0, |path| yaml::start(document, path)),
    );
    let (variables, before) = (template::variables(text), problems.len());
    let mut variables = variables.into_iter();
    for variable in variables.by_ref() {
        let written = format!("${{{}}}", variable.name);
        let offset = match path {
            None => variable.offset,
            // YAML may fold and escape the text, so look for the variable as it is written.
            Some(_) => document.text()[from..]
                .find(&written)
                .map_or(from, |found| from + found),
        };
        let span = offset..(offset + variable.width()).min(document.text().len());
        from = if path.is_some() {
            document.text().floor_char_boundary(span.end)
        } else {
            from
        };
        let problem = |code, message: String| {
            document.spanning(span.clone(), path.unwrap_or(&whole), code, message)
        };
        problems.extend(unusable(variable, around, problem));
        if problems.len() - before == MOST_PROBLEMS {
            break;
        }
    }
    let more = format!("more variables have no value than the {MOST_PROBLEMS} that are shown");
    match worst(variables, around) {
        None => {}
        Some(Severity::Error) => problems.push(document.spanning(0..0, &whole, "too-many", more)),
        Some(Severity::Warning) => {
            problems.push(document.spanning(0..0, &whole, "too-many", more).warning())
        }
    }
}

/// Returns the worst that can be said of the rest of a template's variables, whose places nobody would read any more.
fn worst<'a>(rest: impl Iterator<Item = Variable<'a>>, around: Around<'_>) -> Option<Severity> {
    let (mut names, mut worst) = (BTreeSet::new(), None);
    for variable in rest.filter(|variable| names.insert(variable.name)) {
        let severity = unusable(variable, around, Problem::nowhere).map(|problem| problem.severity);
        if severity == Some(Severity::Error) {
            return severity;
        }
        worst = worst.or(severity);
    }
    worst
}

/// Reports every variable of a path that may not stand in one.
pub(super) fn path(document: &Document, path: &Path, text: &str, problems: &mut Vec<Problem>) {
    let known = template::variables(text)
        .into_iter()
        .filter(Variable::is_known);
    for Variable { name, .. } in
        known.filter(|variable| !template::IN_PATHS.contains(&variable.name))
    {
        let problem = document.at(
            path,
            "bad-value",
            format!("`${{{name}}}` cannot stand in a path"),
        );
        problems.push(problem.hint(format!(
            "these can: `${{{}}}`",
            template::IN_PATHS.join("}`, `${")
        )));
    }
}

fn unusable(
    variable: Variable<'_>,
    around: Around<'_>,
    problem: impl Fn(&'static str, String) -> Problem,
) -> Option<Problem> {
    let name = variable.name;
    if !variable.is_known() {
        return Some(
            problem(
                "unknown-variable",
                format!("unknown variable `${{{name}}}`"),
            )
            .hint(template::hint(name)),
        );
    }
    if name == "PERSPECTIVE" && !around.perspectives {
        let problem = problem(
            "no-perspectives",
            "`${PERSPECTIVE}` is empty here".to_owned(),
        );
        return Some(
            problem
                .hint(
                    "a node of a pipeline gives it a text for each iteration, with `perspectives`",
                )
                .warning(),
        );
    }
    let Some(earlier) = around.earlier else {
        let problem = variable.input().map(|_| {
            problem(
                "no-inputs",
                format!("`${{{name}}}` holds nothing when the loop runs by itself"),
            )
        })?;
        return Some(problem.hint("only a pipeline has nodes before it; `${INPUTS}` is whatever the node before wrote").warning());
    };
    match variable.input() {
        Some(node) if !earlier.iter().any(|id| id == node) && !around.may_come(node) => {
            Some(around.no_such(node, problem))
        }
        None if name == "INPUTS" && earlier.is_empty() => Some(
            problem(
                "no-inputs",
                "the first node has no inputs: `${INPUTS}` is empty".into(),
            )
            .warning(),
        ),
        Some(_) | None => None,
    }
}

/// Warns of a prompt after which no agent could report, and of an ending that can never come.
pub(super) fn node(
    place: &Place<'_>,
    prompt: Option<&Document>,
    node: &Node,
    problems: &mut Vec<Problem>,
) {
    let names: Vec<_> = template::variables(&node.prompt)
        .iter()
        .map(|variable| variable.name)
        .collect();
    if !names
        .iter()
        .any(|name| ["STATUS", "CTX", "RESULT"].contains(name))
    {
        let message = "the prompt never names `${STATUS}`, so its agents cannot say how it went";
        let problem = prompt.map_or_else(
            || place.at("prompt", "no-status", message),
            |text| text.spanning(0..0, &Path::default(), "no-status", message),
        );
        problems.push(
            problem
                .hint("end it with: write your decision as JSON to `${STATUS}`")
                .warning(),
        );
    }
    for unreachable in node.termination.unreachable(node.max_iterations) {
        problems.push(
            place
                .here("never-agrees", unreachable.reason)
                .hint(unreachable.hint)
                .warning(),
        );
    }
}
