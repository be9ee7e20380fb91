//! What `ap` does for Claude Code and for agents who read: the hook, the plugin's files, the section of AGENTS.md, the reference.
use crate::project::{LIMIT, Project};
use agent_pipelines::clock::wait_until;
use camino::Utf8PathBuf;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use serde_json::Value;

fn hook(project: &Project) -> String {
    project.ap(&["hook", "session-start"]).expect(0).stdout
}

#[test]
fn the_hook_lists_running_and_ended_sessions() {
    let project = Project::new();
    assert!(hook(&project).contains("No session runs in this project."));
    project.write("backlog.md", "- [ ] One (#one)\n- [ ] Two (#two)\n");
    project
        .ap(&[
            "work",
            "short",
            "1",
            "--provider",
            "scripted",
            "--foreground",
        ])
        .expect(4);
    project.shell_loop(
        "slow",
        "termination: {type: fixed, iterations: 3}\n",
        "sleep 300",
    );
    let running = project.start(&["slow", "auth", "--foreground"]);
    assert!(wait_until(LIMIT, || project
        .ap(&["status", "auth"])
        .text()
        .contains("agent at work")));
    let said = hook(&project);
    assert!(
        said.contains("Running in this project: auth (active, slow, iteration 1 of at most 3)."),
        "{said}"
    );
    assert!(
        said.contains("short (limit reached, work, iteration 1 of at most 1)"),
        "{said}"
    );
    assert!(said.lines().count() <= 5, "{said}");
    project.ap(&["stop", "auth"]).expect(0);
    let said = hook(&project);
    assert!(
        said.contains("auth (stopped, slow, iteration 1 of at most 3)"),
        "what `/start` may continue with: {said}"
    );
    drop(running);
}

/// The script of the hook finds no program: it says how to get one, and never fails.
#[test]
fn the_hook_names_how_to_install_a_missing_program() {
    let project = Project::new();
    let script = format!("{}/hooks/session-start", env!("CARGO_MANIFEST_DIR"));
    let says = |plugin: &str, agent: &str| {
        let mut hook = project.command("/bin/sh");
        let output = hook
            .arg(&script)
            .env("PATH", "/nowhere")
            .env("CLAUDE_PLUGIN_ROOT", plugin)
            .env("CLAUDE_PIPELINE_AGENT", agent)
            .output();
        let output = output.expect("it runs");
        assert!(
            output.status.success() && output.stderr.is_empty(),
            "{output:?}"
        );
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let said = says(env!("CARGO_MANIFEST_DIR"), "");
    assert!(
        said.contains(concat!(
            "`cargo install --path '",
            env!("CARGO_MANIFEST_DIR"),
            "' --locked`"
        )),
        "a checkout can be built: {said}"
    );
    assert_eq!(says(env!("CARGO_MANIFEST_DIR"), "1"), "");
    project.ap(&["plugin", "install", "--files-only"]).expect(0);
    let said = says(copy(&project).as_str(), "");
    assert!(said.contains("No session runs in this project."), "{said}");
    agent_pipelines::store::atomic::replace(
        &copy(&project).join("bin/ap"),
        b"#!/bin/sh\nexec /nowhere/ap \"$@\"\n",
    )
    .expect("an edit");
    fs_err::set_permissions(
        copy(&project).join("bin/ap"),
        std::os::unix::fs::PermissionsExt::from_mode(0o755),
    )
    .expect("it runs");
    let said = says(copy(&project).as_str(), "");
    assert!(
        said.contains("the program `ap` cannot be run")
            && said.contains("`ap plugin update`")
            && !said.contains("cargo"),
        "{said}"
    );
}

#[test]
fn the_hook_is_silent_inside_an_agent() {
    let mut project = Project::new();
    project.set("CLAUDE_PIPELINE_AGENT", "1");
    assert_eq!(hook(&project), "");
}

#[test]
fn the_hook_is_quick_however_many_sessions_there_were() {
    let project = Project::new();
    project.shell_loop(
        "quick",
        "termination: {type: fixed, iterations: 1}\n",
        "echo '{\"decision\": \"stop\"}' >\"$status\"",
    );
    project.ap(&["quick", "first", "--foreground"]).expect(0);
    let runs = project.root().join(".claude/pipeline-runs");
    for n in 0..300 {
        let copy = runs.join(format!("copy-{n}"));
        fs_err::create_dir(&copy).expect("a folder");
        for file in ["plan.json", "events.jsonl"] {
            fs_err::copy(runs.join("first").join(file), copy.join(file)).expect("a copy");
        }
    }
    // What it needs of a processor, and the best of some: the machine may be busy with other tests.
    let costs = (0..8).map(|_| processor_time()).map(|before| {
        hook(&project);
        processor_time() - before
    });
    let best = costs.min().expect("some were taken");
    assert!(best < 50_000, "{best} µs");
}

/// What all our children so far needed of a processor, in microseconds.
fn processor_time() -> i64 {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("it is known");
    [usage.user_time(), usage.system_time()]
        .iter()
        .map(TimeValLike::num_microseconds)
        .sum()
}

fn copy(project: &Project) -> Utf8PathBuf {
    Utf8PathBuf::from(project.var("AP_HOME")).join("data/plugin")
}

fn status(project: &Project) -> Value {
    serde_json::from_str(&project.ap(&["plugin", "status", "--json"]).expect(0).stdout)
        .expect("JSON")
}

fn file_status(status: &Value, path: &str) -> String {
    let file = status["files"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|file| file["path"] == path);
    file.map_or("gone", |file| file["status"].as_str().unwrap_or_default())
        .to_owned()
}

#[test]
fn an_edited_skill_is_shown_and_kept() {
    let project = Project::new();
    assert_eq!(status(&project)["installed"], false);
    for files in [&["--files-only"][..], &[]] {
        project
            .ap(&[&["plugin", "update"], files].concat())
            .expect(1)
            .says(&["the plugin is not installed", "`ap plugin install`"]);
    }
    assert!(
        !copy(&project).exists(),
        "looking writes nothing, and nor does an update of nothing"
    );
    project
        .ap(&["plugin", "install", "--files-only"])
        .expect(0)
        .says(&["claude --plugin-dir"]);
    let there = status(&project);
    assert_eq!(
        (
            &there["installed"],
            file_status(&there, "skills/sessions/SKILL.md").as_str()
        ),
        (&true.into(), "same")
    );
    let page = copy(&project).join("skills/monitor/SKILL.md");
    let text = fs_err::read_to_string(&page).expect("a page");
    let edited = text.replace("You observe, judge, and report.", "You observe.");
    agent_pipelines::store::atomic::replace(&page, edited.as_bytes()).expect("an edit");
    let said = project.ap(&["plugin", "update", "--files-only"]).expect(4);
    said.says(&[
        "-You observe. Do not",
        "+You observe, judge, and report.",
        "was edited and is kept",
        "--overwrite",
    ]);
    assert_eq!(fs_err::read_to_string(&page).expect("a page"), edited);
    assert_eq!(
        file_status(&status(&project), "skills/monitor/SKILL.md"),
        "edited"
    );
    let said = project.ap(&["plugin", "status"]).expect(0);
    said.says(&[
        "Edited  skills/monitor/SKILL.md",
        "-You observe. Do not",
        "+You observe, judge, and report.",
    ]);
    let said = project
        .ap(&["plugin", "uninstall", "--files-only"])
        .expect(4);
    said.says(&[
        "-You observe. Do not",
        "was edited and is kept",
        "uninstalled, except for 1 edited file of yours in ",
        "--overwrite",
    ]);
    assert!(page.exists() && !copy(&project).join("commands").exists());
    project
        .ap(&["plugin", "install", "--files-only", "--overwrite"])
        .expect(0);
    assert_eq!(fs_err::read_to_string(&page).expect("a page"), text);
    let said = project
        .ap(&["plugin", "uninstall", "--files-only"])
        .expect(0);
    assert!(
        said.text().contains("The plugin is uninstalled.") && !copy(&project).exists(),
        "{}",
        said.text()
    );
}

#[test]
fn without_claude_nothing_is_changed() {
    let mut project = Project::new();
    project.set("PATH", "/nowhere");
    project.ap(&["plugin", "install"]).expect(2).says(&[
        "`claude` is not on PATH, so nothing was changed",
        "--files-only",
    ]);
    assert!(!copy(&project).exists());
}

#[test]
fn the_ap_of_the_plugin_runs_this_program() {
    let project = Project::new();
    project.ap(&["plugin", "install", "--files-only"]).expect(0);
    let program = copy(&project).join("bin/ap");
    let output = project
        .command(program.as_str())
        .arg("--version")
        .output()
        .expect("it runs");
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        project.ap(&["--version"]).stdout
    );
    // The hook finds it where nothing else has it.
    let mut hook = project.command(copy(&project).join("hooks/session-start").as_str());
    let output = hook
        .env("CLAUDE_PLUGIN_ROOT", copy(&project))
        .output()
        .expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success() && said.contains("No session runs in this project."),
        "{said}"
    );
}

