//! What a person says over the definitions: read from the environment, put together, written down and read again.
use super::settings::ProviderDef;
use crate::plan::{Plan, SettingOrigin, SettingSource};
use camino::Utf8PathBuf;
use std::collections::{BTreeMap, BTreeSet};

/// What a person says over what the definitions say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overrides {
    /// `--provider`.
    pub provider: Option<String>,
    /// The program of the provider.
    pub program: Option<String>,
    /// `--model`.
    pub model: Option<String>,
    /// `--permissions`.
    pub permissions: Option<String>,
    /// The `max` of `ap <loop> [session] [max]`.
    pub max_iterations: Option<u32>,
    /// `--runs`.
    pub runs: Option<u32>,
    /// How many iterations a `fixed` termination has that does not say.
    pub fixed_iterations: Option<u32>,
    /// Who judges where no definition says.
    pub judge_provider: Option<String>,
    /// The model of the judge where no definition says.
    pub judge_model: Option<String>,
    /// `--context`.
    pub context: Option<String>,
    /// `--input`: absolute paths.
    pub inputs: Vec<Utf8PathBuf>,
    /// `--keep-env`.
    pub keep_env: Option<bool>,
    /// `--queue`: a provider or a file.
    pub queue: Option<String>,
    /// `--label`.
    pub label: Option<String>,
    /// `--claim`.
    pub claim: Option<String>,
    /// `--delay`, in milliseconds.
    pub delay_ms: Option<u64>,
    /// `--command`: commands by name.
    pub commands: BTreeMap<String, String>,
    /// `--max-cost`; 0 is no bound.
    pub max_cost_usd: Option<f64>,
    /// `--max-runtime`; 0 is no bound.
    pub max_runtime_seconds: Option<u64>,
    /// Which of these the environment said, by the names [`Overrides::said`] gives them.
    pub environment: BTreeSet<String>,
    /// The providers the user's settings declare, by name.
    pub providers: BTreeMap<String, ProviderDef>,
}

impl Overrides {
    /// Returns what flags and what the environment said over the definitions when a plan was made.
    pub fn of_plan(plan: &Plan) -> (Self, Self) {
        let of =
            |voice| Self::from_said(plan.provenance.iter().filter(|said| said.source == voice));
        let mut environment = of(SettingSource::Environment);
        environment.environment = environment
            .said()
            .into_iter()
            .map(|(what, _)| what)
            .collect();
        (of(SettingSource::Flag), environment)
    }

