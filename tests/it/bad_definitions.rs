//! Broken definitions give an error with its location, use little memory, and start nothing.
use crate::project::{Project, Ran};

const ONE: &str = "termination: { type: fixed, max: 1 }\n";
const DONE: &str = r#"echo '{"decision": "continue"}' >"$status""#;

/// Runs `ap` with a quarter of a gigabyte of memory at most, in this many seconds at most.
fn bounded(project: &Project, words: &[&str]) -> Ran {
    let mut shell = project.command("sh");
    shell
        .args([
            "-c",
            "ulimit -v 262144; ulimit -t 10; exec \"$@\"",
            "sh",
            env!("CARGO_BIN_EXE_ap"),
        ])
        .args(words);
    shell.output().expect("sh runs").into()
}

/// What `ap lint`, a dry run and a start say, which must all refuse; nothing may be left of the start.
#[track_caller]
fn refused(project: &Project, kind: &str, name: &str, place: &str, why: &str) {
    for words in [
        &["lint", "--json", kind, name][..],
        &["dry-run", kind, name],
        &[kind, name, "s", "--foreground"],
        &[kind, name, "s"],
    ] {
        bounded(project, words).expect(2).says(&[why]);
    }
    let found = bounded(project, &["lint", "--json", kind, name]);
    let report: serde_json::Value = serde_json::from_str(&found.stdout).expect("JSON");
    let problems = report["checked"][0]["problems"]
        .as_array()
        .expect("problems");
    let at = |problem: &serde_json::Value| {
        format!(
            "{}:{}:{}",
            problem["file"].as_str().unwrap_or_default(),
            problem["line"],
            problem["column"]
        )
    };
    assert!(
        problems.iter().any(|problem| at(problem) == place),
        "nothing is at {place}: {report:#}"
    );
    assert!(
        !project.root().join(".claude/pipeline-runs").exists(),
        "a refused start leaves nothing"
    );
    assert!(
        !project.root().join(".claude/locks").exists(),
        "a refused start leaves nothing"
    );
}

#[test]
fn invalid_pipelines_are_refused() {
    let (project, file) = (Project::new(), ".claude/pipelines/p.yaml");
    project.shell_loop("work", ONE, DONE);
    let nest = |levels| {
        (1..levels).fold("a0: &a0 [x]\n".to_owned(), |text, n| {
            text + &format!("a{n}: &a{n} [*a{0}, *a{0}, *a{0}]\n", n - 1)
        })
    };
    for (text, place, why) in [
        (
            "nodes:\n  - {id: a, loop: work, runs: 1, inputs: {from: b}}\n  - {id: b, loop: work, runs: 1, inputs: {from: a}}\n",
            "2:49",
            "`b` runs after this node",
        ),
        (
            "nodes:\n  - {id: a, loop: work, runs: 1, inputs: {from: a}}\n",
            "2:49",
            "`a` is this node itself",
        ),
        (
            "nodes:\n  - {id: a, loop: work, runs: 1}\n  - {id: a, loop: work, runs: 1}\n",
            "3:10",
            "two nodes are called `a`",
        ),
        ("nodes: []\n", "1:1", "the pipeline has no nodes"),
        ("stages:\n", "1:1", "the pipeline has no nodes"),
        (
            "nodes:\n  - {id: a, loop: gone, runs: 1}\n",
            "2:19",
            "there is no loop `gone`",
        ),
        (
            "nodes: &all\n  - {id: a, loop: *all}\n",
            "2:5",
            "an anchor (`&name`) contains itself",
        ),
        (
            &(nest(40) + "nodes: []\n"),
            "1:1",
            "contains itself or expands to too much",
        ),
        (
            &format!("nodes: {}\n", "[".repeat(100_000)),
            "1:1008",
            "the file is nested too deeply",
        ),
        (
            &format!("nodes:\n{}", "  - {id: a}\n".repeat(5_000)),
            "2:3",
            "the pipeline has 5000 nodes, at most 1000",
        ),
        (
            &format!("nodes:\n{}", "  - {id: a, loop: gone}\n".repeat(220)),
            "1:1",
            "more than 200 mistakes",
        ),
    ] {
        project.write(file, text);
        refused(&project, "pipeline", "p", &format!("{file}:{place}"), why);
    }
}

