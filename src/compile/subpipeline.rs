//! `pipeline:`: the nodes of another pipeline in the place of one, as often as that runs.
use super::definition::{GuardrailsDef, NodeDef, PipelineDef};
use super::diagnostics::{Document, Place, Problem};
use super::lint;
use super::node::{self, Seat};
use super::runs::MOST_RUNS;
use super::steps::{Made, Steps};
use super::yaml;
use crate::model::NodeId;
use crate::plan::{Node, SettingOrigin, Step, suggest, template};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Pipelines within the one that is compiled.
#[derive(Debug)]
pub(super) struct Nested {
    /// By name: read once, however many nodes use them.
    made: RefCell<BTreeMap<String, Option<Rc<Pipeline>>>>,
    /// The names of those that are being made, each within the one before it.
    within: RefCell<Vec<String>>,
}

/// A pipeline by itself.
#[derive(Debug)]
struct Pipeline {
    steps: Vec<Made>,
    runs: u32,
}

impl Nested {
    pub(super) fn within(name: &str) -> Self {
        Self {
            made: RefCell::default(),
            within: RefCell::new(vec![name.to_owned()]),
        }
    }
}

/// Makes the steps of a node that is a pipeline; each is called after the node and what it is called in its pipeline.
pub(super) fn steps(
    steps: &Steps<'_>,
    seat: &Seat<'_>,
    def: &NodeDef,
    name: &str,
    problems: &mut Vec<Problem>,
) -> Option<Vec<Made>> {
    let id = node::id(seat, def, problems);
    misplaced(seat, def, problems);
    let inner = found(steps, &seat.place, name, problems)?;
    let times = def.times().unwrap_or(inner.runs);
    if !(1..=MOST_RUNS).contains(&times) {
        problems.push(seat.place.at(
            "runs",
            "bad-value",
            format!("`runs` must be between 1 and {MOST_RUNS}"),
        ));
        return None;
    }
    let count = inner
        .steps
        .iter()
        .flat_map(|(step, _)| step.all_nodes())
        .count()
        .saturating_mul(times as usize);
    if !lint::not_too_many(&seat.place, "pipeline", count, problems) {
        return None;
    }
    let id = id?;
    let prefixes = (1..=times).map(|run| {
        if times == 1 {
            format!("{id}-")
        } else {
            format!("{id}-{run}-")
        }
    });
    let mut all = Vec::new();
    for prefix in prefixes {
        let names = inner.steps.iter().map(|(step, _)| {
            Some((
                step.id().to_string(),
                format!("{prefix}{}", step.id()).parse().ok()?,
            ))
        });
        let Some(names) = names.collect::<Option<BTreeMap<String, NodeId>>>() else {
            problems.push(seat.place.at(
                "pipeline",
                "bad-name",
                format!("`{prefix}` before the names of its nodes makes them too long"),
            ));
            return None;
        };
        all.extend(
            inner
                .steps
                .iter()
                .cloned()
                .map(|made| called(made, &names, &prefix)),
        );
    }
    for node in all.iter_mut().flat_map(|(step, _)| step.all_nodes_mut()) {
        let outer = seat
            .pipeline
            .into_iter()
            .flat_map(|(_, outer)| &outer.commands);
        for (name, command) in def.commands.iter().chain(outer) {
            node.commands
                .entry(name.clone())
                .or_insert_with(|| command.clone());
        }
    }
    Some(all)
}

/// Reads the pipeline, unless that has been done.
fn found(
    steps: &Steps<'_>,
    place: &Place<'_>,
    name: &str,
    problems: &mut Vec<Problem>,
) -> Option<Rc<Pipeline>> {
    let nested = &steps.nested;
    let circle = nested
        .within
        .borrow()
        .iter()
        .position(|outer| outer == name)
        .map(|at| nested.within.borrow()[at..].join("` → `"));
    if let Some(circle) = circle {
        let problem = place.at(
            "pipeline",
            "cycle",
            format!("pipeline `{name}` runs within itself: `{circle}` → `{name}`"),
        );
        problems
            .push(problem.hint("a pipeline that runs itself never ends: say `runs` to repeat one"));
        return None;
    }
    if let Some(made) = nested.made.borrow().get(name) {
        return made.clone();
    }
    let text = match steps.source.pipelines.get(name) {
        Some(Ok(text)) => text,
        Some(Err(reason)) => {
            problems.push(place.at(
                "pipeline",
                "unreadable-pipeline",
                format!("pipeline `{name}` cannot be used: {reason}"),
            ));
            return None;
        }
        None => {
            let known = steps.source.known_pipelines.iter().map(String::as_str);
            let problem = place.at(
                "pipeline",
                "unknown-pipeline",
                format!("there is no pipeline `{name}`"),
            );
            problems.push(problem.hint(suggest::hint(name, known)));
            return None;
        }
    };
    let document = Document::new(&text.file, &text.text).of_pipeline();
    nested.within.borrow_mut().push(name.to_owned());
    let made = pipeline(steps, &document, place, name, problems).map(Rc::new);
    nested.within.borrow_mut().pop();
    nested
        .made
        .borrow_mut()
        .insert(name.to_owned(), made.clone());
    made
}

