//! Definitions, defaults and overrides become a plan, or a list of everything that is in the way.
use super::definition::{GuardrailsDef, LoopDef, PipelineDef, Span};
use super::diagnostics::{Document, Path, Place, Problem, Severity, Unreadable, tidy};
use super::inputs::Around;
use super::lint;
use super::node::{self, Seat};
use super::overrides::Overrides;
use super::provenance;
use super::runs;
use super::sources::{LoopSource, PipelineSource, Request, Sources};
use super::steps::Steps;
use super::yaml;
use crate::plan::{Guardrails, Plan, PlanKind, SettingOrigin, Source, Step};
use camino::Utf8PathBuf;

/// Error iterations in a row that end a session, unless said otherwise.
const MAX_CONSECUTIVE_ERRORS: u32 = 3;
/// Iterations in a row that change nothing and end a session, unless said otherwise.
const MAX_IDLE_ITERATIONS: u32 = 5;
/// How long a session may run, unless said otherwise: three days, so that it ends some day, but no night or weekend is cut.
const MAX_RUNTIME_SECONDS: u64 = 3 * 24 * 3600;
/// US dollars a session may cost, unless said otherwise: more than a night of agents, less than one that went wrong.
const MAX_COST_USD: f64 = 500.0;

/// Compiles what was found into what will run; with the plan come warnings, without it errors and warnings.
///
/// Precedence: command line, environment (both in `overrides`), node, loop, the pipeline's defaults, built in.
pub fn compile(
    sources: &Sources,
    request: &Request,
    overrides: &Overrides,
) -> Result<(Plan, Vec<Problem>), Vec<Problem>> {
    let mut problems = Vec::new();
    let plan = match sources {
        Sources::Loop(source) => single(source, request, overrides, &mut problems),
        Sources::Pipeline(source) => several(source, request, overrides, &mut problems),
    };
    let problems = tidy(&problems);
    match plan {
        Some(plan)
            if problems
                .iter()
                .all(|problem| problem.severity == Severity::Warning) =>
        {
            Ok((plan, problems))
        }
        _ => Err(problems),
    }
}

/// A loop whose texts have been read.
#[derive(Debug)]
pub(super) struct Loaded<'a> {
    pub(super) source: &'a LoopSource,
    pub(super) document: Document,
    pub(super) def: LoopDef,
    /// Unless it cannot be read, which has been reported.
    pub(super) prompt: Option<Document>,
}

pub(super) fn load<'a>(source: &'a LoopSource, problems: &mut Vec<Problem>) -> Option<Loaded<'a>> {
    let document = Document::new(&source.definition.file, &source.definition.text);
    let def = yaml::read(&document, problems);
    let prompt = match &source.prompt {
        Ok(text) if text.text.trim().is_empty() => Err(Unreadable::no_prompt(format!(
            "the prompt `{}` is empty",
            text.file
        ))),
        Ok(text) => Ok(Document::new(&text.file, &text.text)),
        Err(reason) => Err(reason.clone()),
    };
    let prompt = prompt.map_err(|why| {
        let at_definition = || {
            document
                .at(&Path::default().to("prompt"), why.code, why.reason.clone())
                .hint(why.hint.clone())
        };
        problems.push(if why.before.file.is_empty() {
            at_definition()
        } else {
            why.problem()
        });
    });
    let prompt = prompt.ok();
    let Some(def) = def else {
        // Whoever mends the definition should not find the prompt's mistakes only then.
        let mut found = Vec::new();
        prompt.iter().for_each(|prompt| {
            lint::template(prompt, None, prompt.text(), Around::ALONE, &mut found)
        });
        // It may be a pipeline's.
        problems.extend(
            found
                .into_iter()
                .filter(|problem| problem.code != "no-inputs"),
        );
        return None;
    };
    let loaded = Loaded {
        source,
        document,
        def,
        prompt,
    };
    lint::loop_(&loaded, problems);
    Some(loaded)
}

