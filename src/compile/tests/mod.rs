//! Shared parts of the tests of definitions.
mod codes;
mod hooks;
mod mistakes;
mod nested;
mod nodes;
mod notify_settings;
mod plans;
mod project_config;
mod properties;
mod providers;
mod schemas;
mod settings_origins;
mod user_limits;

use super::*;
use crate::plan::*;
use std::collections::BTreeMap;

const PROMPT: &str = "Read ${CTX} and ${PROGRESS}, then write ${STATUS}.\n";

/// A pipeline to run within others.
const TIDY: &str = "nodes:
  - {id: look, runs: 1, prompt: '${INPUTS} ${STATUS}'}
  - {id: both, parallel: {providers: [claude, codex], stages: [{id: say, runs: 1, prompt: 'as ${INPUTS.look} and $${INPUTS.look} ${STATUS}'}]}}
  - {id: tidy, loop: work, runs: 2, inputs: {from: look, from_parallel: {block: both, stage: say}}}
runs: 2
commands: {lint: clippy}
";

fn request() -> Request {
    Request {
        session: "auth".parse().unwrap(),
        run: "r1".parse().unwrap(),
        command: "ap work auth".into(),
        project: "/project".into(),
        backlog: None,
        beads: false,
    }
}

fn a_loop(name: &str, definition: &str, prompt: &str) -> LoopSource {
    let text = |file: &str, text: &str| SourceText {
        file: file.into(),
        text: text.into(),
    };
    LoopSource {
        name: name.into(),
        origin: Origin::Project,
        definition: text(&format!("{name}/loop.yaml"), definition),
        prompt: Ok(text(&format!("{name}/prompt.md"), prompt)),
    }
}

fn a_pipeline(definition: &str) -> Sources {
    let loops = [
        a_loop(
            "improve-plan",
            "termination: {type: judgment}\nmax: 9\n",
            PROMPT,
        ),
        a_loop(
            "work",
            "termination: {type: queue}\nmodel: sonnet\ncontext: from the loop\ncommands: {test: cargo test}\n",
            PROMPT,
        ),
        a_loop("broken", "termination: {type: queu}\n", PROMPT),
    ];
    let known_loops = loops.iter().map(|one| one.name.clone()).collect();
    let loops: BTreeMap<_, _> = loops
        .into_iter()
        .map(|one| (one.name.clone(), Ok(one)))
        .collect();
    let text = |file: &str, text: &str| SourceText {
        file: file.into(),
        text: text.into(),
    };
    let pipelines = BTreeMap::from([
        ("tidy".to_owned(), Ok(text("tidy.yaml", TIDY))),
        (
            "around".to_owned(),
            Ok(text(
                "around.yaml",
                "nodes: [{id: again, pipeline: tidy}]\n",
            )),
        ),
        (
            "circle".to_owned(),
            Ok(text("circle.yaml", "nodes: [{id: a, pipeline: refine}]\n")),
        ),
        ("unread".to_owned(), Err("it is not UTF-8".to_owned())),
    ]);
    let known_pipelines = pipelines.keys().cloned().collect();
    let definition = text("refine.yaml", definition);
    let (name, origin) = ("refine".into(), Origin::Project);
    Sources::Pipeline(PipelineSource {
        name,
        origin,
        definition,
        pipelines,
        known_pipelines,
        loops,
        known_loops,
    })
}

fn listed(problems: &[Problem]) -> String {
    let line = |problem: &Problem| {
        let hint = problem
            .hint
            .as_ref()
            .map_or_else(String::new, |hint| format!(" ({hint})"));
        format!("{:?} {}: {problem}{hint}", problem.severity, problem.code)
    };
    problems.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn problems(sources: &Sources, overrides: &Overrides) -> Vec<Problem> {
    match compile(sources, &request(), overrides) {
        Ok((_, warnings)) => warnings,
        Err(problems) => problems,
    }
}

fn said(sources: &Sources, overrides: &Overrides) -> String {
    listed(&problems(sources, overrides))
}

fn of_loop(definition: &str) -> String {
    said(
        &Sources::Loop(a_loop("work", definition, PROMPT)),
        &Overrides::default(),
    )
}

fn of_prompt(prompt: &str) -> String {
    said(
        &Sources::Loop(a_loop("work", "termination: {type: queue}\n", prompt)),
        &Overrides::default(),
    )
}

fn of_pipeline(definition: &str) -> String {
    said(&a_pipeline(definition), &Overrides::default())
}

fn plan(sources: &Sources, overrides: &Overrides) -> Plan {
    compile(sources, &request(), overrides)
        .map_err(|problems| listed(&problems))
        .unwrap()
        .0
}