fn pipeline(
    steps: &Steps<'_>,
    document: &Document,
    place: &Place<'_>,
    name: &str,
    problems: &mut Vec<Problem>,
) -> Option<Pipeline> {
    let def: PipelineDef = yaml::read(document, problems)?;
    let mut inner = Vec::new();
    let made = if lint::pipeline(document, &def, &mut inner) {
        steps.of(document, &def, &mut inner)
    } else {
        None
    };
    // Its first node gets what stands before the pipeline.
    problems.extend(
        inner
            .into_iter()
            .filter(|problem| problem.code != "no-inputs"),
    );
    for (key, said) in [
        ("guardrails", def.guardrails != GuardrailsDef::default()),
        ("inputs", !def.inputs.is_empty()),
    ] {
        if said {
            let problem = place.at(
                "pipeline",
                "no-effect",
                format!("`{key}` of pipeline `{name}` are for a session of its own, not this one"),
            );
            problems.push(
                problem
                    .hint(format!("say `{key}` at the top level of this pipeline"))
                    .warning(),
            );
        }
    }
    Some(Pipeline {
        steps: made?,
        runs: def.runs.unwrap_or(1),
    })
}

/// What is said of the pipeline's own nodes belongs there.
fn misplaced(seat: &Seat<'_>, def: &NodeDef, problems: &mut Vec<Problem>) {
    let times = def.times().is_some();
    for key in def
        .says_of_one()
        .filter(|key| *key != "commands" && !(*key == "runs" && times))
    {
        let problem = seat.place.at_key(
            key,
            "misplaced",
            format!("`{key}` belongs to the nodes of the pipeline"),
        );
        problems.push(problem.hint("a node that is a pipeline says `id`, `runs` and `commands`"));
    }
    if def.parallel.is_some() {
        problems.push(
            seat.place
                .at_key(
                    "parallel",
                    "twice",
                    "a node is a pipeline or a block, not both",
                )
                .hint("keep one of the two"),
        );
    }
}

/// Calls a step otherwise, and what it refers to.
fn called((mut step, said): Made, names: &BTreeMap<String, NodeId>, prefix: &str) -> Made {
    refer(&mut step, names);
    if let Some(name) = names.get(step.id().as_str()) {
        match &mut step {
            Step::Node(node) => node.id = name.clone(),
            Step::Block(block) => block.id = name.clone(),
        }
    }
    let said = said
        .into_iter()
        .map(|said| SettingOrigin {
            setting: format!("{prefix}{}", said.setting),
            ..said
        })
        .collect();
    (step, said)
}

/// Lets what refers to nodes by these names refer to those that have their place.
pub(super) fn refer(step: &mut Step, names: &BTreeMap<String, NodeId>) {
    if names.is_empty() {
        return;
    }
    match step {
        Step::Node(node) => refer_from(node, names),
        Step::Block(block) => {
            for branch in &mut block.branches {
                // A stage of the branch hides a node of its name outside.
                let own: Vec<NodeId> = branch.nodes.iter().map(|node| node.id.clone()).collect();
                let names = names
                    .iter()
                    .filter(|(name, _)| !own.iter().any(|own| own.as_str() == name.as_str()));
                let names = names.map(|(name, id)| (name.clone(), id.clone())).collect();
                branch
                    .nodes
                    .iter_mut()
                    .for_each(|node| refer_from(node, &names));
            }
        }
    }
}

fn refer_from(node: &mut Node, names: &BTreeMap<String, NodeId>) {
    if let Some(from) = &mut node.from {
        from.node = names.get(from.node.as_str()).unwrap_or(&from.node).clone();
    }
    for from in &mut node.from_parallel {
        from.block = names
            .get(from.block.as_str())
            .unwrap_or(&from.block)
            .clone();
    }
    node.prompt = template::refer(&node.prompt, &|name| names.get(name).map(NodeId::as_str));
}
