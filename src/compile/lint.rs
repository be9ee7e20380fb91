//! Lints definitions that parse but are probably mistakes.
use super::definition::{LoopDef, NodeDef, ParallelKey, PipelineDef};
use super::diagnostics::{Diagnostics, Document, LintCode, Location, Path, Problem, Severity};
use super::legacy;
use super::scope::Scope;
use super::yaml::{self, MOST_PROBLEMS};
use crate::plan::Node;
use crate::plan::template::{self, Variable};
use std::collections::BTreeSet;

/// The most nodes of a pipeline: more are a mistake, and would produce unreadable output.
const MOST_NODES: usize = 1000;
/// Reported mistakes after which no more nodes are checked.
const MOST_TOLD: usize = 200;

/// Lints a loop on its own.
pub(super) fn loop_(document: &Document, def: &LoopDef, found_as: &str) {
    let location = Location::top(document);
    if let Some(name) = def.name.as_deref().filter(|name| *name != found_as) {
        let problem = location.at(
            "name",
            LintCode::OtherName,
            format!("the loop calls itself `{name}` but is found as `{found_as}`"),
        );
        location.report(
            problem
                .hint("the folder's name is the one that counts")
                .warning(),
        );
    }
    legacy::of_loop(document, def);
}

/// Lints a pipeline apart from its single nodes. Returns whether those should be compiled.
pub(super) fn pipeline(document: &Document, def: &PipelineDef) -> bool {
    let location = Location::top(document);
    if def.nodes.is_some() && def.stages.is_some() {
        document.report(
            location
                .at_key(
                    "stages",
                    LintCode::Twice,
                    "`nodes` and `stages` mean the same",
                )
                .hint("keep one of the two"),
        );
    }
    let (key, nodes) = def.nodes();
    let count = nodes.iter().map(agents).fold(0, usize::saturating_add);
    if !not_too_many(&location, key, count) {
        return false;
    }
    if nodes.is_empty() {
        document.report(
            location
                .here(LintCode::NoNodes, "the pipeline has no nodes")
                .hint("add `nodes:` with at least one `- id: …` and its `loop: …`"),
        );
    }
    siblings(&location.to(key), nodes);
    legacy::of_pipeline(document, def);
    true
}

/// Returns whether a pipeline may have so many nodes, and reports it if not.
pub(super) fn not_too_many(location: &Location<'_>, key: &str, count: usize) -> bool {
    if MOST_NODES < count {
        let problem = location.at(
            key,
            LintCode::TooMany,
            format!("the pipeline has {count} nodes, at most {MOST_NODES}"),
        );
        location
            .report(problem.hint("let one node run many iterations, or make several pipelines"));
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

/// Lints nodes of the same list.
fn siblings(location: &Location<'_>, nodes: &[NodeDef]) {
    let id = |node: &NodeDef| node.id.clone().or_else(|| node.name.clone());
    for (index, node) in nodes.iter().enumerate() {
        let at = location.item(index);
        if let Some(id) = id(node).filter(|name| {
            nodes[..index]
                .iter()
                .any(|earlier| id(earlier).as_deref() == Some(name))
        }) {
            let key = if node.id.is_some() { "id" } else { "name" };
            location.report(
                at.at(
                    key,
                    LintCode::DuplicateId,
                    format!("two nodes are called `{id}`"),
                )
                .hint("outputs and directories are found by this name"),
            );
        }
        if too_many_reported(location.diagnostics()) {
            return;
        }
        node_shape(&at, node);
    }
}

/// Whether so many mistakes are reported that checking stops: locating each one reads the whole file.
pub(super) fn too_many_reported(diagnostics: &Diagnostics) -> bool {
    MOST_TOLD <= diagnostics.count()
}

/// Reports that the remaining nodes were not checked.
pub(super) fn report_unread_nodes(document: &Document) {
    let message = format!(
        "there are more mistakes than these {}; the rest of the nodes was not looked at",
        document.diagnostics().count()
    );
    document.report(document.spanning(0..0, &Path::default(), LintCode::TooMany, message));
}

fn node_shape(location: &Location<'_>, node: &NodeDef) {
    if node.termination.is_some()
        && node
            .runs
            .as_ref()
            .is_some_and(|runs| runs.ending().is_some())
    {
        location.report(
            location
                .at_key(
                    "runs",
                    LintCode::Twice,
                    "`termination` and `runs` both say when the node ends",
                )
                .hint("keep one of the two"),
        );
    }
    match &node.parallel {
        None => {}
        Some(ParallelKey::Hint(_)) => {
            location.report(
                location
                    .at_key(
                        "parallel",
                        LintCode::NoEffect,
                        "`parallel` has no effect here",
                    )
                    .hint("remove it")
                    .warning(),
            );
        }
        Some(ParallelKey::Block(block)) => {
            let location = location.to("parallel");
            if block.stages.is_some() && block.nodes.is_some() {
                location.report(
                    location
                        .at_key(
                            "nodes",
                            LintCode::Twice,
                            "`stages` and `nodes` mean the same",
                        )
                        .hint("keep one of the two"),
                );
            }
            let (key, stages) = block.stages();
            siblings(&location.to(key), stages);
        }
    }
    if node.guardrails.is_some() {
        location.report(
            location
                .at_key(
                    "guardrails",
                    LintCode::Misplaced,
                    "guardrails bound the whole session",
                )
                .hint("move `guardrails` to the top level of the pipeline"),
        );
    }
    if node.loop_.is_some() && node.stage.is_some() {
        location.report(
            location
                .at_key("stage", LintCode::Twice, "`loop` and `stage` mean the same")
                .hint("keep one of the two"),
        );
    }
    match (node.uses(), &node.prompt) {
        (Some(_), Some(_)) => {
            location.report(
                location
                    .at_key(
                        "prompt",
                        LintCode::Twice,
                        "a node has a loop or a prompt of its own, not both",
                    )
                    .hint("keep one of the two"),
            );
        }
        (None, None)
            if !matches!(node.parallel, Some(ParallelKey::Block(_))) && node.pipeline.is_none() =>
        {
            location.report(
                location
                    .here(
                        LintCode::NoPrompt,
                        "the node has neither a loop nor a prompt",
                    )
                    .hint("add `loop: <name>` or `prompt: |`"),
            );
        }
        _ => {}
    }
}

/// Reports every variable of a template that will have no value. `text` is the whole document, or the value at `path`.
pub(super) fn template(document: &Document, path: Option<&Path>, text: &str, scope: Scope<'_>) {
    let (whole, mut from) = (
        Path::default(),
        path.map_or(0, |path| yaml::start(document, path)),
    );
    let (variables, before) = (template::variables(text), document.diagnostics().count());
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
        unusable(variable, scope, problem)
            .into_iter()
            .for_each(|problem| document.report(problem));
        if document.diagnostics().count() - before == MOST_PROBLEMS {
            break;
        }
    }
    let more = format!("more variables have no value than the {MOST_PROBLEMS} that are shown");
    match worst(variables, scope) {
        None => {}
        Some(Severity::Error) => {
            document.report(document.spanning(0..0, &whole, LintCode::TooMany, more));
        }
        Some(Severity::Warning) => {
            document.report(
                document
                    .spanning(0..0, &whole, LintCode::TooMany, more)
                    .warning(),
            );
        }
    }
}

/// Returns the highest severity among the variables that are not reported one by one.
fn worst<'a>(rest: impl Iterator<Item = Variable<'a>>, scope: Scope<'_>) -> Option<Severity> {
    let (mut names, mut worst) = (BTreeSet::new(), None);
    for variable in rest.filter(|variable| names.insert(variable.name)) {
        let severity = unusable(variable, scope, Problem::nowhere).map(|problem| problem.severity);
        if severity == Some(Severity::Error) {
            return severity;
        }
        worst = worst.or(severity);
    }
    worst
}