#[test]
fn a_file_that_is_no_text_is_shown_where_it_ceases_to_be() {
    let project = Project::new();
    project.shell_loop("work", ONE, DONE);
    let loops = project.root().join(".claude/loops/work");
    let bytes = [b"name: work\ndescription: ".as_slice(), b"caf\xe9\n"].concat();
    agent_pipelines::store::atomic::replace(&loops.join("loop.yaml"), &bytes).expect("a file");
    refused(
        &project,
        "loop",
        "work",
        ".claude/loops/work/loop.yaml:2:17",
        "`loop.yaml` is not UTF-8 text (line 2, column 17)",
    );
    let utf16: Vec<u8> = "name: work\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    agent_pipelines::store::atomic::replace(
        &loops.join("loop.yaml"),
        &[b"\xff\xfe".to_vec(), utf16].concat(),
    )
    .expect("a file");
    refused(
        &project,
        "loop",
        "work",
        ".claude/loops/work/loop.yaml:1:1",
        "is UTF-16 text, not UTF-8",
    );
    project
        .ap(&["lint", "work"])
        .expect(2)
        .says(&["unreadable", "save it as UTF-8"]);
    // A prompt likewise, in its own file.
    project.shell_loop("work", ONE, DONE);
    agent_pipelines::store::atomic::replace(&loops.join("prompt.md"), b"one\ncaf\xe9\n")
        .expect("a file");
    refused(
        &project,
        "loop",
        "work",
        ".claude/loops/work/prompt.md:2:4",
        "`prompt.md` is not UTF-8 text (line 2, column 4)",
    );
    project
        .ap(&["lint", "work"])
        .expect(2)
        .says(&["unreadable", "save it as UTF-8"]);
}

#[test]
fn a_folder_without_a_definition_is_reported() {
    let project = Project::new();
    project.write(".claude/loops/hollow/prompt.md", "${STATUS}\n");
    project.write(
        ".claude/pipelines/p.yaml",
        "nodes:\n  - {id: a, loop: hollow, runs: 1}\n",
    );
    let why = "the folder `.claude/loops/hollow` has no `loop.yaml`";
    project
        .ap(&["lint"])
        .expect(2)
        .says(&["no-definition", why, "2 failed"]);
    for name in ["hollow", ".claude/loops/hollow"] {
        project
            .ap(&["lint", "loop", name])
            .expect(2)
            .says(&["no-definition", why, "write it"]);
    }
    project
        .ap(&["loop", "hollow", "s", "--foreground"])
        .expect(2)
        .says(&[why, "write it"]);
    refused(
        &project,
        "pipeline",
        "p",
        ".claude/pipelines/p.yaml:2:19",
        why,
    );
    // Another loop of this name is still found.
    project.write(
        ".claude/stages/hollow/stage.yaml",
        "termination: {type: queue}\n",
    );
    project
        .ap(&["lint", "hollow"])
        .expect(2)
        .says(&["no-prompt"]);
}

