//! Overrides of the definitions: by flags, and by the environment.
use super::choices::{ClaimChoice, PermissionChoice};
use super::context::Context;
use crate::compile::{LegacyVariable, Overrides, legacy_variables};
use crate::error::{Error, ErrorKind, Result};
use crate::model::Change;
use crate::plan::{Plan, SettingOrigin, SettingSource};
use crate::store::inputs;
use crate::text;
use crate::ui::note;
use crate::ui::table::{Fit, Table};
use camino::Utf8PathBuf;
use clap::Args;

/// Settings that may change when a session is resumed with its plan.
const CHANGEABLE: [&str; 6] = [
    "model",
    "permissions",
    "keep_env",
    "max_cost_usd",
    "max_tokens",
    "max_runtime_seconds",
];

/// Flags that a start, a resume and a dry run share.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct OverrideArgs {
    /// Kind of agent: claude, codex, gemini, opencode, amp, copilot, command, scripted, or one of your own
    #[arg(help_heading = "Agent", long, value_name = "NAME")]
    pub(super) provider: Option<String>,
    /// Model for the agents, as the provider names it (opus, sonnet, …)
    #[arg(help_heading = "Agent", long)]
    pub(super) model: Option<String>,
    /// What the agents may do without asking
    #[arg(help_heading = "Agent", long, value_name = "MODE")]
    pub(super) permissions: Option<PermissionChoice>,
    /// Maximum number of iterations: the same as the number after the session
    #[arg(help_heading = "Limits", long = "max", value_name = "N", value_parser = at_least_one)]
    pub(super) most: Option<u32>,
    /// Run all nodes of a pipeline this many times, one run after the other
    #[arg(help_heading = "Limits", long, value_name = "N")]
    pub(super) runs: Option<u32>,
    /// End the session when its agents have cost this much; 0 is no limit
    #[arg(help_heading = "Limits", long, value_name = "USD", value_parser = dollars)]
    pub(super) max_cost: Option<f64>,
    /// End the session when its agents, sub-agents included, have used this many tokens (input, output, cache writes); 0 is no limit
    #[arg(help_heading = "Limits", long, value_name = "N")]
    pub(super) max_tokens: Option<u64>,
    /// End the session when it has run this long: 90m, 8h, or a number of seconds; 0 is no limit
    #[arg(help_heading = "Limits", long, value_name = "TIME", value_parser = seconds)]
    pub(super) max_runtime: Option<u64>,
    /// Text for ${CONTEXT} in the prompts
    #[arg(
        help_heading = "Agent",
        long,
        value_name = "TEXT",
        allow_hyphen_values = true
    )]
    pub(super) context: Option<String>,
    /// File, folder or pattern the agents get as input; may be given several times
    #[arg(help_heading = "Agent", long, value_name = "FILE")]
    pub(super) input: Vec<Utf8PathBuf>,
    /// Command for the agents' prompts, overriding the definitions': --command test="cargo test"; may be given several times
    #[arg(help_heading = "Agent", long, value_name = "KEY=COMMAND", value_parser = named_command)]
    pub(super) command: Vec<(String, String)>,
    /// Where tasks come from: beads, backlog, prd, command, or a file of tasks [default: the loop's own queue]
    #[arg(help_heading = "Tasks", long, value_name = "NAME|FILE")]
    pub(super) queue: Option<String>,
    /// Use only tasks with this label, in a tracker that has labels [default: pipeline/SESSION]
    #[arg(help_heading = "Tasks", long, value_name = "LABEL")]
    pub(super) label: Option<String>,
    /// What claims the task of an iteration: the agent, or the engine, which hands it to the agent
    #[arg(help_heading = "Tasks", long, value_name = "WHO")]
    pub(super) claim: Option<ClaimChoice>,
    /// Let agents see API keys and nested CLAUDE variables of your environment
    #[arg(help_heading = "Agent", long)]
    pub(super) keep_env: bool,
}

impl OverrideArgs {
    /// Returns the maximum number of iterations, which may be a flag or follow the session.
    pub(super) fn max(&self, positional: Option<u32>) -> Result<Option<u32>> {
        match (self.most, positional) {
            (Some(flag), Some(number)) if flag != number => Err(Error::usage(format!(
                "the maximum is given twice: {number} and --max {flag}"
            ))
            .hint("give it once")),
            (flag, number) => Ok(flag.or(number)),
        }
    }

    /// Returns how often a pipeline runs, which may be a flag or follow the session.
    pub(super) fn runs(&self, positional: Option<u32>) -> Result<Option<u32>> {
        match (self.runs, positional) {
            (Some(flag), Some(number)) if flag != number => Err(Error::usage(format!(
                "the number of runs is given twice: {number} and --runs {flag}"
            ))
            .hint("give it once")),
            (flag, number) => Ok(flag.or(number)),
        }
    }