    /// Reads what the environment says; an empty variable says nothing, and of two names the first one wins.
    pub fn from_env(variable: &impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let either =
            |names: [&'static str; 2]| names.into_iter().find_map(|name| Some((set(name)?, name)));
        let value = |names| either(names).map(|(value, _)| value);
        let mut said = Self {
            provider: value(["CLAUDE_PIPELINE_PROVIDER", "PIPELINE_CLI_PROVIDER"]),
            program: set("AP_PROGRAM"),
            model: value(["CLAUDE_PIPELINE_MODEL", "PIPELINE_CLI_MODEL"]),
            permissions: set("AP_PERMISSIONS"),
            context: value(["CLAUDE_PIPELINE_CONTEXT", "PIPELINE_CLI_CONTEXT"]),
            inputs: either(["CLAUDE_PIPELINE_INPUTS", "PIPELINE_CLI_INPUTS"])
                .map_or(Ok(Vec::new()), |(value, name)| paths(name, &value))?,
            fixed_iterations: set("FIXED_ITERATIONS")
                .map(|value| number("FIXED_ITERATIONS", &value))
                .transpose()?,
            judge_provider: set("JUDGE_PROVIDER"),
            judge_model: set("JUDGE_MODEL"),
            ..Self::default()
        };
        said.environment = said.said().into_iter().map(|(what, _)| what).collect();
        Ok(said)
    }

    /// Returns these, and where they are silent, the others: the command line over the environment.
    #[must_use]
    pub fn or(self, others: Self) -> Self {
        // A program or model belongs to the provider it was said with.
        let same = self.provider.is_none() || self.provider == others.provider;
        let mine: Vec<String> = self.said().into_iter().map(|(what, _)| what).collect();
        let theirs = others
            .environment
            .into_iter()
            .filter(|what| !mine.contains(what));
        let mut commands = others.commands;
        commands.extend(self.commands);
        let mut said = Self {
            program: self.program.or(others.program.filter(|_| same)),
            model: self.model.or(others.model.filter(|_| same)),
            provider: self.provider.or(others.provider),
            permissions: self.permissions.or(others.permissions),
            max_iterations: self.max_iterations.or(others.max_iterations),
            runs: self.runs.or(others.runs),
            fixed_iterations: self.fixed_iterations.or(others.fixed_iterations),
            judge_provider: self.judge_provider.or(others.judge_provider),
            judge_model: self.judge_model.or(others.judge_model),
            context: self.context.or(others.context),
            inputs: if self.inputs.is_empty() {
                others.inputs
            } else {
                self.inputs
            },
            keep_env: self.keep_env.or(others.keep_env),
            queue: self.queue.or(others.queue),
            label: self.label.or(others.label),
            claim: self.claim.or(others.claim),
            delay_ms: self.delay_ms.or(others.delay_ms),
            commands,
            max_cost_usd: self.max_cost_usd.or(others.max_cost_usd),
            max_runtime_seconds: self.max_runtime_seconds.or(others.max_runtime_seconds),
            providers: if self.providers.is_empty() {
                others.providers
            } else {
                self.providers
            },
            environment: self.environment.into_iter().chain(theirs).collect(),
        };
        let all: Vec<String> = said.said().into_iter().map(|(what, _)| what).collect();
        said.environment.retain(|what| all.contains(what));
        said
    }

    /// Returns everything that is said, by name and as text. An input is a row of its own, and so is a command.
    pub fn said(&self) -> Vec<(String, String)> {
        let shown = |what: &str, value: Option<String>| value.map(|value| (what.to_owned(), value));
        let number = |value: Option<u64>| value.map(|value| value.to_string());
        let single = [
            shown("provider", self.provider.clone()),
            shown("program", self.program.clone()),
            shown("model", self.model.clone()),
            shown("permissions", self.permissions.clone()),
            shown("max_iterations", number(self.max_iterations.map(u64::from))),
            shown("runs", number(self.runs.map(u64::from))),
            shown(
                "fixed_iterations",
                number(self.fixed_iterations.map(u64::from)),
            ),
            shown("judge_provider", self.judge_provider.clone()),
            shown("judge_model", self.judge_model.clone()),
            shown("context", self.context.clone()),
            shown("keep_env", self.keep_env.map(|value| value.to_string())),
            shown("queue", self.queue.clone()),
            shown("label", self.label.clone()),
            shown("claim", self.claim.clone()),
            shown("delay_ms", number(self.delay_ms)),
            shown(
                "max_cost_usd",
                self.max_cost_usd.map(|value| value.to_string()),
            ),
            shown("max_runtime_seconds", number(self.max_runtime_seconds)),
        ];
        let inputs = self
            .inputs
            .iter()
            .map(|path| ("input".to_owned(), path.to_string()));
        let commands = self
            .commands
            .iter()
            .map(|(key, command)| (format!("command.{key}"), command.clone()));
        single
            .into_iter()
            .flatten()
            .chain(inputs)
            .chain(commands)
            .collect()
    }

    /// Returns what rows of a plan say: the way back from [`Overrides::said`].
    fn from_said<'a>(rows: impl Iterator<Item = &'a SettingOrigin>) -> Self {
        let mut said = Self::default();
        for SettingOrigin { setting, value, .. } in rows {
            let text = Some(value.clone());
            match setting.as_str() {
                "provider" => said.provider = text,
                "program" => said.program = text,
                "model" => said.model = text,
                "permissions" => said.permissions = text,
                "max_iterations" => said.max_iterations = value.parse().ok(),
                "runs" => said.runs = value.parse().ok(),
                "fixed_iterations" => said.fixed_iterations = value.parse().ok(),
                "judge_provider" => said.judge_provider = text,
                "judge_model" => said.judge_model = text,
                "context" => said.context = text,
                "keep_env" => said.keep_env = value.parse().ok(),
                "queue" => said.queue = text,
                "label" => said.label = text,
                "claim" => said.claim = text,
                "delay_ms" => said.delay_ms = value.parse().ok(),
                "max_cost_usd" => said.max_cost_usd = value.parse().ok(),
                "max_runtime_seconds" => said.max_runtime_seconds = value.parse().ok(),
                "input" => said.inputs.push(value.into()),
                // What a later version says here says nothing to this one.
                _ => said.commands.extend(
                    setting
                        .strip_prefix("command.")
                        .map(|key| (key.to_owned(), value.clone())),
                ),
            }
        }
        said
    }
}

fn number(name: &str, text: &str) -> Result<u32, String> {
    text.trim()
        .parse()
        .ok()
        .filter(|number| 0 < *number)
        .ok_or_else(|| format!("{name} is `{text}`, and must be a number of iterations"))
}

/// A path, or a JSON list of them.
fn paths(name: &str, text: &str) -> Result<Vec<Utf8PathBuf>, String> {
    if !text.trim_start().starts_with('[') {
        return Ok(vec![text.into()]);
    }
    serde_json::from_str(text)
        .map_err(|error| format!("{name} must be a path, or a JSON list of paths: {error}"))
}