#[test]
fn a_prompt_too_long_for_any_model_is_refused() {
    let project = Project::new();
    project.shell_loop("work", ONE, DONE);
    let (yaml, shown) = (
        ".claude/loops/work/loop.yaml",
        ".claude/loops/work/prompt.md",
    );
    let prompt = project.root().join(shown);
    let file = fs_err::File::create(&prompt).expect("a prompt");
    file.set_len(64 << 30).expect("a size");
    refused(
        &project,
        "loop",
        "work",
        &format!("{shown}:1:1"),
        "is too large: 68719476736 bytes, at most 5242880",
    );
    project
        .ap(&["lint", "work"])
        .expect(2)
        .says(&["unreadable", "keep it below 5 MiB"]);
    fs_err::remove_file(&prompt).expect("removed");
    nix::unistd::mkfifo(prompt.as_std_path(), nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
    refused(
        &project,
        "loop",
        "work",
        &format!("{shown}:1:1"),
        "is not a regular file",
    );
    fs_err::remove_file(&prompt).expect("removed");
    refused(
        &project,
        "loop",
        "work",
        &format!("{yaml}:1:1"),
        "there is no prompt",
    );
    fs_err::remove_file(project.root().join(yaml)).expect("removed");
    bounded(
        &project,
        &["loop", "work", "s", "5", "--model", "-x", "--foreground"],
    )
    .expect(2);
}

#[test]
fn the_largest_allowed_prompt_runs() {
    let project = Project::new();
    project.shell_loop("work", ONE, DONE);
    let prompt = format!(
        "${{ITERATION}}\n${{STATUS}}\n{}\n",
        "${CONTEXT} is ünknown. ".repeat(200_000)
    );
    project.write(".claude/loops/work/prompt.md", &prompt);
    assert!(
        (4_800_000..5_242_880).contains(&prompt.len()),
        "{}",
        prompt.len()
    );
    bounded(&project, &["lint", "work"]).expect(0);
    bounded(
        &project,
        &["work", "s", "--foreground", "--context", "little"],
    )
    .expect(0);
    let kept = project.read(&project.run_file("s", "stage-00-work/iterations/001/prompt.md"));
    assert!(
        kept.ends_with("little is ünknown. \n") && 3_900_000 < kept.len(),
        "{}",
        kept.len()
    );
}

#[test]
fn links_that_lead_in_circles_are_walked_once_or_refused() {
    let project = Project::new();
    project
        .shell_loop("work", ONE, DONE)
        .write("docs/a.md", "a\n");
    for (to, from) in [
        (".", "docs/self"),
        ("..", "docs/up"),
        ("b", "docs/c"),
        ("c", "docs/b"),
    ] {
        fs_err::os::unix::fs::symlink(to, project.root().join(from)).expect("a link");
    }
    bounded(&project, &["work", "s", "--foreground", "--input", "docs"]).expect(0);
    let context = project.read(&project.run_file("s", "stage-00-work/iterations/001/context.json"));
    assert_eq!(context.matches("docs/a.md\"").count(), 1, "{context}");
    // A definition that is a link to itself is none.
    fs_err::create_dir_all(project.root().join(".claude/loops/round")).expect("a folder");
    fs_err::os::unix::fs::symlink(
        "loop.yaml",
        project.root().join(".claude/loops/round/loop.yaml"),
    )
    .expect("a link");
    fs_err::os::unix::fs::symlink("ring", project.root().join(".claude/loops/ring"))
        .expect("a link");
    bounded(&project, &["round", "t", "--foreground"])
        .expect(2)
        .says(&["round"]);
    bounded(&project, &["ring", "t", "--foreground"])
        .expect(2)
        .says(&["ring"]);
    bounded(&project, &["lint"]).expect(2).says(&[
        "the folder `.claude/loops/round` has no `loop.yaml`",
        "1 failed",
    ]);
}

#[test]
fn a_loop_by_itself_has_no_inputs_of_nodes_before_it() {
    let project = Project::new();
    project.write(
        ".claude/loops/mine/loop.yaml",
        "termination: { type: queue }\n",
    );
    project.write(
        ".claude/loops/mine/prompt.md",
        "${STATUS} begin${INPUTS.zz}end\n",
    );
    project.ap(&["lint", "mine"]).expect(0).says(&[
        "no-inputs",
        "`${INPUTS.zz}` is empty when the loop runs on its own",
    ]);
    project
        .ap(&["dry-run", "loop", "mine", "--prompt"])
        .expect(0)
        .says(&["begin(no output from zz)end"]);
}
