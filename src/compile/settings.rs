//! The user's own settings: `~/.config/agent-pipelines/config.yaml`.
//!
//! ```yaml
//! programs:
//!   claude: /opt/claude/bin/claude     # instead of what PATH has
//!   bd: /opt/beads/bd
//! keep_window: false                   # close a session's tmux window when it ends
//! max_agents: 4                        # at a time on this machine, over all sessions
//! contain: namespace                   # agents in a PID namespace, as an ordinary user too
//! budgets:                             # over all sessions
//!   day: {usd: 20, tokens: 50000000}
//!   week: {usd: 80}
//! notify:                              # see docs/notifications.md
//!   channels: {me: {type: telegram, token: {secret: tg_token}, chat: {secret: tg_chat}}}
//!   rules: [{events: [question, failed], to: [me], repeat: 4h}]
//! hooks:                               # see docs/hooks.md
//!   session_end: [{command: [./tell-me]}]
//! guard:                               # see docs/guard.md
//!   off: [judge]
//!   rules: ["terraform apply"]
//! redact:
//!   transcripts: true                  # remove secrets from the agents' raw output, too
//! quota:                               # see docs/quota.md
//!   seven_day: {hold: 80%, pace: even}
//!   keep: [{window: five_hour, share: 30%, on: mon-fri, from: "09:00", to: "18:00"}]
//! supervisor:                          # see docs/supervisor.md
//!   max_agents: 4
//!   slice: {iterations: 1, when_alone: free}
//!   at_start: 10s
//!   min_free: 5GB
//! retention: {log: 30d, cycles: 90d}   # of the supervisor's logs
//! providers:                           # for `provider: mycli`; see docs/providers.md
//!   mycli:
//!     program: mycli
//!     args: [run]
//!     prompt: file                     # stdin (the default), file or argument
//!     model_flag: --model
//!     permissions: {bypassPermissions: [--yes]}
//!     install: "pipx install mycli"
//! ```
use super::definition::{HooksDef, NotifyDef, QuotaDef};
use super::diagnostics::{Diagnostics, Document, LintCode, Location, Problem, SourceText};
use super::supervisor_settings::{RetentionSettings, SupervisorSettings};
use super::{hooks, notify, yaml};
use crate::agent::{AgentSpec, Provider, ProviderDef};
use crate::guard;
use crate::model::Contain;
use crate::plan::{Budgets, Hook, HookSource, NotifyPolicy, Plan, QueueSource, Step};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The user's settings for all projects.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Where the programs of providers are, by the name a plan calls them.
    pub programs: BTreeMap<String, String>,
    /// Whether a session's window stays readable after its end; it does unless this is false.
    pub keep_window: Option<bool>,
    /// How many agents may run at a time on this machine, over all sessions of this user; unlimited by default.
    pub max_agents: Option<u32>,
    /// How agents are contained: `auto` (a PID namespace as root), `groups` or `namespace`.
    pub contain: Contain,
    /// What all sessions may spend in a day and in a week.
    pub budgets: Budgets,
    /// How the user is notified.
    pub notify: NotifyDef,
    /// What `notify` comes to.
    #[serde(skip)]
    pub notify_policy: NotifyPolicy,
    /// Where secrets are removed beyond what is always redacted.
    pub redact: Redact,
    /// What runs at the events of all sessions.
    pub hooks: HooksDef,
    /// What `hooks` comes to.
    #[serde(skip)]
    pub session_hooks: Vec<Hook>,
    /// What agents may not do with their tools.
    pub guard: guard::Settings,
    /// How much of a provider's quota may be used.
    pub quota: QuotaDef,
    /// How the supervisor shares the machine between projects.
    pub supervisor: SupervisorSettings,
    /// How long the supervisor keeps logs.
    pub retention: RetentionSettings,
    /// Kinds of agents beside those that are built in, by name.
    pub providers: BTreeMap<String, ProviderDef>,
}

impl Settings {
    /// Reads the file's text.
    pub fn read(text: &SourceText) -> Result<Self, Vec<Problem>> {
        if text.text.trim().is_empty() {
            return Ok(Self::default());
        }
        let diagnostics = Diagnostics::default();
        let document = Document::new(&text.file, &text.text, &diagnostics);
        let mut read = yaml::read::<Self>(&document);
        if let Some(settings) = &mut read {
            let at = Location::top(&document).to("notify");
            settings.notify_policy = notify::policy(&at, &settings.notify);
        }
        if read
            .as_ref()
            .is_some_and(|settings| !settings.budgets.is_valid())
        {
            Location::top(&document).report(Location::top(&document).at_key(
                "budgets",
                LintCode::BadValue,
                "`budgets` must be amounts, 0 or more",
            ));
        }
        if let Some(settings) = &mut read {
            let at = Location::top(&document);
            settings.session_hooks = hooks::checked(&at, &settings.hooks, HookSource::Config);
        }
        for (name, def) in read.iter().flat_map(|settings| &settings.providers) {
            check(&Location::top(&document).to("providers"), name, def);
        }
        match read {
            Some(settings) if diagnostics.count() == 0 => Ok(settings),
            _ => Err(diagnostics.take()),
        }
    }

