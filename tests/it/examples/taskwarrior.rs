//! Taskwarrior, the real program.
use super::{OWNER, TITLES, call, commit, is, list, put_on_path, state, told};
use crate::project::{Project, Ran};
use agent_pipelines::store::atomic;
use nix::fcntl::{FcntlArg, fcntl};
use serde_json::{Value, json};
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::{LazyLock, Once};

const EXAMPLE: &str = "taskwarrior";

/// Whether Taskwarrior is here, or fails the test with the way to get it; false only where the tests were told to do without.
#[expect(clippy::print_stderr, reason = "a skipped test must be seen")]
pub(crate) fn has_taskwarrior() -> bool {
    static SKIPPED: Once = Once::new();
    static FOUND: LazyLock<bool> = LazyLock::new(|| {
        Command::new("task")
            .arg("--version")
            .stdin(Stdio::null())
            .output()
            .is_ok_and(|output| output.status.success())
    });
    let found = *FOUND;
    if !found && std::env::var("AP_TESTS_WITHOUT_TASKWARRIOR").is_ok_and(|value| value == "1") {
        SKIPPED.call_once(|| {
            eprintln!("skipped: there is no `task` and AP_TESTS_WITHOUT_TASKWARRIOR=1");
        });
        return false;
    }
    assert!(
        found,
        "this test needs Taskwarrior (`task`): run `./run.sh test`, which installs it, or install it yourself (apt-get install taskwarrior, brew install task), or set AP_TESTS_WITHOUT_TASKWARRIOR=1 to do without"
    );
    true
}

/// A project with Taskwarrior's files in its own home.
fn project() -> Option<Project> {
    if !has_taskwarrior() {
        return None;
    }
    let mut project = super::project(EXAMPLE);
    let home = project.outside().join("home");
    fs_err::create_dir_all(home.join(".task")).expect("a folder");
    atomic::replace(&home.join("taskrc"), b"").expect("a file");
    project
        .set("TASKRC", home.join("taskrc"))
        .set("TASKDATA", home.join(".task"));
    Some(project)
}

/// Calls Taskwarrior as a person does.
#[track_caller]
fn task(project: &Project, words: &[&str], input: &str) -> String {
    let mut command = project.command("task");
    command
        .args(["rc.confirmation=off", "rc.verbose=nothing"])
        .args(words);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("task runs");
    child
        .stdin
        .take()
        .expect("a pipe")
        .write_all(input.as_bytes())
        .expect("it reads");
    Ran::from(child.wait_with_output().expect("it ends"))
        .expect(0)
        .stdout
}

fn uuid(number: usize) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

/// Adds tasks with these titles, in this order, and returns their ids.
fn add(project: &Project, titles: &[&str]) -> Vec<String> {
    let task = |(number, title): (usize, &&str)| json!({ "uuid": uuid(number), "description": title, "project": "pipeline/auth", "status": "pending", "entry": format!("20250101T0000{number:02}Z") });
    let tasks: Vec<Value> = titles.iter().enumerate().map(task).collect();
    self::task(project, &["import", "-"], &Value::from(tasks).to_string());
    (0..titles.len()).map(uuid).collect()
}

