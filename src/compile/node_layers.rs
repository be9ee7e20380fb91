//! The layers of a node's agent.
use super::definition::NodeDef;
use super::diagnostics::Location;
use super::layer::Layer;
use super::loaded_loop::LoadedLoop;
use super::node_context::NodeContext;

/// Returns the layers from the lowest precedence to the highest.
pub(super) fn layers<'a>(
    ctx: &NodeContext<'a>,
    def: &'a NodeDef,
    loaded: Option<&'a LoadedLoop>,
) -> Vec<Layer<'a>> {
    let layer = |location, provider: &'a Option<String>, model: &'a Option<String>| Layer {
        location,
        provider: provider.as_deref(),
        model: model.as_deref(),
        program: None,
        effort: None,
        args: &[],
        allow_tools: &[],
        fallback: None,
        permissions: None,
        keep_env: None,
    };
    let over = ctx.compiler.overrides;
    let defaults = ctx
        .pipeline
        .map(|(document, pipeline)| (Location::top(document).to("defaults"), &pipeline.defaults))
        .map(|(location, defaults)| Layer {
            fallback: defaults.fallback.as_deref(),
            effort: defaults.effort.as_deref(),
            ..layer(location, &defaults.provider, &defaults.model)
        });
    let own = loaded.map(|LoadedLoop { document, def, .. }| Layer {
        program: def.program.as_deref(),
        args: &def.args,
        allow_tools: &def.allow_tools,
        effort: def.effort.as_deref(),
        fallback: def.fallback.as_deref(),
        permissions: def.permissions.as_deref(),
        keep_env: def.keep_env,
        ..layer(Location::top(document), &def.provider, &def.model)
    });
    let node = ctx.pipeline.map(|_| Layer {
        fallback: def.fallback.as_deref(),
        effort: def.effort.as_deref(),
        ..layer(ctx.location.clone(), &def.provider, &def.model)
    });
    let flags = Layer {
        program: over.program.as_deref(),
        permissions: over.permissions.as_deref(),
        keep_env: over.keep_env,
        ..layer(ctx.location.flag(), &over.provider, &over.model)
    };
    [defaults, own, node, ctx.branch.clone(), Some(flags)]
        .into_iter()
        .flatten()
        .collect()
}
