//! Inputs of agents: files, outputs of earlier nodes, perspectives.
use crate::project::Project;
use serde_json::Value;

/// Ends each iteration with the number of the iteration as its output; of an even one, without any.
const COUNTS: &str = r#"[ $((n % 2)) = 0 ] || echo "output $n"
echo '{"decision": "continue"}' >"$status"
"#;

fn context(project: &Project, session: &str, iteration: &str) -> Value {
    let text = project.read(&project.run_file(session, &format!("{iteration}/context.json")));
    serde_json::from_str(&text).expect("a context")
}

fn listed(project: &Project, paths: &Value) -> Vec<String> {
    let within = |path: &Value| {
        path.as_str()
            .expect("a path")
            .strip_prefix(project.root().as_str())
            .expect("absolute")
            .to_owned()
    };
    paths
        .as_array()
        .expect("a list")
        .iter()
        .map(within)
        .collect()
}

#[test]
fn inputs_are_files_patterns_and_folders() {
    let project = Project::new();
    project.shell_loop("work", "termination: { type: fixed, max: 1 }\n", COUNTS);
    project
        .write("docs/b.md", "")
        .write("docs/a.txt", "")
        .write("plan-2.md", "")
        .write("plan-1.md", "");
    project
        .ap(&[
            "work",
            "s",
            "--foreground",
            "--input",
            "plan-*.md",
            "--input",
            "docs",
            "--input",
            "plan-2.md",
        ])
        .expect(0);
    let context = context(&project, "s", "stage-00-work/iterations/001");
    assert_eq!(
        listed(&project, &context["inputs"]["from_initial"]),
        ["/plan-1.md", "/plan-2.md", "/docs/a.txt", "/docs/b.md"]
    );
}

#[test]
fn a_missing_input_is_refused_at_the_start() {
    let project = Project::new();
    project.shell_loop("work", "termination: { type: fixed, max: 1 }\n", COUNTS);
    project
        .ap(&[
            "work",
            "s",
            "--foreground",
            "--input",
            "nix.md",
            "--input",
            "no/*.md",
        ])
        .expect(2)
        .says(&["no input `nix.md`, `no/*.md`"]);
    project
        .ap(&["work", "s", "--foreground", "--input", ""])
        .expect(2)
        .says(&["an input has no name"]);
    project.write(
        ".claude/pipelines/p.yaml",
        "inputs: [docs/nix.md]\nnodes:\n  - {id: a, loop: work, runs: 1}\n",
    );
    project
        .ap(&["pipeline", "p", "t", "--foreground"])
        .expect(2)
        .says(&["no input `", "docs/nix.md`"]);
    assert!(
        !project.root().join(".claude/pipeline-runs/s").exists()
            && !project.root().join(".claude/pipeline-runs/t").exists()
    );
}

/// Writes a loop whose agent says what the first line of its prompt is, after the path of its status.
fn viewing_loop(project: &Project, name: &str, prompt: &str) {
    let script = "#!/bin/sh\nread -r status; read -r view; echo \"as to $view\"\necho '{\"decision\": \"continue\"}' >\"$status\"\n";
    let agent = project.program(&format!("{name}.sh"), script);
    let yaml = format!(
        "provider: command\nprogram: \"{agent}\"\ndelay: 0\ntermination: {{ type: fixed, max: 9 }}\n"
    );
    project.a_loop(name, &yaml, &format!("${{STATUS}}\n{prompt}\n"));
}

#[test]
fn last_output_is_the_newest_output() {
    let project = Project::new();
    project.shell_loop("work", "termination: { type: fixed, max: 2 }\n", COUNTS);
    viewing_loop(&project, "see", "${INPUTS} and ${INPUTS.count}");
    let nodes = "nodes:\n  - {id: count, loop: work, runs: 4}\n  - {id: last, loop: see, runs: 1, inputs: {from: count}}\n  - {id: each, loop: see, runs: 1, inputs: {from: count, select: history}}\n";
    project.write(".claude/pipelines/p.yaml", nodes);
    project
        .ap(&["pipeline", "p", "s", "--foreground"])
        .expect(0);
    let outputs = |iterations: &[u32]| -> Vec<String> {
        let output =
            |n| format!("/.claude/pipeline-runs/s/stage-00-count/iterations/00{n}/output.md");
        iterations.iter().map(output).collect()
    };
    let last = context(&project, "s", "stage-01-last/iterations/001");
    assert_eq!(
        listed(&project, &last["inputs"]["from_stage"]["count"]),
        outputs(&[3])
    );
    let each = context(&project, "s", "stage-02-each/iterations/001");
    assert_eq!(
        listed(&project, &each["inputs"]["from_stage"]["count"]),
        outputs(&[1, 3])
    );
    let fourth = context(&project, "s", "stage-00-count/iterations/004");
    assert_eq!(
        listed(&project, &fourth["inputs"]["from_previous_iterations"]),
        outputs(&[1, 3])
    );
    let prompt = project.read(&project.run_file("s", "stage-01-last/iterations/001/prompt.md"));
    assert!(prompt.ends_with("output 3\n and output 3\n\n"), "{prompt}");
}

