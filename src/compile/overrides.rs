//! Overrides of the definitions, by flags and the environment.
use super::settings::ProviderDef;
use crate::plan::{Plan, SettingOrigin, SettingSource};
use camino::Utf8PathBuf;
use std::collections::{BTreeMap, BTreeSet};

/// Settings that take precedence over the definitions.
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
    /// Iterations of a `fixed` termination that sets none.
    pub fixed_iterations: Option<u32>,
    /// The judge's provider where no definition names a judge.
    pub judge_provider: Option<String>,
    /// The judge's model where no definition names a judge.
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
    /// Names of the entries that the environment set, as in [`Overrides::entries`].
    pub environment: BTreeSet<String>,
    /// The providers the user's settings declare, by name.
    pub providers: BTreeMap<String, ProviderDef>,
}

impl Overrides {
    /// Returns the overrides that a plan was compiled with: those by flags and those by the environment.
    pub fn of_plan(plan: &Plan) -> (Self, Self) {
        let of = |source| {
            Self::from_entries(
                plan.provenance
                    .iter()
                    .filter(|origin| origin.source == source),
            )
        };
        let mut environment = of(SettingSource::Environment);
        environment.environment = environment
            .entries()
            .into_iter()
            .map(|(what, _)| what)
            .collect();
        (of(SettingSource::Flag), environment)
    }

    /// Reads the environment. An empty variable counts as unset, and of two names the first one wins.
    pub fn from_env(variable: &impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let either =
            |names: [&'static str; 2]| names.into_iter().find_map(|name| Some((set(name)?, name)));
        let value = |names| either(names).map(|(value, _)| value);
        let mut overrides = Self {
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
        overrides.environment = overrides
            .entries()
            .into_iter()
            .map(|(what, _)| what)
            .collect();
        Ok(overrides)
    }

    /// Returns these, and where they are silent, the others: the command line over the environment.
    #[must_use]
    pub fn or(self, others: Self) -> Self {
        // A program or model belongs to the provider it was set with.
        let same = self.provider.is_none() || self.provider == others.provider;
        let mine: Vec<String> = self.entries().into_iter().map(|(what, _)| what).collect();
        let theirs = others
            .environment
            .into_iter()
            .filter(|what| !mine.contains(what));
        let mut commands = others.commands;
        commands.extend(self.commands);
        let mut overrides = Self {
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
        let all: Vec<String> = overrides
            .entries()
            .into_iter()
            .map(|(what, _)| what)
            .collect();
        overrides.environment.retain(|what| all.contains(what));
        overrides
    }

    /// Returns all settings as name and text; each input and each command is an entry of its own.
    pub fn entries(&self) -> Vec<(String, String)> {
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

    /// Reads entries back: the inverse of [`Overrides::entries`].
    fn from_entries<'a>(rows: impl Iterator<Item = &'a SettingOrigin>) -> Self {
        let mut overrides = Self::default();
        for SettingOrigin { setting, value, .. } in rows {
            let text = Some(value.clone());
            match setting.as_str() {
                "provider" => overrides.provider = text,
                "program" => overrides.program = text,
                "model" => overrides.model = text,
                "permissions" => overrides.permissions = text,
                "max_iterations" => overrides.max_iterations = value.parse().ok(),
                "runs" => overrides.runs = value.parse().ok(),
                "fixed_iterations" => overrides.fixed_iterations = value.parse().ok(),
                "judge_provider" => overrides.judge_provider = text,
                "judge_model" => overrides.judge_model = text,
                "context" => overrides.context = text,
                "keep_env" => overrides.keep_env = value.parse().ok(),
                "queue" => overrides.queue = text,
                "label" => overrides.label = text,
                "claim" => overrides.claim = text,
                "delay_ms" => overrides.delay_ms = value.parse().ok(),
                "max_cost_usd" => overrides.max_cost_usd = value.parse().ok(),
                "max_runtime_seconds" => overrides.max_runtime_seconds = value.parse().ok(),
                "input" => overrides.inputs.push(value.into()),
                // Entries of a later version are ignored.
                _ => overrides.commands.extend(
                    setting
                        .strip_prefix("command.")
                        .map(|key| (key.to_owned(), value.clone())),
                ),
            }
        }
        overrides
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
