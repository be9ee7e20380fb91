//! The trackers under `examples/queues` work: Taskwarrior with the real program, GitHub with a stand-in for `gh`.
mod github;
mod taskwarrior;

pub(crate) use taskwarrior::has_taskwarrior;

use crate::project::{Project, Ran};
use agent_pipelines::store::atomic;
use camino::Utf8Path;
use serde_json::{Value, json};
use std::io::Write as _;
use std::process::Stdio;

/// Texts that a tracker may take for something else.
const TITLES: [&str; 8] = [
    "it's \"quoted\" $(touch x) `y`",
    "two\nlines",
    "🦀 émoji, 漢字",
    "-leading",
    "project:other +tag due:now",
    "rc.verbose=on",
    "back\\slash \\n (a) [b] {id} /a/b/",
    "--label x",
];

const OWNER: &str = "pipeline/auth/r1/3";

/// A project that has the example among its loops.
fn project(example: &str) -> Project {
    let project = Project::new();
    let folder = Utf8Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("examples/queues")
        .join(example);
    for file in ["loop.yaml", "prompt.md", "tracker.py"] {
        let text = fs_err::read_to_string(folder.join(file)).expect("a file of the example");
        project.write(
            &format!(".claude/loops/{example}/{file}"),
            &text.replace("delay: 3", "delay: 0"),
        );
    }
    project
}

/// Calls a tracker as ap does.
fn call(project: &Project, example: &str, action: &str, told: &Value) -> Ran {
    let mut command = project.command("python3");
    command
        .args([&format!(".claude/loops/{example}/tracker.py"), action])
        .stdin(Stdio::piped());
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("python3 runs");
    child
        .stdin
        .take()
        .expect("a pipe")
        .write_all(told.to_string().as_bytes())
        .expect("it reads");
    child.wait_with_output().expect("it ends").into()
}

fn told(id: &str, reason: &str) -> Value {
    json!({ "action": "", "id": id, "owner": OWNER, "label": "pipeline/auth", "reason": reason })
}

/// Returns what the tracker lists, checked to have every field.
#[track_caller]
fn list(project: &Project, example: &str) -> Vec<Value> {
    let ran = call(project, example, "list", &told("", "")).expect(0);
    let answer: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    answer["tasks"].as_array().expect("a list").clone()
}

/// Returns the state, the owner and the reason of a task.
#[track_caller]
fn state(project: &Project, example: &str, id: &str) -> (String, String, String) {
    let tasks = list(project, example);
    let task = tasks
        .iter()
        .find(|task| task["id"] == id)
        .expect("it is listed");
    let text = |name: &str| task[name].as_str().unwrap_or_default().to_owned();
    (text("state"), text("owner"), text("why"))
}

fn is(state: &str, owner: &str, why: &str) -> (String, String, String) {
    (state.to_owned(), owner.to_owned(), why.to_owned())
}

/// Commits what is there, so that the scripted agent can commit too.
fn commit(project: &Project) {
    let script = "git config user.name N && git config user.email n@localhost && git commit -q --allow-empty -m Start";
    let done: Ran = project
        .command("bash")
        .args(["-ec", script])
        .output()
        .expect("bash runs")
        .into();
    done.expect(0);
}

#[test]
fn the_examples_lint_without_problems() {
    for example in ["taskwarrior", "github"] {
        let mut project = project(example);
        put_on_path(&mut project, "claude", "#!/bin/sh\n");
        let ran = project.ap(&["lint", "loop", example, "--json"]).expect(0);
        let report: Value = serde_json::from_str(&ran.stdout).expect("JSON");
        assert_eq!(report["checked"][0]["problems"], json!([]), "{example}");
    }
}

/// Puts a program on the project's PATH, before all others.
fn put_on_path(project: &mut Project, name: &str, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = project.outside().join("bin");
    fs_err::create_dir_all(&folder).expect("a folder");
    atomic::replace(&folder.join(name), text.as_bytes()).expect("a program");
    fs_err::set_permissions(folder.join(name), std::fs::Permissions::from_mode(0o755))
        .expect("its mode");
    let path = format!("{folder}:{}", project.var("PATH"));
    project.set("PATH", path);
}