#[test]
fn each_iteration_has_its_perspective_and_the_next_node_sees_all() {
    let project = Project::new();
    viewing_loop(&project, "view", "${PERSPECTIVE}\n${INPUTS}");
    let nodes = "nodes:\n  - {id: views, loop: view, perspectives: [speed, safety]}\n  - {id: sum, loop: view, runs: 1}\n";
    project.write(".claude/pipelines/p.yaml", nodes);
    project
        .ap(&["pipeline", "p", "s", "--foreground"])
        .expect(0);
    let prompt = project.read(&project.run_file("s", "stage-01-sum/iterations/001/prompt.md"));
    assert!(
        prompt.ends_with("## views 1\n\nas to speed\n\n## views 2\n\nas to safety\n\n\n"),
        "{prompt}"
    );
}

#[test]
fn a_flag_takes_precedence_and_its_origin_is_recorded() {
    let mut project = Project::new();
    project.shell_loop(
        "work",
        "termination: { type: fixed, max: 9 }\ncommands: {test: loop, lint: loop}\n",
        COUNTS,
    );
    project.write("a.md", "");
    project
        .set("PIPELINE_CLI_INPUTS", "[\"a.md\"]")
        .set("CLAUDE_PIPELINE_CONTEXT", "env");
    let said = [
        "--max",
        "1",
        "--command",
        "test=make  test=1",
        "--command",
        "build=make",
        "--context",
        "flag",
    ];
    project
        .ap(&[&["work", "s", "--foreground"], &said[..]].concat())
        .expect(0);
    let context = context(&project, "s", "stage-00-work/iterations/001");
    assert_eq!(
        context["commands"],
        serde_json::json!({"test": "make  test=1", "lint": "loop", "build": "make"})
    );
    assert_eq!(
        listed(&project, &context["inputs"]["from_initial"]),
        ["/a.md"]
    );
    let plan: Value =
        serde_json::from_str(&project.read(&project.run_file("s", "plan.json"))).expect("a plan");
    let from = |what: &str| {
        plan["provenance"]
            .as_array()
            .expect("a list")
            .iter()
            .find(|entry| entry["setting"] == what)
            .map(|entry| &entry["source"])
    };
    let speakers = [
        "context",
        "input",
        "command.test",
        "max_iterations",
        "work.provider",
        "work.model",
    ]
    .map(from);
    let word = |word: &'static str| Value::from(word);
    assert_eq!(
        speakers[..5],
        [
            Some(&word("flag")),
            Some(&word("environment")),
            Some(&word("flag")),
            Some(&word("flag")),
            Some(&word("loop"))
        ]
    );
    project
        .ap(&[
            "dry-run",
            "loop",
            "work",
            "s",
            "--max",
            "3",
            "--command",
            "a=b",
        ])
        .expect(0)
        .says(&[
            "At most 3 agents",
            "command.a b flag",
            "context env environment",
        ]);
    project
        .ap(&["work", "t", "3", "--max", "4"])
        .expect(2)
        .says(&["the maximum is given twice: 3 and --max 4", "give it once"]);
    project
        .ap(&["work", "t", "--command", "nix"])
        .expect(2)
        .says(&["test=\"cargo test\""]);
    project
        .set("PIPELINE_CLI_INPUTS", "[nix")
        .ap(&["work", "t"])
        .expect(2)
        .says(&["PIPELINE_CLI_INPUTS must be a path, or a JSON list of paths"]);
}

#[test]
fn legacy_variables_work_or_explain_why_not() {
    let mut project = Project::new();
    project.shell_loop("work", "termination: { type: fixed }\n", COUNTS);
    let yaml = project.read(".claude/loops/work/loop.yaml");
    project
        .write(
            "old/far/stage.yaml",
            &yaml.replace("name: work", "name: far"),
        )
        .write("old/far/prompt.md", "${ITERATION}\n${STATUS}\n");
    project.ap(&["far", "s", "--foreground"]).expect(2);
    project
        .set("STAGES_DIR", "old")
        .set("FIXED_ITERATIONS", "2")
        .set("CLAUDE_PIPELINE_CONTEXT", "from afar")
        .set("BEADS_LABEL_PREFIX", "x");
    let ran = project.ap(&["far", "s", "--foreground"]).expect(0);
    ran.says(&["BEADS_LABEL_PREFIX has no effect: give the whole label with `--label`"]);
    assert_eq!(project.history("s"), [1, 2]);
    let plan: Value =
        serde_json::from_str(&project.read(&project.run_file("s", "plan.json"))).expect("a plan");
    assert_eq!(
        (&plan["steps"][0]["context"], &plan["source"]["origin"]),
        (&"from afar".into(), &"user".into())
    );
    let lines = |project: &Project, more: &[&str]| {
        project
            .ap(&[&["tail", "s"], more, &["--events"]].concat())
            .expect(0)
            .stdout
            .lines()
            .count()
    };
    let all = lines(&project, &["0"]);
    project.set("EVENTS_TAIL_LINES", "2");
    assert_eq!((lines(&project, &[]), lines(&project, &["0"])), (2, all));
    project
        .set("EVENTS_TAIL_LINES", "x")
        .ap(&["tail", "s"])
        .expect(2)
        .says(&["EVENTS_TAIL_LINES is `x`"]);
    project
        .set("FIXED_ITERATIONS", "many")
        .ap(&["far", "t", "--foreground"])
        .expect(2)
        .says(&["FIXED_ITERATIONS is `many`"]);
}
