//! Compiles one node of a plan from its pipeline, its loop and the overrides.
use super::agent;
use super::agent_defaults::Defaults;
use super::confirm;
use super::definition::{LoopDef, NodeDef, Span};
use super::diagnostics::{LintCode, Location};
use super::escalation;
use super::hooks;
use super::inputs;
use super::iterations::{RUNS_ZERO, max_iterations};
use super::lint;
use super::loaded_loop::LoadedLoop;
use super::loops;
use super::needs;
use super::node_context::NodeContext;
use super::node_layers::layers;
use super::node_texts;
use super::perspectives;
use super::provenance;
use super::queue;
use super::termination::{self, CompiledTermination};
use super::turns;
use crate::agent::AgentSpec;
use crate::model::{InvalidName, NodeId};
use crate::plan::{BlockInput, Node, NodeInput, QueueSpec, SettingOrigin};

/// The pause between iterations, by default.
const DELAY_MS: u64 = 3000;

/// Compiles the only node of a loop that runs on its own.
pub(super) fn compile_loop(
    ctx: &NodeContext<'_>,
    loaded: &LoadedLoop,
) -> Option<(Node, Vec<SettingOrigin>)> {
    let def = NodeDef::default();
    let id = parse_id(ctx, &loaded.name, &def);
    build(ctx, id, &def, Some(loaded))
}

/// Compiles a node of a pipeline, with the loop it names if it names one.
pub(super) fn compile(ctx: &NodeContext<'_>, def: &NodeDef) -> Option<(Node, Vec<SettingOrigin>)> {
    // Without an id the rest of the node is still checked.
    let unnamed = def.id.is_none() && def.name.is_none();
    let id = read_id(ctx, def).or_else(|| "node".parse().ok().filter(|_| unnamed));
    let Some((key, name)) = def.uses() else {
        return build(ctx, id, def, None);
    };
    match loops::find(ctx.compiler, &ctx.location, key, name) {
        Some(loaded) => build(ctx, id, def, Some(&loaded)),
        None => {
            // The node cannot be compiled, but report the mistakes in the rest of it.
            build(ctx, id, def, None);
            None
        }
    }
}

/// Reads the id of a node or a block.
pub(super) fn read_id(ctx: &NodeContext<'_>, def: &NodeDef) -> Option<NodeId> {
    let Some(id) = def.id.as_deref().or(def.name.as_deref()) else {
        let problem = ctx.location.here(LintCode::NoId, "the node has no `id`");
        let hint = "add `id: <name>`: its outputs and directory are found by it";
        ctx.location.report(problem.hint(hint));
        return None;
    };
    parse_id(ctx, id, def)
}

fn parse_id(ctx: &NodeContext<'_>, id: &str, def: &NodeDef) -> Option<NodeId> {
    let key = if def.id.is_some() { "id" } else { "name" };
    let report = |invalid: InvalidName| {
        let problem = ctx.location.at(key, LintCode::BadName, invalid.to_string());
        ctx.location.report(problem);
    };
    id.parse().map_err(report).ok()
}

