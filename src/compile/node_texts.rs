//! The texts of a node: prompt, output path, context and commands.
use super::definition::{LoopDef, NodeDef};
use super::diagnostics::{LintCode, Location};
use super::loaded_loop::LoadedLoop;
use super::node_context::NodeContext;
use super::scope::Scope;
use super::template_lint;
use std::collections::BTreeMap;

/// Returns the template of the prompt: the loop's, or an inline one.
pub(super) fn prompt(
    ctx: &NodeContext<'_>,
    def: &NodeDef,
    loaded: Option<&LoadedLoop>,
) -> Option<String> {
    let has_path = |loaded: &LoadedLoop| loaded.def.output_path.is_some();
    let scope = Scope {
        output_path: def.output_path.is_some() || loaded.is_some_and(has_path),
        ..ctx.scope
    };
    if let Some(loaded) = loaded {
        let prompt = loaded.prompt.as_ref()?;
        template_lint::template(prompt, None, prompt.text(), scope);
        return Some(prompt.text().to_owned());
    }
    let (text, Location::Written(document, path)) = (def.prompt.as_ref()?, &ctx.location) else {
        return None;
    };
    if text.trim().is_empty() {
        ctx.location.report(
            ctx.location
                .at("prompt", LintCode::NoPrompt, "the prompt is empty")
                .hint("write the prompt of each agent"),
        );
    }
    template_lint::template(document, Some(&path.to("prompt")), text, scope);
    Some(text.clone())
}

/// Returns the template of the output path: the node's, else its loop's.
pub(super) fn output_path(
    ctx: &NodeContext<'_>,
    def: &NodeDef,
    loaded: Option<&LoadedLoop>,
) -> String {
    let of_loop = || {
        loaded.and_then(|loaded| {
            Some((
                Location::top(&loaded.document),
                loaded.def.output_path.as_ref()?,
            ))
        })
    };
    let written = def
        .output_path
        .as_ref()
        .map(|path| (ctx.location.clone(), path))
        .or_else(of_loop);
    let Some((Location::Written(document, inside), path)) = written else {
        return String::new();
    };
    template_lint::template(document, Some(&inside.to("output_path")), path, ctx.scope);
    template_lint::path(document, &inside.to("output_path"), path);
    path.clone()
}

/// Returns the text for `${CONTEXT}`. The flag replaces those of the loop and the `defaults`, and is appended to the node's
/// own, which says what the node is for.
pub(super) fn context(ctx: &NodeContext<'_>, def: &NodeDef, loop_def: &LoopDef) -> String {
    let defaults = ctx
        .pipeline
        .and_then(|(_, pipeline)| pipeline.defaults.context.as_deref());
    match (
        ctx.compiler.overrides.context.as_deref(),
        def.context.as_deref(),
    ) {
        (Some(flag), Some(own)) => format!("{}\n\n{flag}", own.trim_end()),
        (flag, own) => flag
            .or(own)
            .or(loop_def.context.as_deref())
            .or(defaults)
            .unwrap_or_default()
            .to_owned(),
    }
}

/// Returns the commands by name; precedence: flag, node, loop, pipeline.
pub(super) fn commands(
    ctx: &NodeContext<'_>,
    def: &NodeDef,
    loop_def: &LoopDef,
) -> BTreeMap<String, String> {
    let mut commands = ctx
        .pipeline
        .map(|(_, pipeline)| pipeline.commands.clone())
        .unwrap_or_default();
    commands.extend(loop_def.commands.clone());
    commands.extend(def.commands.clone());
    commands.extend(ctx.compiler.overrides.command.clone());
    commands
}
