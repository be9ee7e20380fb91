//! Overrides of the definitions: by flags, and by the environment.
use super::context::Context;
use crate::compile::{LegacyVariable, Overrides, legacy_variables};
use crate::error::{Error, Result};
use crate::model::Change;
use crate::plan::{Plan, SettingSource};
use crate::store::inputs;
use crate::text;
use crate::ui::{note, table};
use camino::Utf8PathBuf;
use clap::Args;

/// Flags that a start, a resume and a dry run share.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct Said {
    /// Kind of agent: claude, codex, gemini, opencode, amp, copilot, command, scripted, or one of your own
    #[arg(long, value_name = "NAME")]
    pub(super) provider: Option<String>,
    /// Model for the agents, as the provider names it (opus, sonnet, …)
    #[arg(long)]
    pub(super) model: Option<String>,
    /// Permission mode: bypassPermissions, acceptEdits, dontAsk, default, plan, auto
    #[arg(long, value_name = "MODE")]
    pub(super) permissions: Option<String>,
    /// Maximum number of iterations: the same as the number after the session
    #[arg(long = "max", value_name = "N")]
    pub(super) most: Option<u32>,
    /// Run all nodes of a pipeline this many times, one run after the other
    #[arg(long, value_name = "N")]
    pub(super) runs: Option<u32>,
    /// End the session when its agents have cost this much; 0 is no limit
    #[arg(long, value_name = "USD", value_parser = dollars)]
    pub(super) max_cost: Option<f64>,
    /// End the session when it has run this long: 90m, 8h, or a number of seconds; 0 is no limit
    #[arg(long, value_name = "TIME", value_parser = seconds)]
    pub(super) max_runtime: Option<u64>,
    /// Text for ${CONTEXT} in the prompts
    #[arg(long, value_name = "TEXT")]
    pub(super) context: Option<String>,
    /// File, folder or pattern the agents get as input; may be given several times
    #[arg(long, value_name = "FILE")]
    pub(super) input: Vec<Utf8PathBuf>,
    /// Command for the agents' prompts, overriding the definitions': --command test="cargo test"; may be given several times
    #[arg(long, value_name = "KEY=COMMAND", value_parser = named_command)]
    pub(super) command: Vec<(String, String)>,
    /// Where tasks come from: beads, backlog, prd, command, or a file of tasks [default: the loop's own queue]
    #[arg(long, value_name = "NAME|FILE")]
    pub(super) queue: Option<String>,
    /// Use only tasks with this label, in a tracker that has labels [default: pipeline/SESSION]
    #[arg(long, value_name = "LABEL")]
    pub(super) label: Option<String>,
    /// What claims the task of an iteration: the agent, or the engine, which hands it to the agent
    #[arg(long, value_name = "agent|engine")]
    pub(super) claim: Option<String>,
    /// Let agents see API keys and nested CLAUDE variables of your environment
    #[arg(long)]
    pub(super) keep_env: bool,
}

impl Said {
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

    /// Returns what the flags say.
    pub(super) fn flags(&self, max: Option<u32>) -> Result<Overrides> {
        Ok(Overrides {
            provider: self.provider.clone(),
            model: self.model.clone(),
            permissions: self.permissions.clone(),
            max_iterations: max,
            runs: self.runs,
            context: self.context.clone(),
            inputs: inputs::expand(&camino::absolute_utf8(".")?, &self.input)?,
            commands: self.command.iter().cloned().collect(),
            keep_env: self.keep_env.then_some(true),
            queue: self.queue.clone(),
            label: self.label.clone(),
            claim: self.claim.clone(),
            max_cost_usd: self.max_cost,
            max_runtime_seconds: self.max_runtime,
            ..Overrides::default()
        })
    }

    /// Returns what a resumed session's agents are called with from now on. The rest of its plan stays as it was.
    pub(super) fn change(&self) -> Result<Change> {
        let frozen = [
            ("--provider", self.provider.is_some()),
            ("--runs", self.runs.is_some()),
            ("--context", self.context.is_some()),
            ("--input", !self.input.is_empty()),
            ("--command", !self.command.is_empty()),
            ("--queue", self.queue.is_some()),
            ("--label", self.label.is_some()),
            ("--claim", self.claim.is_some()),
        ];
        if let Some((flag, _)) = frozen.iter().find(|(_, said)| *said) {
            return Err(Error::usage(format!("{flag} cannot be changed in a session that has started")).hint(
                "--model, --permissions, --keep-env, --max-cost and --max-runtime can; to change the rest, add `--recompile`, or start over with `--force`",
            ));
        }
        self.callable()
    }

    /// Returns how agents are called from now on, and what they may spend.
    pub(super) fn callable(&self) -> Result<Change> {
        let permissions = self.permissions.as_ref().map(|word| {
            word.parse().map_err(|()| {
                Error::usage(format!("unknown permission mode `{word}`"))
                    .hint("one of bypassPermissions, acceptEdits, dontAsk, default, plan, auto")
            })
        });
        Ok(Change {
            model: self.model.clone(),
            permissions: permissions.transpose()?,
            keep_env: self.keep_env.then_some(true),
            max_cost_usd: self.max_cost,
            max_runtime_seconds: self.max_runtime,
        })
    }
}

/// Returns what the environment says; inputs are looked for from the project.
pub(super) fn environment(context: &Context) -> Result<Overrides> {
    let variable = |name: &str| context.env.get(name).cloned();
    for LegacyVariable { name, instead } in legacy_variables(&variable) {
        note(format!("note: {name} has no effect: {instead}"));
    }
    let mut said = Overrides::from_env(&variable).map_err(Error::usage)?;
    let found = inputs::expand(context.project.root(), &said.inputs)?;
    said.inputs = found;
    Ok(said)
}

/// Shows whose word counted, except where nobody said anything.
pub(super) fn origins(plan: &Plan) -> Option<String> {
    let rows: Vec<_> = plan
        .provenance
        .iter()
        .filter(|said| said.source != SettingSource::BuiltIn)
        .collect();
    let row = |said: &&crate::plan::SettingOrigin| {
        [
            said.setting.clone(),
            text::first_line(&said.value),
            said.source.as_str().to_owned(),
        ]
    };
    (!rows.is_empty())
        .then(|| table::table(["SETTING", "VALUE", "SAID BY"], rows.iter().map(row)).to_string())
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
