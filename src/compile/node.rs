//! Makes one node of a plan from what its pipeline, its loop and the command line say.
use super::agent::{self, Layer};
use super::compiler::Loaded;
use super::definition::{JudgeDef, LoopDef, NodeDef, PipelineDef, QueueDef, Span, TerminationDef};
use super::diagnostics::{Document, Place, Problem};
use super::inputs::{self, Around};
use super::lint;
use super::overrides::Overrides;
use super::perspectives;
use super::provenance;
use super::queue;
use super::sources::Request;
use super::termination::{self, Ending};
use crate::model::NodeId;
use crate::plan::{ClaimBy, Node, QueueSpec, SettingOrigin};
use crate::termination::Termination;
use std::collections::BTreeMap;

/// Iterations a node may take, unless said otherwise.
const MAX_ITERATIONS: u32 = 25;
const DELAY_MS: u64 = 3000;
const RUNS_ZERO: &str = "`runs` must be at least 1";

/// Everything around a node.
#[derive(Debug)]
pub(super) struct Seat<'a> {
    pub(super) request: &'a Request,
    pub(super) overrides: &'a Overrides,
    /// Where the node is written.
    pub(super) place: Place<'a>,
    pub(super) pipeline: Option<(&'a Document, &'a PipelineDef)>,
    pub(super) around: Around<'a>,
    /// What the provider of a parallel block says, over its stages.
    pub(super) branch: Option<Layer<'a>>,
}

/// Makes the only node of a loop run by itself.
pub(super) fn of_loop(
    seat: &Seat<'_>,
    loaded: &Loaded<'_>,
    problems: &mut Vec<Problem>,
) -> Option<(Node, Vec<SettingOrigin>)> {
    make(
        seat,
        &loaded.source.name,
        &NodeDef::default(),
        Some(loaded),
        problems,
    )
}

/// Makes a node of a pipeline.
pub(super) fn of_node(
    seat: &Seat<'_>,
    def: &NodeDef,
    loaded: Option<&Loaded<'_>>,
    problems: &mut Vec<Problem>,
) -> Option<(Node, Vec<SettingOrigin>)> {
    let id = def.id.as_deref().or(def.name.as_deref());
    if id.is_none() {
        problems.push(
            seat.place
                .here("no-id", "the node has no `id`")
                .hint("add `id: <name>`: its outputs and directory are found by it"),
        );
    }
    make(seat, id.unwrap_or("node"), def, loaded, problems)
}

fn make(
    seat: &Seat<'_>,
    id: &str,
    def: &NodeDef,
    loaded: Option<&Loaded<'_>>,
    problems: &mut Vec<Problem>,
) -> Option<(Node, Vec<SettingOrigin>)> {
    let empty = LoopDef::default();
    let loop_def = loaded.map_or(&empty, |loaded| &loaded.def);
    let id = named(seat, id, def, problems);
    let agent = agent::resolve(
        &layers(seat, def, loaded),
        loop_def,
        &seat.overrides.providers,
        problems,
    );
    let ending = ending(seat, def, loaded, problems);
    let from = def
        .inputs
        .as_ref()
        .and_then(|inputs| inputs::read(seat, inputs, problems));
    let from_parallel = def
        .inputs
        .as_ref()
        .map(|inputs| inputs::parallel(seat, inputs, problems))
        .unwrap_or_default();
    let prompt = prompt(seat, def, loaded, problems);
    let output_path = output_path(seat, def, loaded, problems);
    let perspectives = perspectives::read(&seat.place, def, problems);
    let defaults = seat.pipeline.map(|(_, pipeline)| &pipeline.defaults);
    let context = context(seat, def, loop_def);
    let mut queue = queue(
        seat,
        loaded,
        ending.as_ref().map(|ending| &ending.termination),
        problems,
    );
    if ending.is_none() && def.times() == Some(0) {
        problems.push(seat.place.at("runs", "bad-value", RUNS_ZERO));
    }
    let Ending {
        termination,
        max,
        judge,
        empty_is_done,
    } = ending?;
    queue
        .iter_mut()
        .for_each(|queue| queue.empty_is_done = empty_is_done);
    let max = max.or(usual_count(seat, &termination));
    let max_iterations = max_iterations(seat, def, loaded, max, problems);
    let node = Node {
        id: id?,
        template: loaded.map_or_else(String::new, |loaded| loaded.source.name.clone()),
        description: def
            .description
            .clone()
            .or_else(|| loop_def.description.clone())
            .unwrap_or_default(),
        agent,
        prompt: prompt?,
        max_iterations,
        delay_ms: seat
            .overrides
            .delay_ms
            .or(def
                .delay
                .or(loop_def.delay)
                .or(defaults.and_then(|said| said.delay))
                .map(Span::millis))
            .unwrap_or(DELAY_MS),
        check_before: def
            .check_before
            .or(loop_def.check_before)
            .unwrap_or(termination.asks_queue()),
        termination,
        queue,
        judge,
        output_path,
        context,
        perspectives,
        from,
        from_parallel,
        commands: commands(seat, def, loop_def),
    };
    perspectives::check(
        &seat.place,
        &node.perspectives,
        node.max_iterations,
        problems,
    );
    lint::node(
        &seat.place,
        loaded.and_then(|loaded| loaded.prompt.as_ref()),
        &node,
        problems,
    );
    let said = provenance::of_node(seat, def, loop_def, &node);
    Some((node, said))
}