#[test]
fn a_task_goes_through_all_five_actions() {
    let Some(project) = project() else { return };
    let id = &add(&project, &["Add login"])[0];
    let tracker = |action: &str, reason: &str| call(&project, EXAMPLE, action, &told(id, reason));
    let now = || state(&project, EXAMPLE, id);
    assert_eq!(now(), is("open", "", ""));
    tracker("claim", "").expect(0);
    assert_eq!(now(), is("held", OWNER, ""));
    tracker("claim", "").expect(0);
    let other = json!({ "action": "claim", "id": id, "owner": "pipeline/auth/r1/4", "label": "pipeline/auth", "reason": "" });
    call(&project, EXAMPLE, "claim", &other)
        .expect(1)
        .says(&["held: pipeline/auth/r1/3"]);
    assert_eq!(now(), is("held", OWNER, ""));
    tracker("release", "it's \"hard\"").expect(0);
    assert_eq!(now(), is("open", "", ""));
    tracker("claim", "").expect(0);
    let why = "was parked after 3 failed attempts; the last one: it's \"bad\" project:x +tag\nrc.verbose=on";
    tracker("park", why).expect(0);
    assert_eq!(now(), is("blocked", "", &why.replace('\n', " ")));
    tracker("claim", "")
        .expect(1)
        .says(&["the task is blocked"]);
    tracker("release", "").expect(0);
    tracker("claim", "").expect(0);
    tracker("close", "project:other done\nand -- tested").expect(0);
    assert_eq!(now(), is("closed", "", ""));
    tracker("close", "again").expect(0);
    for action in ["claim", "release", "park"] {
        tracker(action, "");
        assert_eq!(now(), is("closed", "", ""), "{action}");
    }
    let listed = list(&project, EXAMPLE);
    assert_eq!(listed[0]["title"], "Add login");
    assert_eq!(
        listed[0]["body"],
        "agent-pipelines: project:other done and -- tested"
    );
    call(&project, EXAMPLE, "claim", &told(&uuid(9), ""))
        .expect(1)
        .says(&["there is no task"]);
    call(&project, EXAMPLE, "frobnicate", &told(id, ""))
        .expect(2)
        .says(&["usage:"]);
    assert_eq!(
        fs_err::read_to_string(project.var("TASKRC")).expect("it is there"),
        "",
        "it stays the person's"
    );
}

#[test]
fn any_title_comes_through_unchanged() {
    let Some(project) = project() else { return };
    let ids = add(&project, &TITLES);
    for id in &ids {
        call(&project, EXAMPLE, "claim", &told(id, "")).expect(0);
        call(&project, EXAMPLE, "park", &told(id, "why")).expect(0);
        call(&project, EXAMPLE, "release", &told(id, "why")).expect(0);
    }
    let listed = list(&project, EXAMPLE);
    let titles: Vec<&str> = listed
        .iter()
        .filter_map(|task| task["title"].as_str())
        .collect();
    assert_eq!(titles, TITLES);
    assert!(listed.iter().all(|task| task["state"] == "open"));
}

#[test]
fn tasks_that_cannot_start_are_blocked_with_a_reason() {
    let Some(project) = project() else { return };
    let ids = add(
        &project,
        &["First", "Second", "Later", "Urgent", "Every day"],
    );
    task(
        &project,
        &[&ids[1], "modify", &format!("depends:{}", ids[0])],
        "",
    );
    task(
        &project,
        &[&ids[2], "modify", "wait:2099-01-01T00:00:00Z"],
        "",
    );
    task(&project, &[&ids[3], "modify", "priority:H"], "");
    task(
        &project,
        &[&ids[4], "modify", "due:2099-01-01", "recur:daily"],
        "",
    );
    task(
        &project,
        &["add", "project:pipeline/auth.sub", "Of another project"],
        "",
    );
    let now = |id: &str| state(&project, EXAMPLE, id);
    assert_eq!(
        now(&ids[1]),
        is("blocked", "", &format!("waits for {} (First)", ids[0]))
    );
    assert_eq!(
        now(&ids[2]),
        is("blocked", "", "waits until 20990101T000000Z")
    );
    let listed = list(&project, EXAMPLE);
    let place = |title: &str| {
        listed
            .iter()
            .position(|task| task["title"] == title)
            .expect("it is listed")
    };
    assert!(place("Urgent") < place("Later"));
    assert_eq!(listed[place("Urgent")]["priority"], 1);
    assert_eq!(
        listed.len(),
        4,
        "neither templates nor other projects: {listed:?}"
    );
    task(&project, &[&ids[0], "start"], "");
    assert!(
        now(&ids[0]).1.starts_with("user/"),
        "what a person started is theirs: {:?}",
        now(&ids[0])
    );
    task(&project, &[&ids[0], "delete"], "");
    assert_eq!(now(&ids[0]), is("closed", "", ""));
    assert_eq!(now(&ids[1]), is("open", "", ""));
}

