//! The settings of a project: `.agent-pipelines/config.yaml`.
//!
//! ```yaml
//! models: {default: sonnet}            # of the agents that build the project
//! max_iterations: 60
//! threshold: 0.9                       # of the score that verify.sh prints
//! delay: 10s
//! limits: {wall: 1h}
//! budgets: {day: {usd: 5}}             # of all sessions of the project
//! ```
use super::definition::{LoopDef, ProjectDef, QuotaDef, TerminationDef};
use super::diagnostics::{
    Diagnostics, Document, LintCode, Location, Path, Problem, SourceText, offset,
};
use super::lint;
use super::loaded_loop::LoadedLoop;
use super::project_files::ProjectFiles;
use super::yaml;
use crate::agent::AgentSpec;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Where a project's settings are.
pub const CONFIG_FILE: &str = ".agent-pipelines/config.yaml";
/// Where the agents are defined that those of a project's loop may call.
pub const AGENTS_FILE: &str = ".agent-pipelines/agents.json";

/// The keys of a loop that a project's settings set under another name.
const ALIASES: &[(&[&str], &[&str])] = &[
    (&["model"], &["models", "default"]),
    (&["escalation", "to", "model"], &["models", "escalate"]),
    (&["escalation"], &["models", "escalate"]),
    (&["max"], &["max_iterations"]),
    (&["termination", "max"], &["max_iterations"]),
    (&["termination", "threshold"], &["threshold"]),
];

/// The settings of a project.
#[derive(Clone, Debug)]
pub(super) struct ProjectConfig {
    document: Document,
    pub(super) own: ProjectDef,
    of_loop: LoopDef,
    /// The agents that those of the loop may call, as JSON; empty if none are defined.
    pub(super) subagents: String,
}

impl ProjectConfig {
    /// Reads a project's settings, if it has any, and reports what is wrong with them.
    pub(super) fn read(files: &ProjectFiles, diagnostics: &Diagnostics) -> Option<Self> {
        let agents = readable(AGENTS_FILE, files.agents.as_ref(), diagnostics);
        let subagents = agents.and_then(|text| subagents(text, diagnostics));
        if files.config.is_none() && subagents.is_none() {
            return None;
        }
        // What it takes away is not known if it cannot be read, so no session may start.
        let config = readable(CONFIG_FILE, files.config.as_ref(), diagnostics);
        let text = config.map_or("", |text| &text.text);
        let document = Document::new(CONFIG_FILE, text, diagnostics);
        let others = ["model", "delay", "limits", "quota", "termination"];
        let (own, of_loop) =
            yaml::read_both::<ProjectDef, LoopDef>(&document, &ProjectDef::KEYS, &others)?;
        let config = Self {
            document,
            own,
            of_loop,
            subagents: subagents.unwrap_or_default(),
        };
        config.check();
        Some(config)
    }

    /// Returns what it takes away from what the user allows all sessions.
    pub(super) fn quota(&self) -> &QuotaDef {
        &self.of_loop.quota
    }

    /// Returns its top level.
    pub(super) fn location(&self) -> Location<'_> {
        Location::top(&self.document)
    }

    /// Whether it is about a loop.
    pub(super) fn is_of(&self, name: &str) -> bool {
        self.own.loop_name() == name
    }

    /// Returns a loop with these settings over its own.
    pub(super) fn over(&self, loaded: LoadedLoop) -> LoadedLoop {
        let document = loaded.document.with_over(self.document.clone(), ALIASES);
        let def = self.settings().over(loaded.def);
        lint::loop_(&document, &def, &loaded.name);
        LoadedLoop {
            document,
            def,
            ..loaded
        }
    }

    /// Returns the settings of the loop, those under other names too.
    pub(super) fn settings(&self) -> LoopDef {
        let own = &self.own;
        let mut def = self.of_loop.clone();
        def.model = def.model.or_else(|| own.models.default.clone());
        def.prompt = None;
        if let Some(model) = own.models.escalate.clone() {
            let to = &mut def.escalation.get_or_insert_default().to;
            to.model = to.model.take().or(Some(model));
        }
        if own.max_iterations.is_some() || own.threshold.is_some() {
            let ends = def.termination.get_or_insert_with(TerminationDef::default);
            ends.max = ends.max.or(own.max_iterations);
            ends.threshold = ends.threshold.or(own.threshold);
        }
        def
    }

    /// Gives an agent, and those it falls back to, the agents that they may call.
    pub(super) fn equip(&self, agent: &mut AgentSpec) {
        if agent.adapter().takes_subagents() {
            agent.subagents.clone_from(&self.subagents);
        }
        agent.others_mut().for_each(|agent| self.equip(agent));
    }

    fn check(&self) {
        let top = self.location();
        if !self.own.budgets.is_valid() {
            let message = "`budgets` must be amounts, 0 or more";
            top.report(top.at_key("budgets", LintCode::BadValue, message));
        }
        if self.of_loop.prompt.is_some() {
            let message = "a project's settings have no prompt of their own";
            let problem = top.at_key("prompt", LintCode::NoEffect, message);
            top.report(problem.hint(
                "write a loop of your own with `ap new loop NAME`, and name it here: `loop: NAME`",
            ));
        }
        let ends = self.of_loop.termination.as_ref();
        for (key, is_twice) in [
            (
                "models",
                self.of_loop.model.is_some() && self.own.models.default.is_some(),
            ),
            (
                "max_iterations",
                self.own.max_iterations.is_some() && self.counts(),
            ),
            (
                "threshold",
                self.own.threshold.is_some() && ends.is_some_and(|ends| ends.threshold.is_some()),
            ),
        ] {
            if is_twice {
                let message = format!("`{key}` sets what another key sets, too");
                top.report(
                    top.at_key(key, LintCode::Twice, message)
                        .hint("keep one of the two"),
                );
            }
        }
    }

    /// Whether one of the loop's own keys sets the number of iterations.
    fn counts(&self) -> bool {
        let of_loop = &self.of_loop;
        let ends = of_loop.termination.as_ref();
        of_loop.max.or(of_loop.iterations).is_some()
            || ends.is_some_and(|ends| ends.max.or(ends.iterations).is_some())
    }
}