#[test]
fn the_section_for_agents_is_added_once_and_edits_of_it_stay() {
    let project = Project::new();
    project.write("CLAUDE.md", "# Ours\n");
    project
        .ap(&["init", "--agents-md"])
        .expect(0)
        .says(&["CLAUDE.md has a section on ap now"]);
    let once = project.read("CLAUDE.md");
    assert!(
        once.starts_with("# Ours\n\n<!-- agent-pipelines: begin -->")
            && !project.root().join("AGENTS.md").exists(),
        "{once}"
    );
    project
        .ap(&["init", "--agents-md"])
        .expect(0)
        .says(&["already"]);
    let edited = once.replace("one after the other", "two by two");
    project.write("CLAUDE.md", &edited);
    project.ap(&["init", "--agents-md"]).expect(4).says(&[
        "two by two",
        "the section was edited, so it is left as it is",
    ]);
    assert_eq!(project.read("CLAUDE.md"), edited);
    project.write("AGENTS.md", "");
    project
        .ap(&["init", "--agents-md"])
        .expect(4)
        .says(&["CLAUDE.md: the section was edited"]);
    project.write("CLAUDE.md", "@AGENTS.md\n");
    project
        .ap(&["init", "--agents-md"])
        .expect(0)
        .says(&["AGENTS.md has a section"]);
    assert_eq!(project.read("CLAUDE.md"), "@AGENTS.md\n");
}

#[test]
fn explained_files_list_every_field_of_the_schema() {
    let project = Project::new();
    let said = project.ap(&["explain", "context"]).expect(0);
    said.says(&[
        "What the agent reads: context.json",
        "stage.position",
        "limits.iterations_left",
        "Every field",
    ]);
    let json: Value = serde_json::from_str(
        &project
            .ap(&["explain", "status.json", "--json"])
            .expect(0)
            .stdout,
    )
    .expect("JSON");
    assert!(
        json["text"]
            .as_str()
            .is_some_and(|text| text.contains("`continue`, `stop`, `ask` or `error`")),
        "{json:#}"
    );
    project
        .ap(&["explain", "statsu"])
        .expect(2)
        .says(&["did you mean `status`?"]);
    let topics: Value =
        serde_json::from_str(&project.ap(&["explain", "--json"]).expect(0).stdout).expect("JSON");
    assert!(topics.as_array().is_some_and(|topics| 10 < topics.len()));
}