/// Reports every variable that is not allowed in a path.
pub(super) fn path(document: &Document, path: &Path, text: &str) {
    let known = template::variables(text)
        .into_iter()
        .filter(Variable::is_known);
    for Variable { name, .. } in
        known.filter(|variable| !template::IN_PATHS.contains(&variable.name))
    {
        let problem = document.at(
            path,
            LintCode::BadValue,
            format!("`${{{name}}}` cannot stand in a path"),
        );
        document.report(problem.hint(format!(
            "these can: `${{{}}}`",
            template::IN_PATHS.join("}`, `${")
        )));
    }
}

fn unusable(
    variable: Variable<'_>,
    scope: Scope<'_>,
    problem: impl Fn(LintCode, String) -> Problem,
) -> Option<Problem> {
    let name = variable.name;
    if !variable.is_known() {
        return Some(
            problem(
                LintCode::UnknownVariable,
                format!("unknown variable `${{{name}}}`"),
            )
            .hint(template::hint(name)),
        );
    }
    if name == "PERSPECTIVE" && !scope.perspectives {
        let problem = problem(
            LintCode::NoPerspectives,
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
    let Some(earlier) = scope.earlier else {
        let problem = variable.input().map(|_| {
            problem(
                LintCode::NoInputs,
                format!("`${{{name}}}` holds nothing when the loop runs by itself"),
            )
        })?;
        return Some(problem.hint("only a pipeline has nodes before it; `${INPUTS}` is whatever the node before wrote").warning());
    };
    match variable.input() {
        Some(node) if !earlier.iter().any(|id| id == node) && !scope.may_come(node) => {
            Some(scope.no_such(node, problem))
        }
        None if name == "INPUTS" && earlier.is_empty() => Some(
            problem(
                LintCode::NoInputs,
                "the first node has no inputs: `${INPUTS}` is empty".into(),
            )
            .warning(),
        ),
        Some(_) | None => None,
    }
}

/// Warns about a prompt that does not ask for a status, and a termination that cannot be reached.
pub(super) fn node(location: &Location<'_>, prompt: Option<&Document>, node: &Node) {
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
            || location.at("prompt", LintCode::NoStatus, message),
            |text| text.spanning(0..0, &Path::default(), LintCode::NoStatus, message),
        );
        location.report(
            problem
                .hint("end it with: write your decision as JSON to `${STATUS}`")
                .warning(),
        );
    }
    for unreachable in node.termination.unreachable(node.max_iterations) {
        location.report(
            location
                .here(LintCode::NeverAgrees, unreachable.reason)
                .hint(unreachable.hint)
                .warning(),
        );
    }
}