/// Returns the name of the loop that builds a project.
pub fn project_loop(files: &ProjectFiles) -> String {
    let config = ProjectConfig::read(files, &Diagnostics::default());
    let name = config
        .as_ref()
        .map_or(ProjectDef::LOOP, |config| config.own.loop_name());
    name.to_owned()
}

/// Returns the text of a file, if there is one that can be read.
fn readable<'a>(
    file: &str,
    text: Option<&'a Result<SourceText, String>>,
    diagnostics: &Diagnostics,
) -> Option<&'a SourceText> {
    let report = |reason: &String| {
        let message = format!("{file} cannot be read: {reason}");
        diagnostics.report(Problem::without_file(LintCode::Unreadable, message));
    };
    text?.as_ref().map_err(report).ok()
}

/// The largest definition of agents that is passed on: it is one argument of a program.
const MAX_SUBAGENTS: usize = 64 * 1024;

/// Returns the agents that a file defines, as one line of JSON; nothing if it has none.
fn subagents(text: &SourceText, diagnostics: &Diagnostics) -> Option<String> {
    let document = Document::new(&text.file, &text.text, diagnostics);
    let report = |at: usize, message: String, hint: &str| {
        let end = at + text.text[at..].lines().next().map_or(0, str::len);
        let problem = document.spanning(at..end, &Path::default(), LintCode::BadValue, message);
        document.report(problem.hint(hint.to_owned()));
    };
    let agents: BTreeMap<String, SubagentDef> = match serde_json::from_str(&text.text) {
        Ok(agents) => agents,
        Err(error) => {
            let at = offset(&text.text, error.line(), 1);
            let message = error.to_string();
            let message = message.split(" at line ").next().unwrap_or_default();
            report(
                at,
                format!("the agents cannot be read: {message}"),
                SUBAGENTS_HINT,
            );
            return None;
        }
    };
    let json = serde_json::to_string(&agents).ok()?;
    if MAX_SUBAGENTS < json.len() {
        let message = format!(
            "the agents take {} bytes, at most {MAX_SUBAGENTS}",
            json.len()
        );
        report(
            0,
            message,
            "shorten their prompts: let them read a file of the project",
        );
        return None;
    }
    (!agents.is_empty()).then_some(json)
}

const SUBAGENTS_HINT: &str = r#"each agent has at least a description and a prompt: {"tester": {"description": "…", "prompt": "…"}}"#;

/// An agent of `agents.json`, as Claude Code takes it.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct SubagentDef {
    description: String,
    prompt: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tools: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    disallowed_tools: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    model: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    effort: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max_turns: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    background: Option<bool>,
}

/// The keys of the file, for its schema.
#[cfg(feature = "schemas")]
#[derive(Debug)]
pub(super) struct ProjectFile;

#[cfg(feature = "schemas")]
impl schemars::JsonSchema for ProjectFile {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ProjectFile".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let mut schema = LoopDef::json_schema(generator);
        let own = ProjectDef::json_schema(generator);
        let added = own.get("properties").and_then(|keys| keys.as_object());
        let keys = schema
            .ensure_object()
            .get_mut("properties")
            .and_then(|keys| keys.as_object_mut());
        if let (Some(keys), Some(added)) = (keys, added) {
            keys.remove("prompt");
            keys.extend(added.clone());
        }
        schema
    }
}
