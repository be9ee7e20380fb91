//! Records where each setting of a plan came from.
use super::definition::{DefaultsDef, LoopDef, NodeDef, TerminationDef};
use super::layer::Layer;
use super::node_context::NodeContext;
use super::overrides::Overrides;
use super::project_config::ProjectConfig;
use crate::agent::AgentSpec;
use crate::plan::{Node, SettingOrigin, SettingSource};
use crate::text::exact_duration;

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
    let layers = Layers {
        ctx,
        def,
        loop_def,
        node,
        defaults: ctx.pipeline.map(|(_, pipeline)| &pipeline.defaults),
    };
    let of_agent = layers.of_agent().into_iter();
    of_agent
        .chain(layers.of_ending())
        .chain(layers.of_run())
        .filter_map(|setting| {
            let of_project = layers.is_of_project(setting.name);
            let origin = setting.origin(node)?;
            let is_its = of_project && origin.source == SettingSource::Loop;
            let source = if is_its {
                SettingSource::Project
            } else {
                origin.source
            };
            Some(SettingOrigin { source, ..origin })
        })
        .collect()
}

/// A setting of a node, and which layers set it.
struct Setting {
    name: &'static str,
    value: String,
    /// Set by a flag or the environment.
    overridden: bool,
    in_node: bool,
    in_loop: bool,
    in_defaults: bool,
}

impl Setting {
    fn origin(self, node: &Node) -> Option<SettingOrigin> {
        let source = match (self.in_node, self.in_loop, self.in_defaults) {
            (true, ..) | (false, false, true) => SettingSource::Pipeline,
            (false, true, _) => SettingSource::Loop,
            (false, false, false) => SettingSource::BuiltIn,
        };
        (!self.overridden && !self.value.is_empty()).then(|| SettingOrigin {
            setting: format!("{}.{}", node.id, self.name),
            value: self.value,
            source,
        })
    }
}

/// The definitions a node was compiled from.
struct Layers<'a> {
    ctx: &'a NodeContext<'a>,
    def: &'a NodeDef,
    loop_def: &'a LoopDef,
    node: &'a Node,
    /// Those of the pipeline.
    defaults: Option<&'a DefaultsDef>,
}