/// Reads the id of a node or a block.
pub(super) fn id(seat: &Seat<'_>, def: &NodeDef, problems: &mut Vec<Problem>) -> Option<NodeId> {
    let id = def.id.as_deref().or(def.name.as_deref());
    if id.is_none() {
        problems.push(
            seat.place
                .here("no-id", "the node has no `id`")
                .hint("add `id: <name>`: its outputs and directory are found by it"),
        );
    }
    named(seat, id?, def, problems)
}

fn named(seat: &Seat<'_>, id: &str, def: &NodeDef, problems: &mut Vec<Problem>) -> Option<NodeId> {
    let key = if def.id.is_some() { "id" } else { "name" };
    id.parse()
        .map_err(|invalid: crate::model::InvalidName| {
            problems.push(seat.place.at(key, "bad-name", invalid.to_string()))
        })
        .ok()
}

/// Weakest first.
fn layers<'a>(seat: &Seat<'a>, def: &'a NodeDef, loaded: Option<&'a Loaded<'_>>) -> Vec<Layer<'a>> {
    let layer = |place, provider: &'a Option<String>, model: &'a Option<String>| Layer {
        place,
        provider: provider.as_deref(),
        model: model.as_deref(),
        program: None,
        args: &[],
        fallback: None,
        permissions: None,
        keep_env: None,
    };
    let over = seat.overrides;
    let defaults = seat
        .pipeline
        .map(|(document, pipeline)| (Place::top(document).to("defaults"), &pipeline.defaults))
        .map(|(place, said)| Layer {
            fallback: said.fallback.as_deref(),
            ..layer(place, &said.provider, &said.model)
        });
    let own = loaded.map(|Loaded { document, def, .. }| Layer {
        program: def.program.as_deref(),
        args: &def.args,
        fallback: def.fallback.as_deref(),
        permissions: def.permissions.as_deref(),
        keep_env: def.keep_env,
        ..layer(Place::top(document), &def.provider, &def.model)
    });
    let node = seat.pipeline.map(|_| Layer {
        fallback: def.fallback.as_deref(),
        ..layer(seat.place.clone(), &def.provider, &def.model)
    });
    let flags = Layer {
        program: over.program.as_deref(),
        permissions: over.permissions.as_deref(),
        keep_env: over.keep_env,
        ..layer(Place::Flag, &over.provider, &over.model)
    };
    [defaults, own, node, seat.branch.clone(), Some(flags)]
        .into_iter()
        .flatten()
        .collect()
}

