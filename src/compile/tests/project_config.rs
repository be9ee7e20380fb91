//! The settings of a project replace those of its loop, and mistakes are reported where they are written.
use super::*;
use crate::compile::{ProjectFiles, UserLimits};
use crate::plan::SettingSource;

const LOOP: &str = "name: autopilot\ntermination: {type: verify, command: ./verify.sh, threshold: 0.8, max: 9}\nmodel: opus\nlimits: {wall: 2h, idle: 5m}\n";

fn compiled(config: &str, agents: Option<&str>, name: &str) -> Result<Plan, Vec<String>> {
    let text = |file: &str, text: &str| {
        Some(Ok(SourceText {
            file: file.to_owned(),
            text: text.to_owned(),
        }))
    };
    let overrides = Overrides {
        user_limits: UserLimits {
            project: ProjectFiles {
                config: text("config.yaml", config),
                agents: agents.and_then(|agents| text("agents.json", agents)),
                ..ProjectFiles::default()
            },
            ..UserLimits::default()
        },
        ..Overrides::default()
    };
    let source = Sources::Loop(a_loop(name, &LOOP.replace("autopilot", name), PROMPT));
    let found = compile(&source, &request(), &overrides);
    found
        .map(|(plan, _)| plan)
        .map_err(|problems| problems.iter().map(ToString::to_string).collect())
}

fn node(plan: &Plan) -> &Node {
    plan.steps[0].node().unwrap()
}

#[test]
fn the_settings_replace_those_of_the_projects_loop_and_of_no_other() {
    let config = "models: {default: sonnet} # inline\nmax_iterations: 60\nthreshold: 0.95\ndelay: 1m\nmax_turns: 35\nlimits: {wall: 1h}\nguardrails: {max_cost_usd: 3}\n";
    let plan = compiled(config, None, "autopilot").unwrap();
    let of_node = node(&plan);
    assert_eq!(of_node.agent.model, "sonnet");
    assert_eq!((of_node.max_iterations, of_node.delay_ms), (60, 60_000));
    assert_eq!(of_node.agent.max_turns, Some(35));
    assert_eq!(of_node.agent.limits.wall_s, 3600);
    assert_eq!(of_node.agent.limits.idle_s, 300, "the loop's own");
    assert!((plan.guardrails.max_cost_usd - 3.0).abs() < f64::EPSILON);
    let described = format!("{:?}", of_node.termination);
    assert!(
        described.contains("950") || described.contains("0.95"),
        "{described}"
    );
    let source = |setting: &str| {
        let mut origins = plan.provenance.iter();
        let found = origins.find(|origin| origin.setting == format!("autopilot.{setting}"));
        found.map(|origin| origin.source)
    };
    assert_eq!(source("model"), Some(SettingSource::Project));
    assert_eq!(source("termination"), Some(SettingSource::Loop));
    let other = compiled(config, None, "work").unwrap();
    assert_eq!(node(&other).agent.model, "opus");
    let named = compiled(&format!("{config}loop: work\n"), None, "work").unwrap();
    assert_eq!(node(&named).agent.model, "sonnet");
    let empty = compiled("# nothing is set\n", None, "autopilot").unwrap();
    assert_eq!(node(&empty).agent.model, "opus");
}

#[test]
fn a_mistake_is_reported_where_it_is_written() {
    let problems = |config: &str| compiled(config, None, "autopilot").unwrap_err();
    assert_eq!(
        problems("delay: 5\nthreshold: 1.5\nmodels:\n  default: a b\n"),
        [
            ".agent-pipelines/config.yaml:2:12: `threshold` must be between 0 and 1, not 1.5",
            ".agent-pipelines/config.yaml:4:12: `a b` cannot be the name of a model",
        ]
    );
    let typo = problems("max_iteration: 5\n");
    assert!(
        typo[0].starts_with(".agent-pipelines/config.yaml:1:1: unknown key `max_iteration`"),
        "{typo:?}"
    );
    let twice = problems("model: opus\nmodels: {default: sonnet}\n");
    assert_eq!(
        twice,
        [".agent-pipelines/config.yaml:2:1: `models` sets what another key sets, too"]
    );
    let prompt = problems("prompt: mine.md\n");
    assert_eq!(
        prompt,
        [".agent-pipelines/config.yaml:1:1: a project's settings have no prompt of their own"]
    );
    let turns = problems("max_turns: 0\n");
    assert_eq!(
        turns,
        [".agent-pipelines/config.yaml:1:12: `max_turns` must be at least 1"]
    );
    let list = problems("- a\n");
    assert_eq!(
        list,
        [".agent-pipelines/config.yaml:1:1: the file must have `key: value` lines"]
    );
}

