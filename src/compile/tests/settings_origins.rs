//! The origin of each setting, and that plans record it.
use super::*;
use insta::assert_snapshot;

fn rows(plan: &Plan) -> String {
    plan.provenance
        .iter()
        .map(|said| {
            format!(
                "{} = {} ({})",
                said.setting,
                said.value,
                said.source.as_str()
            )
        })
        .collect::<Vec<_>>()
        .join("\n")
}

fn variable<'a>(set: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<String> + 'a {
    |name| {
        set.iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| (*value).to_owned())
    }
}

#[test]
fn every_setting_has_its_source() {
    let environment = Overrides::from_env(&variable(&[
        ("CLAUDE_PIPELINE_MODEL", "haiku"),
        ("PIPELINE_CLI_CONTEXT", "env"),
    ]))
    .unwrap();
    let commands = BTreeMap::from([("test".to_owned(), "make test".to_owned())]);
    let flags = Overrides {
        model: Some("opus".into()),
        command: commands,
        max_cost_usd: Some(2.5),
        ..Overrides::default()
    };
    let pipeline = a_pipeline(
        "defaults: {delay: 1}\nnodes:\n  - {id: a, loop: improve-plan, runs: 3}\n  - {id: b, loop: work, runs: 2, delay: 0}\n",
    );
    let made = plan(&pipeline, &flags.or(environment));
    assert_snapshot!(rows(&made), @"
    model = opus (flag)
    context = env (environment)
    max_cost_usd = 2.5 (flag)
    command.test = make test (flag)
    runs = 1 (built in)
    a.provider = claude (built in)
    a.termination = judgment (loop)
    a.max_iterations = 3 (pipeline)
    a.delay = 1s (pipeline)
    a.check_before = false (built in)
    b.provider = claude (built in)
    b.termination = queue (loop)
    b.max_iterations = 2 (pipeline)
    b.delay = 0s (pipeline)
    b.check_before = true (built in)
    ");
    assert_eq!(
        (
            made.node(1).unwrap().commands["test"].as_str(),
            made.guardrails.max_cost_usd
        ),
        ("make test", 2.5)
    );
    let command = a_loop(
        "work",
        "termination: {type: queue}\nprovider: command\nprogram: aider\nmodel: x\n",
        PROMPT,
    );
    let claude = Overrides {
        provider: Some("claude".into()),
        max_iterations: Some(4),
        ..Overrides::default()
    };
    assert_snapshot!(rows(&plan(&Sources::Loop(command), &claude)), @"
    provider = claude (flag)
    max_iterations = 4 (flag)
    work.model = opus (built in)
    work.termination = queue (loop)
    work.delay = 3s (built in)
    work.check_before = true (built in)
    ");
}

#[test]
fn settings_of_a_branch_apply_to_its_stages() {
    let block = "nodes: [{id: d, parallel: {providers: [codex, {id: c, name: claude, model: sonnet, fallback: [codex]}], stages: [{id: a, loop: work, runs: 1}]}}]\n";
    let made = plan(&a_pipeline(block), &Overrides::default());
    let of_agents: Vec<String> = rows(&made)
        .lines()
        .filter(|row| {
            ["provider", "model", "fallback"]
                .iter()
                .any(|what| row.contains(what))
        })
        .map(str::to_owned)
        .collect();
    assert_snapshot!(of_agents.join("\n"), @"
    d/codex/a.provider = codex (pipeline)
    d/c/a.provider = claude (pipeline)
    d/c/a.model = sonnet (pipeline)
    d/c/a.fallback = codex (pipeline)
    ");
}

#[test]
fn variables_of_agent_pipelines_apply_where_ours_are_unset() {
    let said = |set: &[(&str, &str)]| Overrides::from_env(&variable(set));
    let both = said(&[
        ("PIPELINE_CLI_MODEL", "a"),
        ("CLAUDE_PIPELINE_MODEL", "b"),
        ("PIPELINE_CLI_PROVIDER", "claude"),
    ])
    .unwrap();
    assert_eq!(
        (both.model.as_deref(), both.provider.as_deref()),
        (Some("b"), Some("claude"))
    );
    let inputs = |text| {
        said(&[("PIPELINE_CLI_INPUTS", text)]).map(|said| {
            said.input
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(" ")
        })
    };
    assert_eq!(
        [
            inputs("[\"a.md\", \"docs\"]"),
            inputs("[]"),
            inputs("a b.md")
        ],
        [Ok("a.md docs".into()), Ok("".into()), Ok("a b.md".into())]
    );
    assert!(
        inputs("[1]")
            .unwrap_err()
            .starts_with("PIPELINE_CLI_INPUTS must be a path, or a JSON list of paths")
    );
}

#[test]
fn overrides_are_read_back_from_the_plan() {
    let environment = Overrides::from_env(&variable(&[
        ("CLAUDE_PIPELINE_PROVIDER", "claude"),
        ("AP_PERMISSIONS", "plan"),
    ]))
    .unwrap();
    let flags = Overrides {
        model: Some("opus".into()),
        max_iterations: Some(7),
        context: Some("two\nlines".into()),
        input: vec!["/a b".into(), "/c".into()],
        keep_env: Some(true),
        delay_ms: Some(5),
        command: BTreeMap::from([("a.b".to_owned(), "x = y".to_owned())]),
        max_cost_usd: Some(0.1),
        max_runtime_seconds: Some(60),
        ..Overrides::default()
    };
    let source = Sources::Loop(a_loop("work", "termination: {type: queue}\n", PROMPT));
    let made = plan(&source, &flags.clone().or(environment.clone()));
    assert_eq!(
        Overrides::of_plan(&made),
        (flags.clone(), environment.clone())
    );
    assert_eq!(plan(&source, &flags.or(environment)), made);
}

#[test]
fn the_number_of_runs_has_its_source() {
    let written = a_pipeline("runs: 2\nnodes:\n  - {id: a, loop: work, runs: 1}\n");
    let silent = a_pipeline("nodes:\n  - {id: a, loop: work, runs: 1}\n");
    let flag = Overrides {
        runs: Some(3),
        ..Overrides::default()
    };
    let who = |source: &Sources, over: &Overrides| {
        let made = plan(source, over);
        let said = made
            .provenance
            .iter()
            .find(|said| said.setting == "runs")
            .cloned()
            .unwrap();
        assert_eq!(said.value, made.runs.to_string());
        (made.runs, said.source.as_str())
    };
    let none = Overrides::default();
    assert_eq!(
        [
            who(&written, &none),
            who(&written, &flag),
            who(&silent, &none)
        ],
        [(2, "pipeline"), (3, "flag"), (1, "built in")]
    );
    assert_eq!(Overrides::of_plan(&plan(&written, &flag)).0, flag);
}

/// Returns a loop's number of iterations, its judge, and where both came from.
fn judged(definition: &str, set: &[(&str, &str)]) -> String {
    let environment = Overrides::from_env(&variable(set)).unwrap();
    let made = plan(
        &Sources::Loop(a_loop("work", definition, PROMPT)),
        &environment,
    );
    assert_eq!(
        Overrides::of_plan(&made).1,
        environment,
        "what the environment said is remembered"
    );
    // What a row of the environment says has none of the node's own.
    let from = |what: &str| {
        made.provenance
            .iter()
            .find(|said| said.setting == what)
            .map_or("environment", |said| said.source.as_str())
    };
    let node = made.node(0).unwrap();
    let judge = node
        .judge
        .as_ref()
        .map(|judge| format!("{} ({}), ", judge.model, from("work.judge")));
    format!(
        "{}{} ({})",
        judge.unwrap_or_default(),
        node.max_iterations,
        from("work.max_iterations")
    )
}

#[test]
fn defaults_of_agent_pipelines_apply_where_definitions_set_none() {
    let both = [
        ("JUDGE_PROVIDER", "claude"),
        ("JUDGE_MODEL", "sonnet"),
        ("FIXED_ITERATIONS", "7"),
    ];
    let silent = "termination: {type: judge}\n";
    assert_eq!(judged(silent, &both), "sonnet (environment), 25 (built in)");
    assert_eq!(judged(silent, &[]), "haiku (built in), 25 (built in)");
    assert_eq!(
        judged(
            "termination: {any: [{type: judge, judge: {model: opus}}]}\n",
            &both
        ),
        "opus (loop), 25 (built in)"
    );
    assert_eq!(
        judged("termination: {type: fixed}\n", &both),
        "7 (environment)"
    );
    assert_eq!(judged("termination: {type: fixed}\n", &[]), "25 (built in)");
    assert_eq!(
        judged("termination: {type: fixed, iterations: 2}\n", &both),
        "2 (loop)"
    );
    let wrong = |name| Overrides::from_env(&variable(&[(name, "0")])).err();
    assert_eq!(
        wrong("FIXED_ITERATIONS"),
        Some("FIXED_ITERATIONS is `0`, and must be a number of iterations".to_owned())
    );
}

#[test]
fn legacy_variables_without_effect_are_listed() {
    let set = [
        ("JUDGE_PROMPT_PATH", "x"),
        ("CODEX_MODEL", ""),
        ("PIPELINE_RUN_ROOT", "/r"),
    ];
    let names: Vec<&str> = legacy_variables(&variable(&set))
        .iter()
        .map(|former| former.name)
        .collect();
    assert_eq!(names, ["JUDGE_PROMPT_PATH", "PIPELINE_RUN_ROOT"]);
}
