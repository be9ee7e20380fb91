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
        .ap(&["dry-run", "pipeline", "steps"])
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
        .says(&["It takes precedence over the other loop `work`"]);
    assert_eq!(project.read(".claude/schemas/loop.schema.json"), "{}");
    assert_eq!(project.read(".claude/loops/mine/notes.txt"), "mine");
}
