//! Every provider from the loop to the status, with programs that stand in for the real ones and are stricter than they are.
mod fallback;
mod output;

use crate::project::{PYTHON, Project};
use serde_json::{Value, json};

/// The providers that are built in, each with a model as it names them.
const BUILT_IN: [(&str, &str); 6] = [
    ("claude", "sonnet"),
    ("codex", "gpt-5.2-codex:high"),
    ("gemini", "gemini-3-pro-preview"),
    ("opencode", "anthropic/claude-opus-4-8:max"),
    ("amp", "high"),
    ("copilot", "gpt-5.4:low"),
];
const FOREGROUND: [&str; 3] = ["work", "s", "--foreground"];

/// Makes a project on whose PATH all the stand-ins come first.
fn project() -> Project {
    let mut project = Project::new();
    fs_err::create_dir(project.outside().join("bin")).expect("a folder");
    let program = include_str!("../fakes/agents.py").replacen("/usr/bin/env python3", &PYTHON, 1);
    for name in BUILT_IN.map(|(name, _)| name).into_iter().chain(["mycli"]) {
        project.program(&format!("bin/{name}"), &program);
    }
    let path = format!("{}:{}", project.outside().join("bin"), project.var("PATH"));
    project.set("PATH", path);
    project
}

/// Writes a loop of agents that get what the stand-ins need of a prompt.
fn a_loop(project: &Project, yaml: &str) {
    project.a_loop(
        "work",
        &format!("delay: 0\nretry_delay: 0\n{yaml}\n"),
        "${ITERATION}\n${STATUS}\n",
    );
}

/// Says what a stand-in does each time it is called.
fn plays(project: &Project, name: &str, plays: &[Value]) {
    let lines: String = plays.iter().map(|play| format!("{play}\n")).collect();
    project.program(&format!("bin/{name}.plays"), &lines);
}

fn sample(file: &str) -> String {
    format!("{}/tests/data/{file}.jsonl", env!("CARGO_MANIFEST_DIR"))
}

/// Does its work and says so.
fn works(name: &str) -> Value {
    json!({ "print": [sample(&format!("{name}/success"))], "status": { "decision": "continue" } })
}

/// Returns the arguments of each call of a stand-in.
fn calls(project: &Project, name: &str) -> Vec<Vec<String>> {
    let text = fs_err::read_to_string(project.outside().join(format!("bin/{name}.calls")))
        .unwrap_or_default();
    text.lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}

/// Returns a file of the first iteration's folder.
fn file(project: &Project, name: &str) -> String {
    project.read(&project.run_file("s", &format!("stage-00-work/iterations/001/{name}")))
}

