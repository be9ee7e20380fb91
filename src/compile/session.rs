//! Compiles the definition of a session, a loop or a pipeline, into its plan.
use super::compiled_step::CompiledStep;
use super::compiler::Compiler;
use super::confirm;
use super::definition::{GuardrailsDef, PipelineDef, Span};
use super::diagnostics::{LintCode, Location, Problem, Severity, normalize};
use super::hooks;
use super::lint;
use super::loops;
use super::node;
use super::node_context::NodeContext;
use super::overrides::Overrides;
use super::provenance;
use super::runs;
use super::scope::Scope;
use super::sources::{LoopSource, PipelineSource, Request, Sources};
use super::steps;
use super::yaml;
use crate::plan::{
    Confirm, Guardrails, Hook, HookSource, Plan, PlanKind, QuotaLimits, SettingOrigin, Source, Step,
};
use camino::Utf8PathBuf;

/// Error iterations in a row that end a session, by default.
const MAX_CONSECUTIVE_ERRORS: u32 = 3;
/// Iterations in a row that change nothing and end a session, by default.
const MAX_IDLE_ITERATIONS: u32 = 5;
/// A day of nothing but outages, or of waits that nothing ends.
const MAX_OUTAGE_S: u64 = 24 * 3600;
const MAX_WAIT_S: u64 = 24 * 3600;
const MAX_SAME_FAILURES: u32 = 5;
/// How long a session may run, by default: long enough for a weekend of work.
const MAX_RUNTIME_SECONDS: u64 = 3 * 24 * 3600;
/// US dollars a session may cost, by default: more than a night of agents costs.
const MAX_COST_USD: f64 = 500.0;

/// Compiles definitions into a plan. Returns it with warnings, or the errors and warnings that prevent it.
///
/// Precedence: flag, environment (both in `overrides`), the project's settings, node, loop, the pipeline's `defaults`, built in.
pub fn compile(
    sources: &Sources,
    request: &Request,
    overrides: &Overrides,
) -> Result<(Plan, Vec<Problem>), Vec<Problem>> {
    let compiler = Compiler::new(sources, request, overrides);
    let plan = match sources {
        Sources::Loop(source) => compile_loop(&compiler, source),
        Sources::Pipeline(source) => compile_pipeline(&compiler, source),
    };
    let problems = normalize(&compiler.diagnostics.take());
    let is_warning = |problem: &Problem| problem.severity == Severity::Warning;
    match plan {
        Some(plan) if problems.iter().all(is_warning) => Ok((plan, problems)),
        _ => Err(problems),
    }
}

fn compile_loop(compiler: &Compiler<'_>, source: &LoopSource) -> Option<Plan> {
    let loaded = loops::load(compiler, source)?;
    let config = compiler.project.as_ref();
    let loaded = match config.filter(|config| config.is_of(&loaded.name)) {
        Some(config) => config.over(loaded),
        None => loaded,
    };
    let location = Location::top(&loaded.document);
    let context = NodeContext {
        compiler,
        location: location.clone(),
        pipeline: None,
        scope: Scope::ALONE,
        branch: None,
    };
    let node = node::compile_loop(&context, &loaded);
    let guardrails = guardrails(&location, &loaded.def.guardrails, compiler.overrides);
    let limits = &compiler.overrides.user_limits;
    let own = (guardrails.budgets, &loaded.def.quota);
    let (budgets, quota) = limits.narrowed(&location, own, config);
    let (mut node, origins) = node?;
    if let Some(config) = config.filter(|config| config.is_of(&loaded.name)) {
        config.equip(&mut node.agent);
    }
    let parts = Parts {
        kind: PlanKind::Loop,
        steps: vec![(Step::Node(Box::new(node)), origins)],
        runs: runs::of_loop(&compiler.diagnostics, compiler.overrides),
        inputs: compiler.overrides.input.clone(),
        guardrails: Guardrails {
            budgets,
            ..guardrails
        },
        quota,
        confirm: None,
        hooks: Vec::new(),
    };
    Some(assemble(compiler, parts))
}