#[test]
fn a_project_narrows_what_its_sessions_may_spend_and_never_widens_it() {
    let config = "budgets: {day: {usd: 5}}\nquota: {seven_day: {hold: 60%}}\n";
    for name in ["autopilot", "work"] {
        let plan = compiled(config, None, name).unwrap();
        assert_eq!(plan.guardrails.budgets.day.usd, Some(5.0));
        assert!(plan.quota.is_some(), "{name}");
    }
    let wide = compiled("quota: {five_hour: {hold: 99%}}\n", None, "work").unwrap_err();
    assert_eq!(
        wide,
        [".agent-pipelines/config.yaml:1:27: `hold: 99%` allows more than your config.yaml: 95%"]
    );
}

#[test]
fn the_agents_of_a_project_are_passed_on_as_one_line_of_json() {
    let agents = "{\n  \"tester\": {\"description\": \"Tests\", \"prompt\": \"Test it\", \"maxTurns\": 3}\n}\n";
    let plan = compiled("", Some(agents), "autopilot").unwrap();
    assert_eq!(
        node(&plan).agent.subagents,
        r#"{"tester":{"description":"Tests","prompt":"Test it","maxTurns":3}}"#
    );
    assert_eq!(
        node(&compiled("", Some(agents), "work").unwrap())
            .agent
            .subagents,
        ""
    );
    assert_eq!(
        node(&compiled("", Some("{}"), "autopilot").unwrap())
            .agent
            .subagents,
        ""
    );
    let typo = agents.replace("prompt", "promt");
    let problems = compiled("", Some(&typo), "autopilot").unwrap_err();
    assert!(
        problems[0]
            .starts_with("agents.json:2:1: the agents cannot be read: unknown field `promt`"),
        "{problems:?}"
    );
    assert!(compiled("", Some("[1]"), "autopilot").is_err());
}

#[test]
fn an_abler_agent_takes_over_as_the_loop_or_the_project_says() {
    let escalation = |config: &str| {
        let plan = compiled(config, None, "autopilot").unwrap();
        let escalation = node(&plan).agent.escalation.clone().unwrap();
        (escalation.after, escalation.returns, escalation.to.model)
    };
    let model = |name: &str| name.to_owned();
    assert_eq!(
        escalation("models: {default: sonnet, escalate: opus}\n"),
        (3, true, model("opus"))
    );
    assert_eq!(
        escalation("escalation: {after: 2, to: {model: haiku, effort: high}, back: never}\n"),
        (2, false, model("haiku:high"))
    );
    assert_eq!(
        escalation("escalation: {to: {effort: max}}\n"),
        (3, true, model("opus:max"))
    );
    let problems = |config: &str| compiled(config, None, "autopilot").unwrap_err();
    let file = ".agent-pipelines/config.yaml";
    assert_eq!(
        problems("escalation: {after: 0, to: {model: haiku}, back: soon}\n"),
        [
            format!("{file}:1:21: `after` must be at least 1"),
            format!("{file}:1:50: `back` must be `first_pass` or `never`, not `soon`"),
        ]
    );
    assert_eq!(
        problems("escalation: {after: 2}\n"),
        [format!(
            "{file}:1:1: `escalation` changes nothing: `to` is the usual agent"
        )]
    );
    assert_eq!(
        problems("models:\n  escalate: a b\n"),
        [format!("{file}:2:13: `a b` cannot be the name of a model")]
    );
    let unchecked =
        problems("termination: {type: fixed, iterations: 2}\nmodels: {escalate: haiku}\n");
    assert_eq!(
        unchecked,
        [format!(
            "{file}:2:10: `escalation` counts checks that fail, and the loop's termination has none"
        )]
    );
}
