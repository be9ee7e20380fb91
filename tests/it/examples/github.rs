//! A queue of GitHub issues, with a stand-in for `gh`.
use super::{TITLES, call, commit, is, list, put_on_path, state, told};
use crate::project::Project;
use agent_pipelines::store::atomic;
use serde_json::{Value, json};

const EXAMPLE: &str = "github";

/// A project whose repository has issues with these titles, all of session `auth`.
fn project(titles: &[&str]) -> Project {
    let mut project = super::project(EXAMPLE);
    put_on_path(&mut project, "gh", include_str!("../../fakes/gh.py"));
    let path = project.outside().join("github.json");
    let issue = |(index, title): (usize, &&str)| json!({ "number": index + 1, "title": title, "body": "", "state": "OPEN", "labels": ["pipeline/auth"], "assignees": [], "comments": [] });
    let issues: Vec<Value> = titles.iter().enumerate().map(issue).collect();
    let labels = ["claimed", "blocked", "pipeline/auth"];
    atomic::replace(
        &path,
        json!({ "labels": labels, "issues": issues })
            .to_string()
            .as_bytes(),
    )
    .expect("a file");
    project.set("FAKE_GH_STATE", path);
    project
}

fn github(project: &Project) -> Value {
    serde_json::from_str(&fs_err::read_to_string(project.var("FAKE_GH_STATE")).expect("a file"))
        .expect("JSON")
}

/// Changes an issue, as people do on the website.
fn set(project: &Project, index: usize, field: &str, value: Value) {
    let mut state = github(project);
    state["issues"][index][field] = value;
    atomic::replace(
        project.var("FAKE_GH_STATE").into(),
        state.to_string().as_bytes(),
    )
    .expect("a file");
}

#[test]
fn an_issue_goes_through_all_five_actions() {
    let project = project(&["Add login"]);
    let tracker = |action: &str, reason: &str| call(&project, EXAMPLE, action, &told("1", reason));
    let now = || state(&project, EXAMPLE, "1");
    assert_eq!(now(), is("open", "", ""));
    tracker("claim", "").expect(0);
    assert_eq!(now(), is("held", "", ""));
    tracker("claim", "").expect(1).says(&["the issue is held"]);
    tracker("release", "").expect(0);
    assert_eq!(now(), is("open", "", ""));
    tracker("claim", "").expect(0);
    tracker("park", "was parked: it's \"bad\"\n--body x").expect(0);
    assert_eq!(now(), is("blocked", "", "has the label `blocked`"));
    tracker("release", "").expect(0);
    tracker("claim", "").expect(0);
    tracker("close", "-done").expect(0);
    assert_eq!(now(), is("closed", "", ""));
    tracker("close", "again").expect(0);
    let issue = &github(&project)["issues"][0];
    assert_eq!(
        issue["comments"],
        json!([
            "agent-pipelines: was parked: it's \"bad\"\n--body x\n",
            "agent-pipelines: -done\n"
        ])
    );
    assert_eq!(issue["labels"], json!(["pipeline/auth"]));
    call(&project, EXAMPLE, "claim", &told("7", ""))
        .expect(1)
        .says(&["Could not resolve to an issue"]);
    call(&project, EXAMPLE, "claim", &told("--web", ""))
        .expect(1)
        .says(&["is not the number of an issue"]);
}

#[test]
fn any_title_comes_through_unchanged() {
    let project = project(&TITLES);
    let listed = list(&project, EXAMPLE);
    let titles: Vec<&str> = listed
        .iter()
        .filter_map(|task| task["title"].as_str())
        .collect();
    assert_eq!(titles, TITLES);
}

#[test]
fn labels_set_by_hand_are_respected() {
    let project = project(&["Blocked", "Alice's", "Another session's"]);
    set(&project, 0, "labels", json!(["pipeline/auth", "blocked"]));
    set(&project, 1, "assignees", json!(["alice"]));
    set(&project, 2, "labels", json!(["pipeline/other"]));
    assert_eq!(
        state(&project, EXAMPLE, "1"),
        is("blocked", "", "has the label `blocked`")
    );
    assert_eq!(
        state(&project, EXAMPLE, "2"),
        is("held", "github/alice", "")
    );
    assert_eq!(list(&project, EXAMPLE).len(), 2);
    for id in ["1", "2"] {
        call(&project, EXAMPLE, "claim", &told(id, "")).expect(1);
    }
    set(
        &project,
        0,
        "labels",
        json!(["pipeline/auth", "claimed", "blocked"]),
    );
    call(&project, EXAMPLE, "release", &told("1", "")).expect(0);
    assert_eq!(
        state(&project, EXAMPLE, "1"),
        is("blocked", "", "has the label `blocked`")
    );
}

#[test]
fn a_limit_of_github_is_busy_and_a_refusal_is_not() {
    let mut project = project(&["Add login"]);
    project.set(
        "FAKE_GH_FAILURE",
        "GraphQL: API rate limit exceeded for user ID 1.",
    );
    call(&project, EXAMPLE, "list", &told("", "")).expect(75);
    project.set("FAKE_GH_FAILURE", "HTTP 401: Bad credentials");
    call(&project, EXAMPLE, "list", &told("", ""))
        .expect(1)
        .says(&["Bad credentials"]);
}

#[test]
fn a_session_closes_two_issues() {
    let project = project(&["Add \"login\"", "Add logout"]);
    commit(&project);
    project
        .ap(&[
            "github",
            "auth",
            "25",
            "--provider",
            "scripted",
            "--foreground",
        ])
        .expect(0);
    let prompt =
        project.read(&project.run_file("auth", "stage-00-github/iterations/001/prompt.md"));
    assert!(
        prompt.contains("1: Add \"login\""),
        "the task is in the prompt: {prompt}"
    );
    let state = github(&project);
    for issue in state["issues"].as_array().expect("issues") {
        assert_eq!(
            (&issue["state"], &issue["labels"]),
            (&json!("CLOSED"), &json!(["pipeline/auth"]))
        );
    }
    assert_eq!(project.status("auth")["iteration_completed"], 2);
    project.nothing_left();
}
