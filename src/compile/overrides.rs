//! Settings that take precedence over the definitions, from flags and the environment.
use super::override_value::OverrideValue as _;
use super::project_files::ProjectFiles;
use super::settings::CustomProviders;
use super::user_limits::UserLimits;
use crate::plan::{Hook, Plan, SettingOrigin, SettingSource};
use camino::Utf8PathBuf;
use std::collections::{BTreeMap, BTreeSet};

/// Declares the settings. Each is an entry in a plan under the name of its field.
macro_rules! overrides {
    ($($(#[$doc:meta])* $field:ident: $type:ty,)*) => {
        /// Settings that take precedence over the definitions.
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct Overrides {
            $($(#[$doc])* pub $field: $type,)*
            /// Names of the entries that the environment set, as in [`Overrides::entries`].
            pub environment: BTreeSet<String>,
            /// The providers that the user's settings define, by name.
            pub providers: CustomProviders,
            /// The hooks of the user's settings.
            pub hooks: Vec<Hook>,
            /// What the user allows all sessions, which no definition may widen.
            pub user_limits: UserLimits,
        }

        impl Overrides {
            /// Returns all settings as name and text; each input and each command is an entry of its own.
            pub fn entries(&self) -> Vec<(String, String)> {
                let mut entries = Vec::new();
                $(entries.extend(self.$field.entries(stringify!($field)));)*
                entries
            }

            /// Reads entries back: the inverse of [`Overrides::entries`].
            fn from_entries<'a>(entries: impl Iterator<Item = &'a SettingOrigin>) -> Self {
                let mut overrides = Self::default();
                for SettingOrigin { setting, value, .. } in entries {
                    let (name, key) = setting.split_once('.').unwrap_or((setting, ""));
                    match name {
                        $(stringify!($field) => overrides.$field.read_entry(key, value),)*
                        // Entries of a later version are ignored.
                        _ => {}
                    }
                }
                overrides
            }

            /// Returns these settings, and the weaker ones where these are not set.
            fn merge(self, weaker: Self) -> Self {
                Self {
                    $($field: self.$field.or_weaker(weaker.$field),)*
                    environment: self.environment,
                    providers: match self.providers.is_empty() {
                        true => weaker.providers,
                        false => self.providers,
                    },
                    hooks: match self.hooks.is_empty() {
                        true => weaker.hooks,
                        false => self.hooks,
                    },
                    user_limits: match self.user_limits == UserLimits::default() {
                        true => weaker.user_limits,
                        false => self.user_limits,
                    },
                }
            }
        }
    };
}

overrides! {
    /// `--provider`.
    provider: Option<String>,
    /// The program of the provider.
    program: Option<String>,
    /// `--model`.
    model: Option<String>,
    /// The model of Claude Code where no definition names one.
    default_model: Option<String>,
    /// `--permissions`.
    permissions: Option<String>,
    /// The `max` of `ap <loop> [session] [max]`.
    max_iterations: Option<u32>,
    /// `--runs`.
    runs: Option<u32>,
    /// Iterations of a `fixed` termination that sets none.
    fixed_iterations: Option<u32>,
    /// The judge's provider where no definition names a judge.
    judge_provider: Option<String>,
    /// The judge's model where no definition names a judge.
    judge_model: Option<String>,
    /// `--context`.
    context: Option<String>,
    /// `--keep-env`.
    keep_env: Option<bool>,
    /// `--queue`: a provider or a file.
    queue: Option<String>,
    /// `--label`.
    label: Option<String>,
    /// `--claim`.
    claim: Option<String>,
    /// The pause between iterations, in milliseconds.
    delay_ms: Option<u64>,
    /// `--max-cost`; 0 is no limit.
    max_cost_usd: Option<f64>,
    /// `--max-tokens`; 0 is no limit.
    max_tokens: Option<u64>,
    /// `--max-runtime`; 0 is no limit.
    max_runtime_seconds: Option<u64>,
    /// `--input`: absolute paths.
    input: Vec<Utf8PathBuf>,
    /// `--command`: commands by name.
    command: BTreeMap<String, String>,
}

impl Overrides {
    /// Returns the overrides that a plan was compiled with: those by flags and those by the environment.
    pub fn of_plan(plan: &Plan) -> (Self, Self) {
        let of = |source| {
            let entries = plan.provenance.iter();
            Self::from_entries(entries.filter(|entry| entry.source == source))
        };
        (
            of(SettingSource::Flag),
            of(SettingSource::Environment).by_environment(),
        )
    }

    /// Reads the environment. An empty variable counts as unset, and of two names the first one wins.
    pub fn from_env(variable: &impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let either =
            |names: [&'static str; 2]| names.into_iter().find_map(|name| Some((set(name)?, name)));
        let value = |names| either(names).map(|(value, _)| value);
        let overrides = Self {
            provider: value(["CLAUDE_PIPELINE_PROVIDER", "PIPELINE_CLI_PROVIDER"]),
            program: set("AP_PROGRAM"),
            model: value(["CLAUDE_PIPELINE_MODEL", "PIPELINE_CLI_MODEL"]),
            default_model: set("ANTHROPIC_MODEL"),
            permissions: set("AP_PERMISSIONS"),
            context: value(["CLAUDE_PIPELINE_CONTEXT", "PIPELINE_CLI_CONTEXT"]),
            input: either(["CLAUDE_PIPELINE_INPUTS", "PIPELINE_CLI_INPUTS"])
                .map_or(Ok(Vec::new()), |(value, name)| paths(name, &value))?,
            fixed_iterations: set("FIXED_ITERATIONS")
                .map(|value| number("FIXED_ITERATIONS", &value))
                .transpose()?,
            judge_provider: set("JUDGE_PROVIDER"),
            judge_model: set("JUDGE_MODEL"),
            ..Self::default()
        };
        Ok(overrides.by_environment())
    }

    /// Returns these overrides, and the weaker ones where these are not set: flags over the environment.
    #[must_use]
    pub fn or(self, mut weaker: Self) -> Self {
        // A program or model belongs to the provider it was set with.
        if self.provider.is_some() && self.provider != weaker.provider {
            (weaker.program, weaker.model) = (None, None);
        }
        let own = self.names();
        let inherited = std::mem::take(&mut weaker.environment);
        let mut merged = self.merge(weaker);
        merged.environment.extend(&inherited - &own);
        merged.environment = &merged.environment & &merged.names();
        merged
    }

    /// Returns them without the files of the project, whose settings are for its own sessions.
    #[must_use]
    pub fn without_project(mut self) -> Self {
        self.user_limits.project = ProjectFiles::default();
        self
    }

    /// Marks all settings as set by the environment.
    fn by_environment(self) -> Self {
        Self {
            environment: self.names(),
            ..self
        }
    }

    fn names(&self) -> BTreeSet<String> {
        self.entries().into_iter().map(|(name, _)| name).collect()
    }
}

fn number(name: &str, text: &str) -> Result<u32, String> {
    let number = text.trim().parse().ok();
    number
        .filter(|number| 0 < *number)
        .ok_or_else(|| format!("{name} is `{text}`, and must be a number of iterations"))
}

/// Reads a path, or a JSON list of them.
fn paths(name: &str, text: &str) -> Result<Vec<Utf8PathBuf>, String> {
    if !text.trim_start().starts_with('[') {
        return Ok(vec![text.into()]);
    }
    serde_json::from_str(text)
        .map_err(|error| format!("{name} must be a path, or a JSON list of paths: {error}"))
}