fn compile_pipeline(compiler: &Compiler<'_>, source: &PipelineSource) -> Option<Plan> {
    let (request, overrides) = (compiler.request, compiler.overrides);
    let document = compiler.document(&source.definition).of_pipeline();
    let location = Location::top(&document);
    let def: PipelineDef = yaml::read(&document)?;
    if !lint::pipeline(&document, &def) {
        return None;
    }
    if overrides.max_iterations.is_some() {
        let problem = Problem::without_file(LintCode::NoEffect, "a pipeline takes no maximum");
        location.report(problem.hint("set `runs` for each of its nodes"));
    }
    let steps = steps::compile_steps(compiler, &document, &def);
    let guardrails = guardrails(&location, &def.guardrails, overrides);
    let limits = &overrides.user_limits;
    let own = (guardrails.budgets, &def.quota);
    let (budgets, quota) = limits.narrowed(&location, own, compiler.project.as_ref());
    let written = def.inputs.iter().map(|path| request.project.join(path));
    let inputs = written.chain(overrides.input.iter().cloned()).collect();
    let runs = runs::of_pipeline(&location, &def, overrides);
    let parts = Parts {
        kind: PlanKind::Pipeline,
        steps: steps?,
        runs,
        inputs,
        guardrails: Guardrails {
            budgets,
            ..guardrails
        },
        quota,
        confirm: confirm::checked(&location, &def.confirm),
        hooks: hooks::checked(&location, &def.hooks, HookSource::Pipeline),
    };
    Some(assemble(compiler, parts))
}

fn guardrails(location: &Location<'_>, def: &GuardrailsDef, overrides: &Overrides) -> Guardrails {
    let cost = def.max_cost_usd.unwrap_or(MAX_COST_USD);
    if !(cost.is_finite() && cost >= 0.0) {
        location.report(location.to("guardrails").at(
            "max_cost_usd",
            LintCode::BadValue,
            "`guardrails.max_cost_usd` must be an amount, 0 or more",
        ));
    }
    if !def.budgets.is_valid() {
        location.report(location.to("guardrails").at(
            "budgets",
            LintCode::BadValue,
            "`guardrails.budgets` must be amounts, 0 or more",
        ));
    }
    Guardrails {
        budgets: def.budgets,
        max_runtime_seconds: overrides
            .max_runtime_seconds
            .or(def.max_runtime_seconds.map(Span::seconds))
            .unwrap_or(MAX_RUNTIME_SECONDS),
        max_cost_usd: overrides.max_cost_usd.unwrap_or(cost),
        max_tokens: overrides.max_tokens.or(def.max_tokens).unwrap_or(0),
        max_consecutive_errors: def.max_consecutive_errors.unwrap_or(MAX_CONSECUTIVE_ERRORS),
        max_idle_iterations: def.max_idle_iterations.unwrap_or(MAX_IDLE_ITERATIONS),
        idle_limit_explicit: def.max_idle_iterations.is_some(),
        max_agents: def.max_agents.unwrap_or(0),
        max_outage_s: def.max_outage.map_or(MAX_OUTAGE_S, Span::seconds),
        max_wait_s: def.max_wait.map_or(MAX_WAIT_S, Span::seconds),
        max_same_failures: def.max_same_failures.unwrap_or(MAX_SAME_FAILURES),
        wait_factor: None,
        on_tampering: def.on_tampering.unwrap_or_default(),
    }
}

/// The compiled parts of a plan.
struct Parts {
    kind: PlanKind,
    steps: Vec<CompiledStep>,
    /// How often all steps run, and where that is set unless by a flag.
    runs: (u32, Option<SettingOrigin>),
    inputs: Vec<Utf8PathBuf>,
    guardrails: Guardrails,
    quota: Option<QuotaLimits>,
    confirm: Option<Confirm>,
    hooks: Vec<Hook>,
}

fn assemble(compiler: &Compiler<'_>, parts: Parts) -> Plan {
    let (sources, request) = (compiler.sources, compiler.request);
    let (runs, runs_origin) = parts.runs;
    let (steps, step_origins): (Vec<Step>, Vec<Vec<SettingOrigin>>) =
        parts.steps.into_iter().unzip();
    let provenance = provenance::over(compiler.overrides)
        .into_iter()
        .chain(runs_origin)
        .chain(step_origins.into_iter().flatten())
        .collect();
    Plan {
        version: Plan::VERSION,
        session: request.session.clone(),
        run: request.run.clone(),
        name: sources.name().to_owned(),
        kind: parts.kind,
        command: request.command.clone(),
        source: Source {
            origin: sources.origin(),
            path: sources.definition().file.clone(),
            hash: sources.fingerprint(),
        },
        steps,
        runs,
        inputs: parts.inputs,
        guardrails: parts.guardrails,
        quota: parts.quota,
        confirm: parts.confirm,
        hooks: [compiler.overrides.hooks.clone(), parts.hooks].concat(),
        provenance,
        branch: None,
        record: None,
    }
}