fn single(
    source: &LoopSource,
    request: &Request,
    overrides: &Overrides,
    problems: &mut Vec<Problem>,
) -> Option<Plan> {
    let loaded = load(source, problems)?;
    let place = Place::top(&loaded.document);
    let seat = Seat {
        request,
        overrides,
        place: place.clone(),
        pipeline: None,
        around: Around::ALONE,
        branch: None,
    };
    let node = node::of_loop(&seat, &loaded, problems);
    let guardrails = guardrails(&place, &loaded.def.guardrails, overrides, problems);
    let inputs = overrides.inputs.clone();
    let (node, said) = node?;
    let steps = vec![(Step::Node(Box::new(node)), said)];
    let runs = runs::of_loop(overrides, problems);
    let made = Made {
        kind: PlanKind::Loop,
        steps,
        runs,
        inputs,
        guardrails,
    };
    Some(finish(
        &Sources::Loop(source.clone()),
        request,
        overrides,
        made,
    ))
}

fn several(
    source: &PipelineSource,
    request: &Request,
    overrides: &Overrides,
    problems: &mut Vec<Problem>,
) -> Option<Plan> {
    let document = Document::new(&source.definition.file, &source.definition.text).of_pipeline();
    let def: PipelineDef = yaml::read(&document, problems)?;
    if !lint::pipeline(&document, &def, problems) {
        return None;
    }
    if overrides.max_iterations.is_some() {
        problems.push(
            Problem::nowhere("no-effect", "a pipeline takes no maximum")
                .hint("say `runs` for each of its nodes"),
        );
    }
    let steps = Steps::new(source, request, overrides).of(&document, &def, problems);
    let guardrails = guardrails(&Place::top(&document), &def.guardrails, overrides, problems);
    let inputs = def
        .inputs
        .iter()
        .map(|path| request.project.join(path))
        .chain(overrides.inputs.iter().cloned())
        .collect();
    let runs = runs::of_pipeline(&Place::top(&document), &def, overrides, problems);
    let made = Made {
        kind: PlanKind::Pipeline,
        steps: steps?,
        runs,
        inputs,
        guardrails,
    };
    Some(finish(
        &Sources::Pipeline(source.clone()),
        request,
        overrides,
        made,
    ))
}

fn guardrails(
    place: &Place<'_>,
    def: &GuardrailsDef,
    overrides: &Overrides,
    problems: &mut Vec<Problem>,
) -> Guardrails {
    let cost = def.max_cost_usd.unwrap_or(MAX_COST_USD);
    if !(cost.is_finite() && cost >= 0.0) {
        problems.push(place.to("guardrails").at(
            "max_cost_usd",
            "bad-value",
            "`guardrails.max_cost_usd` must be an amount, 0 or more",
        ));
    }
    Guardrails {
        max_runtime_seconds: overrides
            .max_runtime_seconds
            .or(def.max_runtime_seconds.map(Span::seconds))
            .unwrap_or(MAX_RUNTIME_SECONDS),
        max_cost_usd: overrides.max_cost_usd.unwrap_or(cost),
        max_consecutive_errors: def.max_consecutive_errors.unwrap_or(MAX_CONSECUTIVE_ERRORS),
        max_idle_iterations: def.max_idle_iterations.unwrap_or(MAX_IDLE_ITERATIONS),
        idle_limit_explicit: def.max_idle_iterations.is_some(),
        max_agents: def.max_agents.unwrap_or(0),
    }
}

/// What a plan is made of, with who said it.
struct Made {
    kind: PlanKind,
    steps: Vec<(Step, Vec<SettingOrigin>)>,
    runs: (u32, Option<SettingOrigin>),
    inputs: Vec<Utf8PathBuf>,
    guardrails: Guardrails,
}

fn finish(sources: &Sources, request: &Request, overrides: &Overrides, made: Made) -> Plan {
    let Made {
        kind,
        steps,
        runs: (runs, of_runs),
        inputs,
        guardrails,
    } = made;
    let (steps, of_nodes): (Vec<Step>, Vec<Vec<SettingOrigin>>) = steps.into_iter().unzip();
    let provenance = provenance::over(overrides)
        .into_iter()
        .chain(of_runs)
        .chain(of_nodes.into_iter().flatten())
        .collect();
    let source = Source {
        origin: sources.origin(),
        path: sources.definition().file.clone(),
        hash: sources.fingerprint(),
    };
    let (session, run, command) = (
        request.session.clone(),
        request.run.clone(),
        request.command.clone(),
    );
    let name = sources.name().to_owned();
    Plan {
        version: Plan::VERSION,
        session,
        run,
        name,
        kind,
        command,
        source,
        steps,
        runs,
        inputs,
        guardrails,
        provenance,
        branch: None,
        record: None,
    }
}
