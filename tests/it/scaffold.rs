//! What `ap new` writes runs as it is, and nothing is ever overwritten.
use crate::project::Project;

#[test]
fn a_new_loop_is_complete() {
    let project = Project::new();
    project.ap(&["new", "loop", "polish"]).expect(0).says(&[
        ".claude/loops/polish/loop.yaml",
        ".claude/loops/polish/prompt.md",
    ]);
    project.ap(&["lint", "--strict", "polish"]).expect(0);
    project.ap(&["test", "polish"]).expect(0).says(&[
        "PASS",
        "3 iterations",
        "1 test: 1 passed, 0 failed",
    ]);
    assert!(
        project
            .read(".claude/loops/polish/prompt.md")
            .contains("Session: ${SESSION_NAME}, iteration ${ITERATION}.")
    );
    // Its fixture plays a whole session.
    let definition = ".claude/loops/polish/loop.yaml";
    let yaml = project.read(definition)
        + "provider: scripted\nargs: [.claude/loops/polish/fixtures/script.yaml]\ndelay: 0\n";
    project.write(definition, &yaml);
    project.ap(&["polish", "trial", "--foreground"]).expect(0);
    assert_eq!(project.history("trial"), [1, 2, 3]);
    assert!(
        project
            .read(".claude/schemas/loop.schema.json")
            .contains("\"termination\"")
    );
    assert!(project.read(definition).starts_with(
        "# yaml-language-server: $schema=../../schemas/loop.schema.json\nname: polish\n"
    ));
}

#[test]
fn a_new_pipeline_is_complete() {
    let project = Project::new();
    project
        .ap(&["new", "pipeline", "steps"])
        .expect(0)
        .says(&[".claude/pipelines/steps.yaml"]);
    project
        .ap(&["lint", "--strict", "pipeline", "steps"])
        .expect(0);
    project.ap(&["test"]).expect(0).says(&[
        "PASS",
        ".claude/pipelines/fixtures/steps",
        "4 iterations",
    ]);
    project
        .ap(&["dry-run", "pipeline", "steps", "--prompt"])
        .expect(0)
        .says(&["At most 4 agents", "(what the earlier node wrote)"]);
}

#[test]
fn nothing_is_overwritten() {
    let project = Project::new();
    project
        .write(".claude/loops/mine/notes.txt", "mine")
        .write(".claude/stages/old/stage.yaml", "x: y\n");
    project
        .write(".claude/pipelines/p.yml", "nodes: []\n")
        .write(".claude/schemas/loop.schema.json", "{}");
    for (words, why) in [
        (["new", "loop", "mine"], "there is a folder `mine` already"),
        (["new", "loop", "old"], "there is a loop `old` already"),
        (["new", "pipeline", "p"], "there is a pipeline `p` already"),
        (["new", "loop", "status"], "`ap status` is a command"),
        (["new", "loop", "../x"], "../x"),
        (["new", "loop", "a b"], "loop `a b` may contain only"),
        (
            ["new", "pipeline", "a b"],
            "pipeline `a b` may contain only",
        ),
    ] {
        project.ap(&words).expect(2).says(&[why]);
    }
    let loops: Vec<_> = project
        .root()
        .join(".claude/loops")
        .read_dir_utf8()
        .expect("loops")
        .map(|entry| entry.expect("an entry"))
        .collect();
    assert_eq!(loops.len(), 1, "something is left behind");
    project
        .ap(&["new", "loop", "work"])
        .expect(0)
        .says(&["It takes precedence over the built-in loop `work` from now on"]);
    assert_eq!(project.read(".claude/schemas/loop.schema.json"), "{}");
    assert_eq!(project.read(".claude/loops/mine/notes.txt"), "mine");
}

#[test]
fn a_prompt_is_named_as_one_and_a_loop_is_made_of_it() {
    let project = Project::new();
    project.write(
        "PROMPT.md",
        "Build the thing in ${FOO}. When all is done say <promise>ALL DONE</promise>.\n",
    );
    for command in [
        vec!["loop", "./PROMPT.md"],
        vec!["./PROMPT.md"],
        vec!["pipeline", "PROMPT.md"],
        vec!["dry-run", "loop", "PROMPT.md"],
    ] {
        project.ap(&command).expect(2).says(&[
            "PROMPT.md is a prompt, not a",
            "ap new loop prompt --prompt",
            "PROMPT.md`",
        ]);
    }
    project
        .ap(&["new", "loop", "prompt", "--prompt", "PROMPT.md"])
        .expect(0);
    let (definition, prompt) = (
        ".claude/loops/prompt/loop.yaml",
        ".claude/loops/prompt/prompt.md",
    );
    assert!(project.read(definition).contains("type: promise"));
    assert!(project.read(definition).contains("text: \"ALL DONE\""));
    assert!(
        project
            .read(prompt)
            .starts_with("Build the thing in $${FOO}. When")
    );
    project.ap(&["lint", "--strict", "prompt"]).expect(0);
    project.ap(&["test", "prompt"]).expect(0).says(&["PASS"]);
    project.write("plan.md", "Make it good.\n");
    project
        .ap(&["new", "loop", "good", "--prompt", "plan.md"])
        .expect(0);
    assert!(
        project
            .read(".claude/loops/good/loop.yaml")
            .contains("type: judgment")
    );
    project.ap(&["lint", "--strict", "good"]).expect(0);
    project
        .ap(&["new", "loop", "other", "--prompt", "missing.md"])
        .expect(1);
    assert!(!project.root().join(".claude/loops/other").exists());
}

#[test]
fn a_workflow_of_another_program_is_named_in_one_line() {
    let project = Project::new();
    for (text, program) in [
        (
            "name: x\ninitial_movement: plan\nmovements:\n  - {name: plan, persona: coder}\n",
            "takt",
        ),
        (
            "event_loop:\n  prompt_file: PROMPT.md\ncli:\n  backend: claude\n",
            "ralph-orchestrator",
        ),
        (
            "name: x\nnodes:\n  - {id: a, command: plan}\n  - {id: b, depends_on: [a], bash: ls}\n",
            "Archon",
        ),
    ] {
        project.write("flow.yaml", text);
        let ran = project.ap(&["lint", "pipeline", "./flow.yaml"]).expect(2);
        ran.says(&[&format!("looks like a workflow of {program}")]);
        assert!(!ran.text().contains("unknown"), "{}", ran.text());
    }
}