#[test]
fn locked_data_is_busy_and_nothing_else() {
    let Some(mut project) = project() else { return };
    let id = &add(&project, &["Add login"])[0];
    let file = fs_err::OpenOptions::new()
        .read(true)
        .write(true)
        .open(project.outside().join("home/.task/pending.data"));
    // Only 2.6 keeps its tasks there.
    if let Ok(file) = file {
        fcntl(&file, FcntlArg::F_SETLK(&write_lock())).expect("it is free");
        call(&project, EXAMPLE, "list", &told("", ""))
            .expect(75)
            .says(&["another process may be using its data"]);
        drop(file);
    }
    call(&project, EXAMPLE, "claim", &told(id, "")).expect(0);
    put_on_path(
        &mut project,
        "task",
        "#!/bin/sh\necho 'task: database is locked' >&2\nexit 2\n",
    );
    call(&project, EXAMPLE, "list", &told("", "")).expect(75);
    put_on_path(
        &mut project,
        "task",
        "#!/bin/sh\necho 'the task is blocked' >&2\nexit 2\n",
    );
    call(&project, EXAMPLE, "list", &told("", ""))
        .expect(1)
        .says(&["the task is blocked"]);
}

/// A write lock on a whole file.
fn write_lock() -> nix::libc::flock {
    let kind = |number: i32| i16::try_from(number).expect("it is small");
    nix::libc::flock {
        l_type: kind(nix::libc::F_WRLCK),
        l_whence: kind(nix::libc::SEEK_SET),
        l_start: 0,
        l_len: 0,
        l_pid: 0,
    }
}

#[test]
fn a_session_closes_three_tasks() {
    let Some(project) = project() else { return };
    commit(&project);
    let ids = add(
        &project,
        &["Write the \"manual\"", "Add a search box", "Add a page"],
    );
    task(
        &project,
        &[&ids[0], "modify", &format!("depends:{},{}", ids[1], ids[2])],
        "",
    );
    project
        .ap(&[
            "taskwarrior",
            "auth",
            "25",
            "--provider",
            "scripted",
            "--foreground",
        ])
        .expect(0);
    let status = project.status("auth");
    assert_eq!(
        (&status["status"], &status["iteration_completed"]),
        (&json!("complete"), &json!(3))
    );
    assert!(
        list(&project, EXAMPLE)
            .iter()
            .all(|task| task["state"] == "closed")
    );
    let summaries: Vec<&Value> = status["history"]
        .as_array()
        .expect("a history")
        .iter()
        .map(|entry| &entry["summary"])
        .collect();
    assert_eq!(
        summaries[2], "Write the \"manual\"",
        "what depends on others comes last"
    );
    project
        .ap(&["queue", "status", "--session", "auth"])
        .expect(0)
        .says(&["3 of 3 closed"]);
    project.nothing_left();
}

#[test]
fn users_use_the_queue_of_a_session_too() {
    let Some(project) = project() else { return };
    commit(&project);
    let ids = add(&project, &["Add login", "Add logout"]);
    project
        .ap(&[
            "taskwarrior",
            "auth",
            "1",
            "--provider",
            "scripted",
            "--foreground",
        ])
        .expect(4);
    let queue = |words: &[&str]| project.ap(&[&["queue", "--session", "auth"], words].concat());
    queue(&["ready"]).expect(0).says(&[&ids[1], "Add logout"]);
    queue(&["claim"]).expect(0);
    // A task that cannot start any more can still be released.
    task(
        &project,
        &["import", "-"],
        &json!([{ "uuid": uuid(7), "description": "Before it", "status": "pending" }]).to_string(),
    );
    task(
        &project,
        &[&ids[1], "modify", &format!("depends:{}", uuid(7))],
        "",
    );
    queue(&["release", &ids[1]]).expect(0);
    queue(&["status"])
        .expect(0)
        .says(&["1 of 2 closed, 0 ready", "waits for", "(Before it)"]);
    queue(&["label"]).expect(2);
    project
        .ap(&["queue", "label", "auth", "--all-ready"])
        .expect(1)
        .says(&["do it with the tracker's own program"]);
}

#[test]
fn a_missing_database_is_reported() {
    let Some(project) = project() else { return };
    add(&project, &["Add login"]);
    fs_err::rename(
        project.outside().join("home/.task"),
        project.outside().join("elsewhere"),
    )
    .expect("it moves");
    let ran = project.ap(&[
        "taskwarrior",
        "auth",
        "1",
        "--provider",
        "scripted",
        "--foreground",
    ]);
    ran.expect(1)
        .says(&["cannot find ~/.task, the database of the queue"]);
}