fn ending(
    seat: &Seat<'_>,
    def: &NodeDef,
    loaded: Option<&Loaded<'_>>,
    problems: &mut Vec<Problem>,
) -> Option<Ending> {
    let own = &seat.overrides.providers;
    // What its loop does not say, a node may; then the loop is not to blame.
    let said = def.ends().is_some() || def.completion.is_some();
    let of_loop = match loaded {
        Some(Loaded { document, def, .. }) if !said => Some(termination::of_loop(
            &Place::top(document),
            def,
            own,
            problems,
        )?),
        Some(Loaded { document, def, .. }) => {
            termination::of_loop(&Place::top(document), def, own, &mut Vec::new())
        }
        None => None,
    };
    let mut ending = termination::of_node(&seat.place, def, of_loop.as_ref(), own, problems)?;
    if let Some(judge) = ending
        .judge
        .as_mut()
        .filter(|_| usual_judge(seat, def, loaded.map(|loaded| &loaded.def)))
    {
        let Overrides {
            judge_provider,
            judge_model,
            ..
        } = seat.overrides.clone();
        let usual = JudgeDef {
            provider: judge_provider,
            model: judge_model,
            program: None,
        };
        *judge = termination::who_judges(Place::Flag, &usual, own, problems);
    }
    Some(ending)
}

/// Whether the environment says who judges, and no definition does.
pub(super) fn usual_judge(seat: &Seat<'_>, def: &NodeDef, loop_def: Option<&LoopDef>) -> bool {
    let said = seat.overrides.judge_provider.is_some() || seat.overrides.judge_model.is_some();
    let in_loop = loop_def.and_then(|def| def.termination.as_ref());
    said && !def
        .ends()
        .map(|(_, ends)| ends)
        .into_iter()
        .chain(in_loop)
        .any(TerminationDef::names_judge)
}

/// How many iterations the environment gives to a `fixed` termination that does not say.
fn usual_count(seat: &Seat<'_>, termination: &Termination) -> Option<u32> {
    seat.overrides
        .fixed_iterations
        .filter(|_| matches!(termination, Termination::Fixed { .. }))
}

fn max_iterations(
    seat: &Seat<'_>,
    def: &NodeDef,
    loaded: Option<&Loaded<'_>>,
    written: Option<u32>,
    problems: &mut Vec<Problem>,
) -> u32 {
    let perspectives = def
        .perspectives
        .as_ref()
        .filter(|texts| !texts.is_empty())
        .and_then(|texts| u32::try_from(texts.len()).ok());
    let own = def
        .ends()
        .and_then(|(_, ends)| ends.max.or(ends.iterations));
    let max = match seat.pipeline {
        None => seat.overrides.max_iterations.or(written),
        Some(_) => def.times().or(own).or(perspectives).or(written),
    };
    if max.is_none() && seat.pipeline.is_some() && loaded.is_some() {
        let problem = seat.place.here(
            "no-runs",
            format!("the node has no `runs`: it may take up to {MAX_ITERATIONS} agents"),
        );
        problems.push(problem.hint("add `runs: <most iterations>`").warning());
    }
    if max == Some(0) {
        let problem = if def.times() == Some(0) {
            seat.place.at("runs", "bad-value", RUNS_ZERO)
        } else {
            too_few(seat, def, loaded)
        };
        problems.push(problem);
    }
    max.unwrap_or(MAX_ITERATIONS)
}

fn too_few(seat: &Seat<'_>, def: &NodeDef, loaded: Option<&Loaded<'_>>) -> Problem {
    let message = "the most iterations must be at least 1";
    match loaded {
        _ if seat.pipeline.is_none() && seat.overrides.max_iterations.is_some() => {
            Problem::nowhere("bad-value", message)
        }
        Some(loaded) if def.ends().is_none() => {
            Place::top(&loaded.document).at("termination", "bad-value", message)
        }
        Some(_) | None => seat.place.at(
            def.ends().map_or("termination", |(key, _)| key),
            "bad-value",
            message,
        ),
    }
}

