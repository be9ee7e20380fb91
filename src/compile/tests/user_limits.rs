//! A definition or a project may allow less than the user, never more.
use super::*;
use crate::compile::{ProjectFiles, Settings, UserLimits};
use crate::plan::QuotaPolicy;

/// What is wrong with a loop of this `guardrails` and `quota`, where the user and the project set this.
fn problems(config: &str, definition: &str, project: &str) -> Vec<String> {
    let text = |text: &str| SourceText {
        file: "f.yaml".to_owned(),
        text: text.to_owned(),
    };
    let settings = Settings::read(&text(config)).unwrap();
    let overrides = Overrides {
        user_limits: UserLimits {
            budgets: settings.budgets,
            quota: QuotaPolicy::default().with(&settings.quota.limits()),
            project: ProjectFiles {
                limits: Some(Ok(text(project))),
                ..ProjectFiles::default()
            },
        },
        ..Overrides::default()
    };
    let definition = format!("termination: {{type: fixed}}\niterations: 1\n{definition}");
    let source = Sources::Loop(a_loop("work", &definition, PROMPT));
    match compile(&source, &request(), &overrides) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn what_widens_the_policy_is_an_error_at_its_place() {
    let config = "budgets: {day: {usd: 20}, week: {tokens: 100}}\nquota: {seven_day: {pace: even, lead: 6h}, unknown: hold}\n";
    let wide = "guardrails: {budgets: {day: {usd: 21}, week: {tokens: 101}}}\nquota:\n  five_hour: {warn: 90%, hold: 99%}\n  seven_day: {pace: off, lead: 7h}\n  unknown: go\n  ask: true\n";
    assert_eq!(
        problems(config, wide, ""),
        [
            "work/loop.yaml:3:35: `usd: 21` allows more than your config.yaml: 20",
            "work/loop.yaml:3:55: `tokens: 101` allows more than your config.yaml: 100",
            "work/loop.yaml:5:21: `warn: 90%` allows more than your config.yaml: 85%",
            "work/loop.yaml:5:32: `hold: 99%` allows more than your config.yaml: 95%",
            "work/loop.yaml:6:21: `pace: off` allows more than your config.yaml: even",
            "work/loop.yaml:6:32: `lead: 7h` allows more than your config.yaml: 6h",
            "work/loop.yaml:7:12: `unknown: go` allows more than your config.yaml: hold",
            "work/loop.yaml:8:8: `ask: true` allows more than your config.yaml: false",
        ]
    );
    let of_project = problems(config, "", "quota: {five_hour: {hold: 99%}}\n");
    let expected = "f.yaml:1:27: `hold: 99%` allows more than your config.yaml: 95%";
    assert_eq!(of_project, [expected]);
    let typo = problems(config, "", "budget: 5\n");
    assert!(
        typo[0].starts_with("f.yaml:1:1: unknown key `budget`"),
        "{typo:?}"
    );
}

#[test]
fn what_narrows_the_policy_is_accepted() {
    let narrow = "guardrails: {budgets: {day: {usd: 20}, week: {usd: 1}}}\nquota: {five_hour: {warn: 85%, hold: 10%}, seven_day: {pace: even, lead: 24h}, unknown: hold, ask: false}\n";
    let none: Vec<String> = Vec::new();
    assert_eq!(problems("budgets: {day: {usd: 20}}\n", narrow, ""), none);
    assert_eq!(
        problems("", "", "budgets: {day: {usd: 5, tokens: 9}}\n"),
        none
    );
}

#[test]
fn a_project_file_that_cannot_be_read_allows_nothing() {
    let overrides = Overrides {
        user_limits: UserLimits {
            project: ProjectFiles {
                limits: Some(Err("it is a folder".to_owned())),
                ..ProjectFiles::default()
            },
            ..UserLimits::default()
        },
        ..Overrides::default()
    };
    let definition = "termination: {type: fixed}\niterations: 1\n";
    let source = Sources::Loop(a_loop("work", definition, PROMPT));
    let problems = compile(&source, &request(), &overrides).unwrap_err();
    let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        problems,
        [".claude/agent-pipelines.yaml cannot be read: it is a folder"]
    );
}