    /// Returns the overrides by these flags; inputs are found from the current folder.
    pub(super) fn to_overrides(&self, max_iterations: Option<u32>) -> Result<Overrides> {
        Ok(Overrides {
            max_iterations,
            input: inputs::expand(&camino::absolute_utf8(".")?, &self.input)?,
            ..self.unresolved()
        })
    }

    /// Returns the overrides with inputs as written.
    fn unresolved(&self) -> Overrides {
        Overrides {
            provider: self.provider.clone(),
            model: self.model.clone(),
            permissions: self.permissions.map(|mode| mode.0.name().to_owned()),
            runs: self.runs,
            context: self.context.clone(),
            input: self.input.clone(),
            command: self.command.iter().cloned().collect(),
            keep_env: self.keep_env.then_some(true),
            queue: self.queue.clone(),
            label: self.label.clone(),
            claim: self.claim.map(|by| by.0.name().to_owned()),
            max_cost_usd: self.max_cost,
            max_tokens: self.max_tokens,
            max_runtime_seconds: self.max_runtime,
            ..Overrides::default()
        }
    }

    /// Returns the changes to a session that is resumed with its plan. Other flags are refused.
    pub(super) fn resume_changes(&self) -> Result<Change> {
        let entries = self.unresolved().entries();
        let frozen = entries
            .iter()
            .map(|(name, _)| name.split('.').next().unwrap_or(name))
            .find(|name| !CHANGEABLE.contains(name));
        match frozen {
            Some(name) => Err(Error::usage(format!("--{name} cannot be changed in a session that has started")).hint(
                "--model, --permissions, --keep-env, --max-cost, --max-tokens and --max-runtime can; to change the rest, add `--recompile`, or start over with `--force`",
            )),
            None => Ok(self.changes()),
        }
    }

    /// Returns the changes to how agents are called and what they may spend.
    pub(super) fn changes(&self) -> Change {
        Change {
            model: self.model.clone(),
            permissions: self.permissions.map(|mode| mode.0),
            keep_env: self.keep_env.then_some(true),
            max_cost_usd: self.max_cost,
            max_tokens: self.max_tokens,
            max_runtime_seconds: self.max_runtime,
        }
    }
}

/// Returns the overrides by the environment; inputs are found from the project.
pub(super) fn environment(context: &Context) -> Result<Overrides> {
    let variable = |name: &str| context.env.get(name).cloned();
    for LegacyVariable { name, instead } in legacy_variables(&variable) {
        note(format!("note: {name} has no effect: {instead}"));
    }
    let overrides =
        Overrides::from_env(&variable).map_err(|error| Error::new(ErrorKind::BadValue, error))?;
    let input = inputs::expand(context.project.root(), &overrides.input)?;
    Ok(Overrides { input, ..overrides })
}

/// Returns a table of the settings that are not defaults, and where each came from.
pub(super) fn origins(plan: &Plan) -> Option<String> {
    let rows: Vec<_> = plan
        .provenance
        .iter()
        .filter(|origin| origin.source != SettingSource::BuiltIn)
        .collect();
    let row = |origin: &&SettingOrigin| {
        [
            origin.setting.clone(),
            text::first_line(&origin.value),
            origin.source.as_str().to_owned(),
        ]
    };
    (!rows.is_empty()).then(|| {
        Table::new([Fit::Keep, Fit::Wrap, Fit::Keep])
            .header(["SETTING", "VALUE", "FROM"])
            .rows(rows.iter().map(row))
            .fit_terminal()
    })
}

/// Reads a number of iterations or runs.
pub(super) fn at_least_one(text: &str) -> Result<u32, String> {
    text.parse()
        .ok()
        .filter(|number| 0 < *number)
        .ok_or_else(|| "a whole number is needed, 1 or more".to_owned())
}

fn dollars(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|amount: &f64| amount.is_finite() && 0.0 <= *amount)
        .ok_or_else(|| "an amount like 12.50 is needed".to_owned())
}

fn seconds(text: &str) -> Result<u64, String> {
    let span = || {
        text.parse::<jiff::SignedDuration>()
            .ok()
            .and_then(|span| u64::try_from(span.as_secs()).ok())
    };
    text.parse()
        .ok()
        .or_else(span)
        .ok_or_else(|| "a time like 90m or 8h is needed".to_owned())
}

fn named_command(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, command)) if !key.trim().is_empty() && !command.trim().is_empty() => {
            Ok((key.trim().to_owned(), command.to_owned()))
        }
        Some(_) | None => {
            Err("a name and a command like test=\"cargo test\" are needed".to_owned())
        }
    }
}