#[test]
fn each_provider_makes_an_iteration_that_is_parsed() {
    let last_words = [
        ("claude", "All done: status.json is written."),
        ("codex", "The test passes now.\nOne file is new."),
        ("gemini", "It passes."),
        ("opencode", "All tests pass."),
        ("amp", "It passes."),
        ("copilot", "It passes."),
    ];
    for ((name, model), (_, words)) in BUILT_IN.into_iter().zip(last_words) {
        let project = project();
        a_loop(
            &project,
            &format!(
                "termination: {{ type: fixed, iterations: 1 }}\nprovider: {name}\nmodel: {model}"
            ),
        );
        plays(&project, name, &[works(name)]);
        project.ap(&FOREGROUND).expect(0);
        assert_eq!(file(&project, "output.md").trim_end(), words, "{name}");
        let exited = &project.events("s", "agent_exited")[0];
        assert_eq!(exited["outcome"]["kind"], "reported", "{name}: {exited}");
        assert!(
            exited["usage"]["output_tokens"]
                .as_u64()
                .is_some_and(|tokens| 0 < tokens),
            "{name}: {exited}"
        );
        let state = project.status("s");
        let by = state["history"][0]["agent"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        assert!(by.starts_with(name), "{name}: {by}");
        assert!(
            calls(&project, name)[0]
                .iter()
                .any(|word| model.starts_with(word.as_str())),
            "{name} is not told its model"
        );
        project
            .ap(&["logs", "s"])
            .expect(0)
            .says(&[words.split(' ').next().unwrap_or_default(), "✓"]);
        project.nothing_left();
    }
}

#[test]
fn each_provider_can_be_limited_to_editing_files() {
    for name in ["codex", "gemini", "copilot"] {
        let project = project();
        a_loop(
            &project,
            &format!(
                "termination: {{ type: fixed, iterations: 1 }}\nprovider: {name}\npermissions: acceptEdits"
            ),
        );
        plays(&project, name, &[works(name)]);
        project.ap(&FOREGROUND).expect(0);
        // What the person's shell allows is no business of the loop.
        let mut project = project;
        project.set("COPILOT_ALLOW_ALL", "1");
        project
            .ap(&[&FOREGROUND[..], &["--force", "--permissions", "default"]].concat())
            .expect(1)
            .says(&["wrote no status.json"]);
    }
}

#[test]
fn an_unsupported_permission_mode_is_refused_at_the_start() {
    let project = project();
    a_loop(
        &project,
        "termination: { type: fixed, iterations: 1 }\nprovider: amp\npermissions: acceptEdits",
    );
    project.ap(&FOREGROUND).expect(2).says(&[
        "loop.yaml:7:1",
        "provider `amp` does not support `acceptEdits`",
        "amp.permissions",
    ]);
    a_loop(
        &project,
        "termination: { type: fixed, iterations: 1 }\nprovider: claude\nfallback: [opencode]",
    );
    plays(&project, "claude", &[json!({})]);
    project.ap(&FOREGROUND).expect(1);
    // Nor may it slip in when the session is resumed.
    project
        .ap(&[&FOREGROUND[..], &["--resume", "--permissions", "plan"]].concat())
        .expect(2)
        .says(&["provider `opencode` does not support `plan`"]);
    assert_eq!(project.events("s", "runner_started").len(), 1);
}

#[test]
fn a_custom_provider_gets_its_prompt_as_declared() {
    let settings = "ap home/config/config.yaml";
    for (prompt, args) in [
        ("stdin", "[go]"),
        ("file", "[go, --file]"),
        ("argument", "[go, --text, \"{prompt}\"]"),
    ] {
        let project = project();
        let declared = format!(
            "providers:\n  mycli:\n    program: mycli\n    args: {args}\n    prompt: {prompt}\n    model_flag: -m\n    \
             permissions: {{ bypassPermissions: [--yes] }}\n    output: stream-json\n"
        );
        fs_err::create_dir_all(project.outside().join(settings).parent().expect("a folder"))
            .expect("a folder");
        project.program(settings, &declared);
        a_loop(
            &project,
            "termination: { type: fixed, iterations: 1 }\nprovider: mycli\nmodel: big",
        );
        plays(&project, "mycli", &[works("claude")]);
        project.ap(&["lint"]).expect(0);
        if prompt == "file" {
            // Without `{prompt}` it would come last, after the model.
            project.ap(&FOREGROUND).expect(1);
            let declared = declared.replace("[go, --file]", "[go, --file, \"{prompt}\"]");
            project.program(settings, &declared);
        }
        project
            .ap(&[&FOREGROUND[..], &["--force"]].concat())
            .expect(0);
        assert_eq!(
            file(&project, "output.md").trim_end(),
            "All done: status.json is written.",
            "{prompt}"
        );
        let called = calls(&project, "mycli").pop().expect("a call");
        assert!(
            called.ends_with(&["--yes", "-m", "big"].map(str::to_owned)),
            "{called:?}"
        );
    }
}

#[test]
fn a_missing_program_is_a_warning_and_then_an_error_with_install_hint() {
    let mut project = project();
    a_loop(
        &project,
        "termination: { type: fixed, iterations: 1 }\nprovider: codex\nfallback: [gemini, \"claude:sonnet\"]",
    );
    project.set("PATH", project.outside().join("nothing"));
    let said = project.ap(&["lint", "loop", "work"]).expect(0);
    said.says(&[
        "no program `codex` on PATH",
        "npm install -g @openai/codex",
        "no program `gemini`",
        "no program `claude`",
    ]);
    let json: Value =
        serde_json::from_str(&project.ap(&["lint", "--json"]).expect(0).stdout).expect("JSON");
    assert!(json.to_string().contains("provider-missing"), "{json}");
    project
        .ap(&FOREGROUND)
        .expect(2)
        .says(&["no program `codex` on PATH", "npm install -g @openai/codex"]);
    assert!(
        !project.root().join(".claude/pipeline-runs").exists(),
        "nothing is half-started"
    );
}

#[test]
fn any_provider_can_judge_and_writes_nothing() {
    let project = project();
    a_loop(
        &project,
        "termination: { type: judge, judge: { provider: codex, model: gpt-5.2 }, max: 3 }\nprovider: gemini",
    );
    plays(&project, "gemini", &[works("gemini")]);
    let answer = json!({ "type": "item.completed", "item": { "type": "agent_message", "text": "{\"stop\": true, \"confidence\": 0.9, \"reason\": \"done\"}" } });
    project.program(
        "answer.jsonl",
        &format!(
            "{answer}\n{}\n",
            json!({ "type": "turn.completed", "usage": {} })
        ),
    );
    plays(
        &project,
        "codex",
        &[json!({ "print": [project.outside().join("answer.jsonl")] })],
    );
    project
        .ap(&FOREGROUND)
        .expect(0)
        .says(&["`judge` reports that it is done: done"]);
    assert_eq!(
        calls(&project, "codex")[0].join(" "),
        "exec --json --color never --skip-git-repo-check --sandbox read-only --model gpt-5.2 -"
    );
}