impl Layers<'_> {
    fn overrides(&self) -> &Overrides {
        self.ctx.compiler.overrides
    }

    /// Whether the project's settings set it, and not the loop.
    fn is_of_project(&self, name: &str) -> bool {
        let project = self.ctx.compiler.project.as_ref();
        let of_loop = project
            .filter(|project| self.ctx.pipeline.is_none() && project.is_of(&self.node.template));
        let Some(def) = of_loop.map(ProjectConfig::settings) else {
            return false;
        };
        let ends = def.termination.as_ref();
        match name {
            "provider" => def.provider.is_some(),
            "model" => def.model.is_some(),
            "fallback" => def.fallback.is_some(),
            "termination" => ends.is_some_and(|ends| ends.kind.is_some()),
            "max_iterations" => {
                def.max.or(def.iterations).is_some()
                    || ends.is_some_and(|ends| ends.max.or(ends.iterations).is_some())
            }
            "delay" => def.delay.is_some(),
            "context" => def.context.is_some(),
            "check_before" => def.check_before.is_some(),
            "output_path" => def.output_path.is_some(),
            _ => false,
        }
    }

    fn in_defaults<T>(&self, setting: impl Fn(&DefaultsDef) -> &Option<T>) -> bool {
        self.defaults
            .is_some_and(|defaults| setting(defaults).is_some())
    }

    fn of_agent(&self) -> [Setting; 3] {
        let Self { def, loop_def, .. } = self;
        let agent = &self.node.agent;
        // A provider of a block applies to its stages.
        let branch = self.ctx.branch.as_ref();
        let of_branch = |set: fn(&Layer<'_>) -> bool| branch.is_some_and(set);
        let fallback = agent.fallback.iter().map(AgentSpec::label);
        let default_model = self.defaults.and_then(|defaults| defaults.model.as_deref());
        let branch_model = branch.and_then(|layer| layer.model);
        [
            Setting {
                name: "provider",
                value: agent.provider_name().to_owned(),
                overridden: self.overrides().provider.is_some(),
                in_node: def.provider.is_some() || of_branch(|layer| layer.provider.is_some()),
                in_loop: loop_def.provider.is_some(),
                in_defaults: self.in_defaults(|defaults| &defaults.provider),
            },
            Setting {
                name: "model",
                value: agent.model.clone(),
                overridden: self.overrides().model.is_some(),
                in_node: self.has_model(def.model.as_deref()) || self.has_model(branch_model),
                in_loop: self.has_model(loop_def.model.as_deref()),
                in_defaults: self.has_model(default_model),
            },
            Setting {
                name: "fallback",
                value: fallback.collect::<Vec<_>>().join(", "),
                overridden: false,
                in_node: def.fallback.is_some() || of_branch(|layer| layer.fallback.is_some()),
                in_loop: loop_def.fallback.is_some(),
                in_defaults: self.in_defaults(|defaults| &defaults.fallback),
            },
        ]
    }

    /// Whether the agent has this model: one is dropped together with the provider it was set for.
    fn has_model(&self, model: Option<&str>) -> bool {
        let agent = &self.node.agent;
        model.is_some_and(|model| {
            let adapter = agent.adapter();
            let (name, _) = adapter.split_effort(&agent.model);
            let resolved = adapter.resolve_model(model);
            name == adapter.split_effort(model).0 || name == adapter.split_effort(&resolved).0
        })
    }

    fn of_ending(&self) -> [Setting; 3] {
        let Self {
            ctx, def, loop_def, ..
        } = self;
        let own = def.ends().map(|(_, ends)| ends);
        let of_loop = loop_def.termination.as_ref();
        let has_max = |def: Option<&TerminationDef>| {
            def.is_some_and(|def| def.max.or(def.iterations).is_some())
        };
        let names_judge =
            |def: Option<&TerminationDef>| def.is_some_and(TerminationDef::names_judge);
        let counted = def.times().is_some() || def.perspectives.is_some() || has_max(own);
        let loop_counted = has_max(of_loop) || loop_def.iterations.or(loop_def.max).is_some();
        let by_flag = self.overrides().max_iterations.is_some() && ctx.pipeline.is_none();
        // The default of the environment applies where no definition sets a count.
        let has_default = self.overrides().fixed_iterations.is_some();
        let by_environment =
            has_default && self.node.termination.is_fixed() && !counted && !loop_counted;
        let judge = self.node.judge.as_ref();
        [
            Setting {
                name: "termination",
                value: self.node.termination.name().to_owned(),
                overridden: false,
                in_node: own.is_some() || def.completion.is_some(),
                in_loop: loop_counted || of_loop.is_some() || loop_def.completion.is_some(),
                in_defaults: false,
            },
            Setting {
                name: "judge",
                value: judge.map_or_else(String::new, AgentSpec::label),
                overridden: ctx.default_judge_applies(def, Some(loop_def)),
                in_node: names_judge(own),
                in_loop: names_judge(of_loop),
                in_defaults: false,
            },
            Setting {
                name: "max_iterations",
                value: self.node.max_iterations.to_string(),
                overridden: by_flag || by_environment,
                in_node: counted,
                in_loop: loop_counted,
                in_defaults: false,
            },
        ]
    }

    fn of_run(&self) -> [Setting; 4] {
        let Self {
            def,
            loop_def,
            node,
            ..
        } = self;
        [
            Setting {
                name: "delay",
                value: delay(node.delay_ms),
                overridden: self.overrides().delay_ms.is_some(),
                in_node: def.delay.is_some(),
                in_loop: loop_def.delay.is_some(),
                in_defaults: self.in_defaults(|defaults| &defaults.delay),
            },
            Setting {
                name: "context",
                value: node.context.clone(),
                overridden: self.overrides().context.is_some(),
                in_node: def.context.is_some(),
                in_loop: loop_def.context.is_some(),
                in_defaults: self.in_defaults(|defaults| &defaults.context),
            },
            Setting {
                name: "check_before",
                value: node.check_before.to_string(),
                overridden: false,
                in_node: def.check_before.is_some(),
                in_loop: loop_def.check_before.is_some(),
                in_defaults: false,
            },
            Setting {
                name: "output_path",
                value: node.output_path.clone(),
                overridden: false,
                in_node: def.output_path.is_some(),
                in_loop: loop_def.output_path.is_some(),
                in_defaults: false,
            },
        ]
    }
}

/// Returns a pause as `delay:` takes it.
fn delay(milliseconds: u64) -> String {
    if milliseconds.is_multiple_of(1000) {
        exact_duration(milliseconds / 1000)
    } else {
        format!("{milliseconds} ms")
    }
}
