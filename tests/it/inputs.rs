//! What agents get from people and from each other: files, earlier outputs, perspectives.
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
    let within = |path: &Value| path.as_str().expect("a path").strip_prefix(project.root().as_str()).expect("absolute").to_owned();
    paths.as_array().expect("a list").iter().map(within).collect()
}

#[test]
fn inputs_are_files_patterns_and_folders() {
    let project = Project::new();
    project.shell_loop("work", "termination: { type: fixed, max: 1 }\n", COUNTS);
    project.write("docs/b.md", "").write("docs/a.txt", "").write("plan-2.md", "").write("plan-1.md", "");
    project.ap(&["work", "s", "--foreground", "--input", "plan-*.md", "--input", "docs", "--input", "plan-2.md"]).expect(0);
    let context = context(&project, "s", "stage-00-work/iterations/001");
    assert_eq!(listed(&project, &context["inputs"]["from_initial"]), ["/plan-1.md", "/plan-2.md", "/docs/a.txt", "/docs/b.md"]);
}

#[test]
fn an_input_that_is_not_there_is_refused_before_anything_starts() {
    let project = Project::new();
    project.shell_loop("work", "termination: { type: fixed, max: 1 }\n", COUNTS);
    project.ap(&["work", "s", "--foreground", "--input", "nix.md", "--input", "no/*.md"]).expect(2).says(&["no input `nix.md`, `no/*.md`"]);
    project.write(".claude/pipelines/p.yaml", "inputs: [docs/nix.md]\nnodes:\n  - {id: a, loop: work, runs: 1}\n");
    project.ap(&["pipeline", "p", "t", "--foreground"]).expect(2).says(&["no input `", "docs/nix.md`"]);
    assert!(!project.root().join(".claude/pipeline-runs/s").exists() && !project.root().join(".claude/pipeline-runs/t").exists());
}
