//! Every variable of a prompt, also those of older versions: replaced once, and variables in values stay text.
use crate::project::Project;
use agent_pipelines::plan::template::VARIABLES;
use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;
use std::collections::BTreeMap;

/// A prompt with a line `NAME<value>` for each variable.
fn prompt() -> String {
    VARIABLES
        .iter()
        .map(|name| format!("{name}<${{{name}}}>\n"))
        .collect()
}

/// Returns what the variables of an iteration's prompt were.
fn values(project: &Project, folder: &str) -> BTreeMap<String, String> {
    let text = project.read(&project.run_file("s", &format!("{folder}/prompt.md")));
    let read = |line: &str| {
        line.trim_end_matches('>')
            .split_once('<')
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
    };
    text.lines().filter_map(read).collect()
}

/// Writes a loop whose agent writes what it is told to where `variable` says, and puts out `says`.
fn a_loop(project: &Project, name: &str, variable: &str, report: &str, says: &str) {
    let script = format!(
        "#!/bin/sh\nwhere=$(sed -n 's/^{variable}<\\(.*\\)>$/\\1/p')\necho '{report}' >\"$where\"\nprintf '%s\\n' '{says}'\n"
    );
    let agent = project.program(&format!("{name}.sh"), &script);
    let yaml = format!(
        "provider: command\nprogram: \"{agent}\"\ndelay: 0\nretries: 0\noutput_path: out/${{SESSION}}-${{ITERATION}}.md\ntermination: {{ type: fixed, max: 2 }}\n"
    );
    project.a_loop(name, &yaml, &prompt());
}

const CONTINUE: &str = r#"{"decision": "continue"}"#;

#[test]
fn every_variable_has_its_value_in_a_loop() {
    let project = Project::new();
    a_loop(&project, "work", "STATUS", CONTINUE, "done");
    let said = [
        "work",
        "s",
        "--foreground",
        "--context",
        "say ${CTX} and $${CTX}",
    ];
    project.ap(&said).expect(0);
    let run = project.root().join(".claude/pipeline-runs/s");
    let stage = run.join("stage-00-work");
    let iteration = stage.join("iterations/002");
    let out = project.root().join("out/s-2.md");
    assert!(
        out.parent().is_some_and(Utf8Path::is_dir),
        "the folder for the product is there"
    );
    let expected: [(&str, Utf8PathBuf); 17] = [
        ("CTX", iteration.join("context.json")),
        ("PROGRESS", run.join("progress-s.md")),
        ("STATUS", iteration.join("status.json")),
        ("ITERATION", "2".into()),
        ("SESSION_NAME", "s".into()),
        ("CONTEXT", "say ${CTX} and $${CTX}".into()),
        ("OUTPUT", out.clone()),
        ("OUTPUT_PATH", out.clone()),
        ("INPUTS", "".into()),
        ("SESSION", "s".into()),
        ("INDEX", "1".into()),
        ("PROGRESS_FILE", run.join("progress-s.md")),
        ("RESULT", iteration.join("result.json")),
        ("PERSPECTIVE", "".into()),
        ("ANSWERS", "(none)".into()),
        ("PROJECT", "(no file of the project says anything)".into()),
        (
            "TASK",
            "(none was claimed for you: `ap queue claim` takes one)".into(),
        ),
    ];
    let expected: BTreeMap<String, String> = expected
        .map(|(name, value)| (name.to_owned(), value.into_string()))
        .into();
    assert_eq!(values(&project, "stage-00-work/iterations/002"), expected);
    assert_eq!(expected.len(), VARIABLES.len());
    // What is shown before is what the agent gets.
    let shown = project
        .ap(&[
            "dry-run",
            "loop",
            "work",
            "s",
            "--json",
            "--context",
            "say ${CTX} and $${CTX}",
        ])
        .expect(0)
        .stdout;
    let shown: Value = serde_json::from_str(&shown).expect("JSON");
    assert_eq!(
        shown["prompts"][0]["text"],
        project.read(&project.run_file("s", "stage-00-work/iterations/001/prompt.md"))
    );
}