fn prompt(
    seat: &Seat<'_>,
    def: &NodeDef,
    loaded: Option<&Loaded<'_>>,
    problems: &mut Vec<Problem>,
) -> Option<String> {
    if let Some(loaded) = loaded {
        let prompt = loaded.prompt.as_ref()?;
        lint::template(prompt, None, prompt.text(), seat.around, problems);
        return Some(prompt.text().to_owned());
    }
    let (text, Place::Written(document, path)) = (def.prompt.as_ref()?, &seat.place) else {
        return None;
    };
    if text.trim().is_empty() {
        problems.push(
            seat.place
                .at("prompt", "no-prompt", "the prompt is empty")
                .hint("write what each agent is told"),
        );
    }
    lint::template(
        document,
        Some(&path.to("prompt")),
        text,
        seat.around,
        problems,
    );
    Some(text.clone())
}

/// The node's, else its loop's.
fn output_path(
    seat: &Seat<'_>,
    def: &NodeDef,
    loaded: Option<&Loaded<'_>>,
    problems: &mut Vec<Problem>,
) -> String {
    let of_loop = || {
        loaded.and_then(|loaded| {
            Some((
                Place::top(&loaded.document),
                loaded.def.output_path.as_ref()?,
            ))
        })
    };
    let written = def
        .output_path
        .as_ref()
        .map(|path| (seat.place.clone(), path))
        .or_else(of_loop);
    let Some((Place::Written(document, inside), path)) = written else {
        return String::new();
    };
    lint::template(
        document,
        Some(&inside.to("output_path")),
        path,
        seat.around,
        problems,
    );
    lint::path(document, &inside.to("output_path"), path, problems);
    path.clone()
}

fn queue(
    seat: &Seat<'_>,
    loaded: Option<&Loaded<'_>>,
    termination: Option<&Termination>,
    problems: &mut Vec<Problem>,
) -> Option<QueueSpec> {
    let written = loaded.and_then(|loaded| loaded.def.queue.as_ref());
    if written.is_none() && !termination.is_some_and(Termination::asks_queue) {
        return None;
    }
    let place = loaded.map_or_else(
        || seat.place.to("queue"),
        |loaded| Place::top(&loaded.document).to("queue"),
    );
    let spec = queue::queue(
        written.unwrap_or(&QueueDef::default()),
        &place,
        seat.request,
        seat.overrides,
        problems,
    )?;
    if spec.claim == ClaimBy::Engine
        && termination.is_some_and(|termination| !termination.asks_queue())
    {
        let problem = place.at(
            "claim",
            "no-effect",
            "`claim: engine` needs a loop that ends with its queue",
        );
        problems
            .push(problem.hint("add `termination:` with `type: queue`, or let the agents claim"));
    }
    Some(spec)
}

/// A person's words go over those of the loop and the pipeline's defaults, and beside those of the node: these are what
/// makes it another than the others.
fn context(seat: &Seat<'_>, def: &NodeDef, loop_def: &LoopDef) -> String {
    let defaults = seat
        .pipeline
        .and_then(|(_, pipeline)| pipeline.defaults.context.as_deref());
    match (seat.overrides.context.as_deref(), def.context.as_deref()) {
        (Some(said), Some(own)) => format!("{}\n\n{said}", own.trim_end()),
        (said, own) => said
            .or(own)
            .or(loop_def.context.as_deref())
            .or(defaults)
            .unwrap_or_default()
            .to_owned(),
    }
}

/// Those of the command line over those of the node, of its loop and of the pipeline.
fn commands(seat: &Seat<'_>, def: &NodeDef, loop_def: &LoopDef) -> BTreeMap<String, String> {
    let mut commands = seat
        .pipeline
        .map(|(_, pipeline)| pipeline.commands.clone())
        .unwrap_or_default();
    commands.extend(loop_def.commands.clone());
    commands.extend(def.commands.clone());
    commands.extend(seat.overrides.commands.clone());
    commands
}
