//! Runs of the older agent-pipelines are stored where ours are, and are never written into.
use crate::project::Project;

const LOOP: &str = "termination: {type: fixed}\n";

/// A project with a run of the older program: these files in the folder of session `s`.
fn with_run(files: &[(&str, &str)]) -> Project {
    let project = Project::new();
    project.scripted_loop(
        "g",
        LOOP,
        "iterations: [{say: done, status: {decision: continue}}]\n",
    );
    for (file, text) in files {
        project.write(&format!(".claude/pipeline-runs/s/{file}"), text);
    }
    project
}

fn tree(project: &Project) -> Vec<String> {
    let listed = project
        .command("sh")
        .args([
            "-c",
            "cd .claude/pipeline-runs/s && find . -type f | sort | xargs cksum",
        ])
        .output();
    let listed = String::from_utf8(listed.expect("a shell").stdout).expect("UTF-8");
    listed.lines().map(str::to_owned).collect()
}

#[test]
fn a_start_never_writes_into_a_run_of_the_older_program() {
    let status = ("stage-00-g/iterations/001/status.json", "{}");
    let state = ("state.json", "{\"session\":\"s\",\"status\":\"running\"}");
    let events = (
        "events.jsonl",
        "{\"type\":\"session_start\",\"session\":\"s\"}\n",
    );
    for files in [
        &[state, status][..],
        &[state],
        &[status],
        &[events, state, status],
    ] {
        let project = with_run(files);
        let before = tree(&project);
        for command in [
            &["g", "s", "1", "--foreground"][..],
            &["g", "s", "1"],
            &["g", "s", "--resume", "--foreground"],
        ] {
            let ran = project.ap(command);
            assert_ne!(ran.code, 0, "{}", ran.text());
            ran.says(&["a run of the older agent-pipelines"]);
            assert!(!ran.text().contains("damaged"), "{}", ran.text());
            assert_eq!(tree(&project), before);
        }
        project
            .ap(&["g", "s", "1", "--foreground", "--force"])
            .expect(0);
        let kept = project.command("sh").args(["-c", "cat .claude/pipeline-runs/.archive/*/state.json .claude/pipeline-runs/.archive/*/stage-00-g/iterations/001/status.json"]).output();
        assert!(!kept.expect("a shell").stdout.is_empty());
    }
}

#[test]
fn a_session_of_the_project_above_is_named() {
    let project = Project::new();
    project.scripted_loop(
        "g",
        LOOP,
        "iterations: [{say: done, status: {decision: continue}}]\n",
    );
    project.ap(&["g", "outer", "1", "--foreground"]).expect(0);
    project.write("lib/.git", "gitdir: nowhere\n");
    let mut command = project.ap_command(&["status", "outer"]);
    let output = command
        .current_dir(project.root().join("lib"))
        .output()
        .expect("ap");
    let shown = String::from_utf8(output.stderr).expect("UTF-8");
    let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(shown.contains("there is no session 'outer' in"), "{shown}");
    let hint = shown.split("help:").nth(1).unwrap_or_default();
    assert!(hint.contains(project.root().as_str()), "{shown}");
}

#[test]
fn a_context_may_begin_with_a_dash() {
    let project = Project::new();
    project.scripted_loop(
        "g",
        LOOP,
        "iterations: [{say: done, status: {decision: continue}}]\n",
    );
    project
        .ap(&["g", "s", "1", "--foreground", "--context", "- [ ] x"])
        .expect(0);
    assert!(
        project
            .read(".claude/pipeline-runs/s/plan.json")
            .contains("- [ ] x")
    );
}

#[test]
fn the_model_of_the_environment_counts_where_nothing_else_names_one() {
    let mut project = Project::new();
    project.a_loop("g", "termination: {type: fixed, max: 1}\n", "do it\n");
    project.set("ANTHROPIC_MODEL", "glm-4.6");
    let shown = |args: &[&str]| {
        project
            .ap(&[&["dry-run", "loop", "g", "--json"][..], args].concat())
            .expect(0)
            .text()
    };
    assert!(shown(&[]).contains("glm-4.6"));
    assert!(!shown(&["--model", "sonnet"]).contains("claude:glm-4.6"));
    project.a_loop(
        "h",
        "termination: {type: fixed, max: 1}\nmodel: haiku\neffort: high\n",
        "do it\n",
    );
    let shown = project
        .ap(&["dry-run", "loop", "h", "--json"])
        .expect(0)
        .text();
    assert!(shown.contains("haiku:high"), "{shown}");
}