    /// Replaces the names of programs in a plan by the configured paths.
    pub fn place_programs(&self, plan: &mut Plan) {
        for node in plan.steps.iter_mut().flat_map(Step::all_nodes_mut) {
            let place = |agent: &mut AgentSpec| {
                if let Some(program) = self.programs.get(&agent.program) {
                    agent.program.clone_from(program);
                }
            };
            place(&mut node.agent);
            node.agent.others_mut().for_each(place);
            if let Some(judge) = &mut node.judge
                && let Some(program) = self.programs.get(&judge.program)
            {
                judge.program.clone_from(program);
            }
            if let Some(queue) = &mut node.queue {
                self.place_tracker(&mut queue.source);
            }
        }
    }

    /// Replaces the name of a tracker's program by the configured path.
    pub fn place_tracker(&self, source: &mut QueueSource) {
        if let QueueSource::Beads { program, .. } = source
            && let Some(placed) = self.programs.get(program)
        {
            program.clone_from(placed);
        }
    }
}

/// `redact:` in `config.yaml`: where secrets are removed beyond what is always redacted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Redact {
    /// Whether secrets are removed from `stdout.log` and `stderr.log` at the end of an attempt; they are not by default.
    pub transcripts: bool,
}

/// The providers that the user's settings define, by name.
pub(super) type CustomProviders = BTreeMap<String, ProviderDef>;

fn check(location: &Location<'_>, name: &str, def: &ProviderDef) {
    if Provider::named(name).is_some() {
        let problem = location.at_key(
            name,
            LintCode::BadName,
            format!("`{name}` is a provider that is built in"),
        );
        location.report(problem.hint(
            "choose another name for yours; `programs:` names another program for one that is built in",
        ));
    }
    // In `fallback` a colon comes before the model.
    if name.is_empty() || name.contains(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)))
    {
        location.report(location.at_key(
            name,
            LintCode::BadName,
            format!("`{}` cannot be the name of a provider", name.escape_debug()),
        ));
    }
    if def.program.is_empty() {
        location.report(
            location
                .at_key(
                    name,
                    LintCode::NoProgram,
                    format!("provider `{name}` needs a `program`"),
                )
                .hint("its name on PATH, or its path"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::{CustomOutput, PromptDelivery};
    use crate::model::PermissionMode;

    fn read(text: &str) -> Result<Settings, String> {
        let shown = |problems: Vec<Problem>| {
            problems
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join("\n")
        };
        Settings::read(&SourceText {
            file: "config.yaml".to_owned(),
            text: text.to_owned(),
        })
        .map_err(shown)
    }

    #[test]
    fn an_empty_file_sets_nothing() {
        assert_eq!(read("\n"), Ok(Settings::default()));
    }

    #[test]
    fn programs_have_places() {
        assert_eq!(
            read("programs: {claude: /opt/claude}\nkeep_window: false")
                .unwrap()
                .programs["claude"],
            "/opt/claude"
        );
    }

    #[test]
    fn a_typo_is_shown_at_its_place() {
        let error = read("keep_window: true\nprogrm:\n  claude: x\n").unwrap_err();
        assert!(
            error.starts_with("config.yaml:2:1: unknown key `progrm`"),
            "{error}"
        );
    }

    #[test]
    fn a_provider_is_declared_without_rust() {
        let settings = read(
            "providers:\n  mycli:\n    program: mycli\n    prompt: argument\n    output: stream-json\n    permissions: {bypassPermissions: [--yes]}\n",
        );
        let own = settings.unwrap().providers["mycli"].clone();
        assert_eq!(
            (own.prompt, own.output),
            (PromptDelivery::Argument, CustomOutput::StreamJson)
        );
        assert_eq!(
            own.permissions[&PermissionMode::BypassPermissions],
            ["--yes"]
        );
    }

    #[test]
    fn an_invalid_provider_is_reported_with_its_location() {
        let error = |text: &str| read(text).unwrap_err();
        assert_eq!(
            error("providers:\n  codex: {program: x}\n"),
            "config.yaml:2:3: `codex` is a provider that is built in"
        );
        assert_eq!(
            error("providers:\n  a:b: {program: x}\n"),
            "config.yaml:2:3: `a:b` cannot be the name of a provider"
        );
        assert_eq!(
            error("providers:\n  mycli: {args: [x]}\n"),
            "config.yaml:2:3: provider `mycli` needs a `program`"
        );
        assert!(
            error("providers:\n  mycli: {program: x, promt: file}\n")
                .starts_with("config.yaml:2:23: unknown key `promt`")
        );
        assert!(
            error("providers:\n  mycli: {program: x, permissions: {yolo: []}}\n")
                .starts_with("config.yaml:2:")
        );
    }
}