/// Compiles a node with the loop it uses. All parts are compiled before the first failure matters, so that every mistake is
/// reported at once.
fn build(
    ctx: &NodeContext<'_>,
    id: Option<NodeId>,
    def: &NodeDef,
    loaded: Option<&LoadedLoop>,
) -> Option<(Node, Vec<SettingOrigin>)> {
    let empty = LoopDef::default();
    let loop_def = loaded.map_or(&empty, |loaded| &loaded.def);
    let parts = Parts::compile(ctx, def, loaded, loop_def);
    let ends = parts.termination?;
    let default_count = ctx
        .compiler
        .overrides
        .fixed_iterations
        .filter(|_| ends.termination.is_fixed());
    let max_iterations = max_iterations(ctx, def, loaded, ends.max.or(default_count));
    let description = def.description.as_ref().or(loop_def.description.as_ref());
    let check_before = def.check_before.or(loop_def.check_before);
    let (needs, also_needs) = needs::of_node(ctx, def, loaded);
    let node = Node {
        id: id?,
        template: loaded.map_or_else(String::new, |loaded| loaded.name.clone()),
        description: description.cloned().unwrap_or_default(),
        agent: parts.agent,
        prompt: parts.prompt?,
        max_iterations,
        delay_ms: delay_ms(ctx, def, loop_def),
        check_before: check_before.unwrap_or(ends.termination.asks_queue()),
        termination: ends.termination,
        queue: parts.queue,
        judge: ends.judge,
        output_path: parts.output_path,
        context: node_texts::context(ctx, def, loop_def),
        needs,
        also_needs,
        confirm: confirm::of_node(&ctx.location, def, loop_def),
        hooks: hooks::of_node(&ctx.location, def, loaded),
        on_trouble: confirm::on_trouble(def, loop_def),
        perspectives: parts.perspectives,
        from: parts.from,
        from_parallel: parts.from_parallel,
        commands: node_texts::commands(ctx, def, loop_def),
    };
    perspectives::check(&ctx.location, &node.perspectives, node.max_iterations);
    let prompt = loaded.and_then(|loaded| loaded.prompt.as_ref());
    lint::node(&ctx.location, prompt, &node);
    let origins = provenance::of_node(ctx, def, loop_def, &node);
    Some((node, origins))
}

/// The parts of a node that report their own mistakes. Those that can fail are `None` then.
struct Parts {
    agent: AgentSpec,
    termination: Option<CompiledTermination>,
    from: Option<NodeInput>,
    from_parallel: Vec<BlockInput>,
    prompt: Option<String>,
    output_path: String,
    perspectives: Vec<String>,
    queue: Option<QueueSpec>,
}

impl Parts {
    fn compile(
        ctx: &NodeContext<'_>,
        def: &NodeDef,
        loaded: Option<&LoadedLoop>,
        loop_def: &LoopDef,
    ) -> Self {
        let providers = &ctx.compiler.overrides.providers;
        let mut agent = agent::resolve(
            &layers(ctx, def, loaded),
            loop_def,
            Defaults {
                providers,
                model: ctx.compiler.overrides.default_model.as_deref(),
            },
        );
        if let Some(loaded) = loaded {
            turns::check(&Location::top(&loaded.document), loop_def, &agent);
        }
        let termination = termination::for_node(ctx, def, loaded);
        if let (Some(loaded), Some(escalation)) = (loaded, &loop_def.escalation) {
            let location = Location::top(&loaded.document).to("escalation");
            let ends = termination.as_ref().map(|ends| &ends.termination);
            agent.escalation = escalation::escalation(&agent, &location, escalation, ends);
        }
        let inputs = def.inputs.as_ref();
        let from = inputs.and_then(|inputs| inputs::read(ctx, inputs));
        let from_parallel = inputs.map(|inputs| inputs::parallel(ctx, inputs));
        let prompt = node_texts::prompt(ctx, def, loaded);
        let output_path = node_texts::output_path(ctx, def, loaded);
        let perspectives = perspectives::read(&ctx.location, def);
        let strategy = termination.as_ref().map(|ends| &ends.termination);
        let mut queue = queue::for_node(ctx, loaded, strategy);
        match &termination {
            Some(ends) => {
                if let Some(queue) = &mut queue {
                    queue.empty_is_done = ends.empty_is_done;
                }
            }
            None if def.times() == Some(0) => {
                let problem = ctx.location.at("runs", LintCode::BadValue, RUNS_ZERO);
                ctx.location.report(problem);
            }
            None => {}
        }
        Self {
            agent,
            termination,
            from,
            from_parallel: from_parallel.unwrap_or_default(),
            prompt,
            output_path,
            perspectives,
            queue,
        }
    }
}

fn delay_ms(ctx: &NodeContext<'_>, def: &NodeDef, loop_def: &LoopDef) -> u64 {
    let default = ctx
        .pipeline
        .and_then(|(_, pipeline)| pipeline.defaults.delay);
    let written = def.delay.or(loop_def.delay).or(default);
    ctx.compiler
        .overrides
        .delay_ms
        .or(written.map(Span::millis))
        .unwrap_or(DELAY_MS)
}