#[test]
fn variables_in_agent_output_are_not_expanded() {
    let project = Project::new();
    let text = "${STATUS} $${CTX} ${INPUTS} ${INPUTS.a} ${NIX} R&D \\1";
    a_loop(&project, "first", "STATUS", CONTINUE, text);
    a_loop(&project, "second", "STATUS", CONTINUE, "done");
    let more = "${INPUTS.a}|${INPUTS}|$${CTX}|${PERSPECTIVE}\n";
    project.write(".claude/loops/second/prompt.md", &(prompt() + more));
    let nodes = "nodes:\n  - {id: a, loop: first, runs: 1}\n  - {id: b, loop: second, perspectives: ['as to ${CTX} & ${INPUTS}']}\n";
    project.write(".claude/pipelines/p.yaml", nodes);
    project
        .ap(&["pipeline", "p", "s", "--foreground"])
        .expect(0);
    let stage = project.root().join(".claude/pipeline-runs/s/stage-01-b");
    let prompt = project.read(&project.run_file("s", "stage-01-b/iterations/001/prompt.md"));
    assert!(
        prompt.contains(&format!(
            "{text}\n|{text}\n|${{CTX}}|as to ${{CTX}} & ${{INPUTS}}\n"
        )),
        "{prompt}"
    );
    let values = values(&project, "stage-01-b/iterations/001");
    assert_eq!(values["OUTPUT"], stage.join("output.md"));
    assert_eq!(values["OUTPUT_PATH"], project.root().join("out/s-1.md"));
    assert_eq!(values["PROGRESS_FILE"], stage.join("progress.md"));
}

#[test]
fn an_older_agents_result_counts_as_its_status() {
    let project = Project::new();
    let done = r#"{"summary": "all done", "work": {"items_completed": ["a"]}, "signals": {"plateau_suspected": true, "risk": "low", "notes": "why"}}"#;
    a_loop(&project, "work", "RESULT", done, "done");
    project.ap(&["work", "s", "--foreground"]).expect(0);
    let last = project.status("s")["history"][1].clone();
    let told = [
        &last["decision"],
        &last["summary"],
        &last["reason"],
        &last["items_completed"][0],
    ]
    .map(|value| value.as_str().expect("a text"));
    assert_eq!(told, ["stop", "all done", "why", "a"]);
    assert!(
        project
            .read(&project.run_file("s", "stage-00-work/iterations/002/status.json"))
            .contains("\"stop\"")
    );
    a_loop(&project, "work", "RESULT", "{}", "done");
    project
        .ap(&["work", "t", "--foreground"])
        .expect(1)
        .says(&["result.json has no `decision`"]);
}

#[test]
fn a_variable_that_has_no_value_in_a_path_is_refused() {
    let project = Project::new();
    a_loop(&project, "work", "STATUS", CONTINUE, "");
    let yaml = project
        .read(".claude/loops/work/loop.yaml")
        .replace("${ITERATION}", "${CTX}");
    project.write(".claude/loops/work/loop.yaml", &yaml);
    project.ap(&["work", "s", "--foreground"]).expect(2).says(&[
        "`${CTX}` is not allowed in a path",
        "`${SESSION_NAME}`",
        "loop.yaml:7:",
    ]);
}

#[test]
fn the_output_of_an_unknown_stage_is_refused() {
    let project = Project::new();
    a_loop(&project, "work", "STATUS", CONTINUE, "");
    project.write(
        ".claude/loops/work/prompt.md",
        "STATUS<${STATUS}>\n${INPUTS.plan}\n",
    );
    project.ap(&["work", "s", "--foreground"]).expect(0);
    assert!(
        project
            .read(&project.run_file("s", "stage-00-work/iterations/001/prompt.md"))
            .contains("(no output from plan)")
    );
}
