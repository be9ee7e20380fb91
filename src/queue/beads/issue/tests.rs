use super::*;
use serde_json::{Value, json};

fn task(issue: &Value, seen: &IssueContext) -> Task {
    serde_json::from_value::<Issue>(issue.clone())
        .unwrap()
        .task(seen)
}

fn open(more: &Value) -> Value {
    let mut issue = json!({ "id": "a", "title": "A", "status": "open", "issue_type": "task" });
    issue
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    issue
}

#[test]
fn every_status_is_what_the_page_says() {
    let seen = IssueContext {
        ready: Some([("a".to_owned(), 0)].into()),
        done: vec!["shipped".to_owned()],
        ..IssueContext::default()
    };
    let shown = |issue: Value| {
        let task = task(&issue, &seen);
        let state = format!("{:?}", task.state).to_lowercase();
        [Some(state), task.owner, task.why]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" / ")
    };
    let told: Vec<String> = [
        json!({}),
        json!({ "assignee": "ann" }),
        json!({ "assignee": "" }),
        json!({ "assignee": "pipeline/auth/r1/3" }),
        json!({ "status": "in_progress" }),
        json!({ "status": "in_progress", "assignee": "ann" }),
        json!({ "status": "hooked", "assignee": "pipeline/auth/r1/3" }),
        json!({ "status": "blocked" }),
        json!({ "status": "deferred" }),
        json!({ "status": "deferred", "defer_until": "2027-01-01T00:00:00Z" }),
        json!({ "status": "closed" }),
        json!({ "status": "tombstone" }),
        json!({ "status": "shipped" }),
        json!({ "status": "in_review" }),
    ]
    .iter()
    .map(|more| shown(open(more)))
    .collect();
    insta::assert_snapshot!(told.join("\n"), @"
    ready
    blocked / is assigned to ann
    ready
    held / pipeline/auth/r1/3
    held
    held / ann
    held / pipeline/auth/r1/3
    blocked / has the status `blocked`
    blocked / is deferred
    blocked / is deferred until 2027-01-01T00:00:00Z
    closed
    closed
    closed
    blocked / has the status `in_review`
    ");
}

#[test]
fn containers_pinned_issues_and_templates_are_not_tasks() {
    for more in [
        json!({ "issue_type": "epic" }),
        json!({ "status": "pinned" }),
        json!({ "pinned": true }),
        json!({ "is_template": true }),
    ] {
        assert!(
            !serde_json::from_value::<Issue>(open(&more))
                .unwrap()
                .is_work(),
            "{more}"
        );
    }
    assert!(
        serde_json::from_value::<Issue>(open(&json!({ "issue_type": null, "labels": null })))
            .unwrap()
            .is_free()
    );
}

#[test]
fn blocking_issues_are_named() {
    let dependency =
        |id: &str, status: &str| json!({ "id": id, "status": status, "dependency_type": "blocks" });
    let shown = open(
        &json!({ "dependencies": [dependency("x", "open"), dependency("y", "closed"), { "issue_id": "a", "depends_on_id": "z" }] }),
    );
    assert_eq!(
        task(&shown, &IssueContext::default()).why.as_deref(),
        Some("waits for x")
    );
    let seen = IssueContext {
        ready: Some(HashMap::new()),
        blocked_by: [("a".to_owned(), vec!["x".to_owned(), "y".to_owned()])].into(),
        ..IssueContext::default()
    };
    assert_eq!(
        task(&open(&json!({})), &seen).why.as_deref(),
        Some("waits for x, y")
    );
    assert_eq!(
        task(
            &open(&json!({})),
            &IssueContext {
                blocked_by: BTreeMap::new(),
                ..seen
            }
        )
        .why
        .as_deref(),
        Some("is not ready for bd")
    );
}

#[test]
fn everything_an_agent_needs_is_in_the_task() {
    let issue = open(
        &json!({ "description": "Why", "design": "How", "notes": "N", "acceptance_criteria": "- [ ] one\n- [x] two\nthree\n" }),
    );
    let task = task(&issue, &IssueContext::default());
    assert_eq!(task.body, "Why\n\nDesign:\nHow\n\nNotes:\nN");
    assert_eq!(task.acceptance, ["one", "two", "three"]);
    assert_eq!(
        task.to_string(),
        "a: A\n\nWhy\n\nDesign:\nHow\n\nNotes:\nN\n\nAcceptance:\n- one\n- two\n- three"
    );
}

#[test]
fn custom_statuses_say_which_of_them_mean_done() {
    assert_eq!(
        done_statuses("in_review:wip, shipped:done,odd"),
        ["shipped"]
    );
}
