//! What the user allows all sessions, and what a project takes away from it: a definition may narrow both, never widen.
//!
//! ```yaml
//! # .claude/agent-pipelines.yaml, for all sessions of a project
//! budgets:
//!   day: {usd: 5}
//! quota:
//!   seven_day: {hold: 60%}
//! ```
use super::definition::QuotaDef;
use super::diagnostics::{Diagnostics, Document, LintCode, Location, Problem};
use super::project_config::ProjectConfig;
use super::project_files::ProjectFiles;
use super::yaml;
use crate::model::{Share, WindowName};
use crate::plan::{
    Budgets, Pace, PeriodBudget, QuotaLimits, QuotaPolicy, WhenUnknown, WindowLimits, WindowPolicy,
};
use crate::text::exact_duration;
use serde::Deserialize;

/// What a project takes away from what you allow all sessions.
pub const PROJECT_FILE: &str = ".claude/agent-pipelines.yaml";

/// What the user allows all sessions, and the project's files.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UserLimits {
    /// `budgets:` of `config.yaml`.
    pub budgets: Budgets,
    /// `quota:` of `config.yaml`, over the defaults.
    pub quota: QuotaPolicy,
    /// What the project takes away.
    pub project: ProjectFiles,
}

/// What a project takes away, for all its sessions.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub(super) struct LimitsOfProject {
    /// Less than your `config.yaml` allows all sessions to spend in a day and in a week.
    budgets: Budgets,
    /// Less of a provider's quota than your `config.yaml` allows.
    quota: QuotaDef,
}

impl UserLimits {
    /// Returns what is wrong with the project's files.
    pub fn project_problems(&self) -> Vec<Problem> {
        let diagnostics = Diagnostics::default();
        self.read_project(&diagnostics);
        let config = ProjectConfig::read(&self.project, &diagnostics);
        self.read_config(config.as_ref());
        diagnostics.take()
    }

    /// Returns what a session may spend and use by its definition and its project, and reports what would widen what the
    /// user allows. `guardrails` is where the definition's `budgets` are, `top` where its `quota` is.
    pub(super) fn narrowed(
        &self,
        top: &Location<'_>,
        (budgets, quota): (Budgets, &QuotaDef),
        config: Option<&ProjectConfig>,
    ) -> (Budgets, Option<QuotaLimits>) {
        self.check(&top.to("guardrails"), top, budgets, quota);
        let own = (*quota != QuotaDef::default()).then(|| quota.limits());
        let of_project = [
            self.read_project(top.diagnostics()),
            self.read_config(config),
        ];
        let narrowed = |(budgets, quota): (Budgets, Option<QuotaLimits>), by: LimitsOfProject| {
            let of_project = (by.quota != QuotaDef::default()).then(|| by.quota.limits());
            let both = match (quota, of_project) {
                (Some(own), Some(of_project)) => Some(own.narrowed(&of_project)),
                (own, of_project) => own.or(of_project),
            };
            (budgets.narrowed(by.budgets), both)
        };
        of_project
            .into_iter()
            .flatten()
            .fold((budgets, own), narrowed)
    }

    /// Returns what the project's settings take away, and reports what would widen.
    fn read_config(&self, config: Option<&ProjectConfig>) -> Option<LimitsOfProject> {
        let config = config?;
        let top = config.location();
        let (budgets, quota) = (config.own.budgets, config.quota().clone());
        self.check(&top, &top, budgets, &quota);
        Some(LimitsOfProject { budgets, quota })
    }

    fn read_project(&self, diagnostics: &Diagnostics) -> Option<LimitsOfProject> {
        let text = match self.project.limits.as_ref()? {
            Ok(text) => text,
            // What it takes away is not known, so no session may start.
            Err(reason) => {
                let message = format!("{PROJECT_FILE} cannot be read: {reason}");
                diagnostics.report(Problem::without_file(LintCode::Unreadable, message));
                return None;
            }
        };
        if text.text.trim().is_empty() {
            return None;
        }
        let document = Document::new(&text.file, &text.text, diagnostics);
        let def: LimitsOfProject = yaml::read(&document)?;
        let top = Location::top(&document);
        if !def.budgets.is_valid() {
            let message = "`budgets` must be amounts, 0 or more";
            top.report(top.at_key("budgets", LintCode::BadValue, message));
        }
        self.check(&top, &top, def.budgets, &def.quota);
        Some(def)
    }

    fn check(
        &self,
        of_budgets: &Location<'_>,
        of_quota: &Location<'_>,
        budgets: Budgets,
        quota: &QuotaDef,
    ) {
        let periods = of_budgets.to("budgets");
        check_period(&periods.to("day"), budgets.day, self.budgets.day);
        check_period(&periods.to("week"), budgets.week, self.budgets.week);
        let (set, quota) = (quota.limits(), of_quota.to("quota"));
        for (name, set, allowed) in [
            (WindowName::FIVE_HOUR, set.five_hour, self.quota.five_hour),
            (WindowName::SEVEN_DAY, set.seven_day, self.quota.seven_day),
        ] {
            check_window(&quota.to(name), set, allowed);
        }
        if set.unknown == Some(WhenUnknown::Go) && self.quota.unknown == WhenUnknown::Hold {
            widens(&quota, "unknown", "go", "hold");
        }
        if set.ask == Some(true) && !self.quota.ask {
            widens(&quota, "ask", "true", "false");
        }
    }
}

fn check_period(location: &Location<'_>, set: PeriodBudget, allowed: PeriodBudget) {
    if let Some((more, most)) = set.usd.zip(allowed.usd).filter(|(set, most)| most < set) {
        widens(location, "usd", &format!("{more}"), &format!("{most}"));
    }
    if let Some((more, most)) = set
        .tokens
        .zip(allowed.tokens)
        .filter(|(set, most)| most < set)
    {
        widens(location, "tokens", &format!("{more}"), &format!("{most}"));
    }
}

fn check_window(location: &Location<'_>, set: WindowLimits, allowed: WindowPolicy) {
    for (key, share, most) in [
        ("warn", set.warn, allowed.warn),
        ("hold", set.hold, allowed.hold),
    ] {
        if let Some(share) = share.filter(|share| most < *share) {
            // As it is written in YAML.
            let percent = |share: Share| share.to_string().replace(' ', "");
            widens(location, key, &percent(share), &percent(most));
        }
    }
    if set.pace == Some(Pace::Off) && allowed.pace == Pace::Even {
        widens(location, "pace", "off", "even");
    }
    let is_paced = allowed.pace == Pace::Even;
    if let Some(lead) = set.lead_s.filter(|lead| is_paced && allowed.lead_s < *lead) {
        let (lead, most) = (exact_duration(lead), exact_duration(allowed.lead_s));
        widens(location, "lead", &lead, &most);
    }
}

fn widens(location: &Location<'_>, key: &str, value: &str, allowed: &str) {
    let problem = location.at(
        key,
        LintCode::Widens,
        format!("`{key}: {value}` allows more than your config.yaml: {allowed}"),
    );
    location.report(problem.hint("a loop, pipeline or project may allow less, never more"));
}
