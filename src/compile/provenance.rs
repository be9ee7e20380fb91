//! Records where each setting of a plan came from.
use super::definition::{LoopDef, NodeDef, TerminationDef};
use super::node_context::NodeContext;
use super::overrides::Overrides;
use crate::agent::AgentSpec;
use crate::plan::{Node, SettingOrigin, SettingSource};
use serde::Serialize;

/// Returns the settings that override the definitions.
pub(super) fn over(overrides: &Overrides) -> Vec<SettingOrigin> {
    let source = |setting: &str| {
        if overrides.environment.contains(setting) {
            SettingSource::Environment
        } else {
            SettingSource::Flag
        }
    };
    overrides
        .entries()
        .into_iter()
        .map(|(setting, value)| SettingOrigin {
            source: source(&setting),
            setting,
            value,
        })
        .collect()
}

/// Returns where the settings of a node came from, except those set by a flag or the environment.
pub(super) fn of_node(
    ctx: &NodeContext<'_>,
    def: &NodeDef,
    loop_def: &LoopDef,
    node: &Node,
) -> Vec<SettingOrigin> {
    let defaults = ctx
        .pipeline
        .map(|(_, pipeline)| pipeline.defaults.clone())
        .unwrap_or_default();
    let over = ctx.compiler.overrides;
    let capped =
        |def: Option<&TerminationDef>| def.is_some_and(|def| def.max.or(def.iterations).is_some());
    let ended = def.ends().is_some() || def.completion.is_some();
    let counted = def.times().is_some()
        || def.perspectives.is_some()
        || capped(def.ends().map(|(_, ends)| ends));
    let loop_counted =
        capped(loop_def.termination.as_ref()) || loop_def.iterations.or(loop_def.max).is_some();
    let loop_ended =
        loop_counted || loop_def.termination.is_some() || loop_def.completion.is_some();
    let flagged = over.max_iterations.is_some() && ctx.pipeline.is_none();
    // The default of the environment applies where no definition sets a count.
    let usual_count =
        node.termination.is_fixed() && over.fixed_iterations.is_some() && !counted && !loop_counted;
    let default_judge_applies = ctx.default_judge_applies(def, Some(loop_def));
    let named = |def: Option<&TerminationDef>| def.is_some_and(TerminationDef::names_judge);
    // A model is dropped together with the provider it was set for.
    let kept = |model: &Option<String>| {
        model.as_deref().is_some_and(|model| {
            node.agent.model == model
                || node.agent.model == node.agent.adapter().resolve_model(model)
        })
    };
    // A provider of a block speaks for its stages.
    let branch = ctx.branch.as_ref();
    let (kind, fallback) = (
        branch.and_then(|said| said.provider),
        branch.and_then(|said| said.fallback),
    );
    let model = branch.and_then(|said| said.model.map(str::to_owned));
    let rows = [
        (
            "provider",
            over.provider.is_some(),
            def.provider.is_some() || kind.is_some(),
            loop_def.provider.is_some(),
            defaults.provider.is_some(),
        ),
        (
            "model",
            over.model.is_some(),
            kept(&def.model) || kept(&model),
            kept(&loop_def.model),
            kept(&defaults.model),
        ),
        (
            "fallback",
            false,
            def.fallback.is_some() || fallback.is_some(),
            loop_def.fallback.is_some(),
            defaults.fallback.is_some(),
        ),
        ("termination", false, ended, loop_ended, false),
        (
            "judge",
            default_judge_applies,
            named(def.ends().map(|(_, ends)| ends)),
            named(loop_def.termination.as_ref()),
            false,
        ),
        (
            "max_iterations",
            flagged || usual_count,
            counted,
            loop_counted,
            false,
        ),
        (
            "delay",
            over.delay_ms.is_some(),
            def.delay.is_some(),
            loop_def.delay.is_some(),
            defaults.delay.is_some(),
        ),
        (
            "context",
            over.context.is_some(),
            def.context.is_some(),
            loop_def.context.is_some(),
            defaults.context.is_some(),
        ),
        (
            "check_before",
            false,
            def.check_before.is_some(),
            loop_def.check_before.is_some(),
            false,
        ),
        (
            "output_path",
            false,
            def.output_path.is_some(),
            loop_def.output_path.is_some(),
            false,
        ),
    ];
    let mut said = Vec::new();
    for (what, over, in_node, in_loop, in_defaults) in rows {
        let source = match (in_node, in_loop, in_defaults) {
            _ if over => continue,
            (true, ..) | (false, false, true) => SettingSource::Pipeline,
            (false, true, _) => SettingSource::Loop,
            (false, false, false) => SettingSource::BuiltIn,
        };
        let value = value(node, what);
        if !value.is_empty() {
            said.push(SettingOrigin {
                setting: format!("{}.{what}", node.id),
                value,
                source,
            });
        }
    }
    said
}

fn value(node: &Node, what: &str) -> String {
    match what {
        "provider" => node.agent.provider_name().to_owned(),
        "model" => node.agent.model.clone(),
        "fallback" => node
            .agent
            .fallback
            .iter()
            .map(AgentSpec::label)
            .collect::<Vec<_>>()
            .join(", "),
        "termination" => word(&node.termination),
        "judge" => node
            .judge
            .as_ref()
            .map_or_else(String::new, AgentSpec::label),
        "max_iterations" => node.max_iterations.to_string(),
        "delay" => format!("{} ms", node.delay_ms),
        "context" => node.context.clone(),
        "check_before" => node.check_before.to_string(),
        _ => node.output_path.clone(),
    }
}

/// Returns the name of a serialized enum variant, or its `type`.
fn word(value: &impl Serialize) -> String {
    let value = serde_json::to_value(value).unwrap_or_default();
    let word = value.as_str().or_else(|| value.get("type")?.as_str());
    word.unwrap_or_default().to_owned()
}
