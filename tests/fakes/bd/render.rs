//! How issues are shown, as JSON and as text.
use crate::issues;
use crate::quirks::{Quirks, Text};
use crate::state::{Dependency, Issue, State};
use serde::Serialize;
use std::collections::HashMap;

/// An issue as `update`, `close` and old `ready` answer it.
pub(crate) fn plain(issue: &Issue, quirks: &Quirks) -> Issue {
    let mut shown = Issue {
        dependencies: Vec::new(),
        ..issue.clone()
    };
    if !quirks.close.tells_reason {
        shown.close_reason.clear();
    }
    shown
}

/// An issue with the number of its dependencies, and in newer versions with these.
#[derive(Serialize)]
pub(crate) struct Listed {
    #[serde(flatten)]
    issue: Issue,
    dependency_count: usize,
    dependent_count: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment_count: Option<usize>,
}

pub(crate) fn listed(found: &[&Issue], state: &State, quirks: &Quirks) -> Vec<Listed> {
    let mut dependents: HashMap<&str, usize> = HashMap::new();
    for dependency in state.issues.iter().flat_map(|issue| &issue.dependencies) {
        *dependents.entry(&dependency.depends_on_id).or_default() += 1;
    }
    let row = |issue: &&Issue| {
        let mut shown = plain(issue, quirks);
        if quirks.list.with_dependencies {
            let named = |dependency: &Dependency| Dependency {
                issue_id: issue.id.clone(),
                ..dependency.clone()
            };
            shown.dependencies = issue.dependencies.iter().map(named).collect();
        }
        Listed {
            issue: shown,
            dependency_count: issue.dependencies.len(),
            dependent_count: dependents.get(issue.id.as_str()).copied().unwrap_or(0),
            comment_count: quirks.list.with_dependencies.then_some(0),
        }
    };
    found.iter().map(row).collect()
}

/// An issue and what it is to the one that is shown.
#[derive(Serialize)]
pub(crate) struct Related {
    #[serde(flatten)]
    issue: Issue,
    dependency_type: String,
}

/// An issue as `show` answers it: with those around it in full.
#[derive(Serialize)]
pub(crate) struct Shown {
    #[serde(flatten)]
    issue: Issue,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    dependencies: Vec<Related>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    dependents: Vec<Related>,
}

pub(crate) fn shown(issue: &Issue, state: &State, quirks: &Quirks) -> Shown {
    let dependents = state.issues.iter().flat_map(|other| {
        let ours = other
            .dependencies
            .iter()
            .filter(|dependency| dependency.depends_on_id == issue.id);
        ours.map(|dependency| Related {
            issue: plain(other, quirks),
            dependency_type: dependency.kind.clone(),
        })
    });
    Shown {
        issue: plain(issue, quirks),
        dependencies: needed(issue, state, quirks),
        dependents: dependents.collect(),
    }
}

/// What an issue depends on, in full.
pub(crate) fn needed(issue: &Issue, state: &State, quirks: &Quirks) -> Vec<Related> {
    let full = |dependency: &Dependency| {
        let issue = plain(state.find(&dependency.depends_on_id)?, quirks);
        Some(Related {
            issue,
            dependency_type: dependency.kind.clone(),
        })
    };
    issue.dependencies.iter().filter_map(full).collect()
}

/// A blocked issue and what blocks it. Its labels are not told.
#[derive(Serialize)]
pub(crate) struct Blocked {
    #[serde(flatten)]
    pub(crate) issue: Issue,
    blocked_by_count: usize,
    pub(crate) blocked_by: Vec<String>,
}

pub(crate) fn blocked(issue: &Issue, by_id: &HashMap<&str, &Issue>, quirks: &Quirks) -> Blocked {
    let blocked_by: Vec<String> = issues::blockers(issue, by_id)
        .into_iter()
        .map(str::to_owned)
        .collect();
    let issue = Issue {
        labels: Vec::new(),
        ..plain(issue, quirks)
    };
    Blocked {
        issue,
        blocked_by_count: blocked_by.len(),
        blocked_by,
    }
}

pub(crate) fn priority(issue: &Issue, quirks: &Quirks) -> String {
    match (quirks.text, issue.priority) {
        (Text::Plain, priority) => format!("P{priority}"),
        // What is urgent is bold, NO_COLOR or not.
        (Text::Typed, 0) => "\u{1b}[1;mP0\u{1b}[0m".into(),
        (Text::Typed, priority) => format!("P{priority}"),
        (Text::Dotted, 0) => "\u{1b}[1;m● P0\u{1b}[0m".into(),
        (Text::Dotted, priority) => format!("● P{priority}"),
    }
}

/// A line of `ready`, and one more for the assignee.
pub(crate) fn ready_line(number: usize, issue: &Issue, quirks: &Quirks) -> String {
    let kind = if quirks.text == Text::Plain {
        String::new()
    } else {
        format!("[{}] ", issue.issue_type)
    };
    let assignee = if issue.assignee.is_empty() {
        String::new()
    } else {
        format!("   Assignee: {}\n", issue.assignee)
    };
    format!(
        "{number}. [{}] {kind}{}: {}\n{assignee}",
        priority(issue, quirks),
        issue.id,
        issue.title
    )
}

pub(crate) fn list_line(issue: &Issue, by_id: &HashMap<&str, &Issue>, quirks: &Quirks) -> String {
    let labels = if issue.labels.is_empty() {
        String::new()
    } else {
        format!(" [{}]", issue.labels.join(" "))
    };
    let (mark, status) = match quirks.text {
        Text::Plain | Text::Typed => ("", format!(" {}", issue.status)),
        Text::Dotted => (mark(issue), String::new()),
    };
    let blockers = if quirks.list.with_dependencies {
        issues::blockers(issue, by_id)
    } else {
        Vec::new()
    };
    let waits = if blockers.is_empty() {
        String::new()
    } else {
        format!(" (blocked by: {})", blockers.join(", "))
    };
    format!(
        "{mark}{} [{}] [{}]{status}{labels} - {}{waits}\n",
        issue.id,
        priority(issue, quirks),
        issue.issue_type,
        issue.title
    )
}

fn mark(issue: &Issue) -> &'static str {
    match issue.status.as_str() {
        "in_progress" => "◐ ",
        "closed" => "✓ ",
        _ => "○ ",
    }
}

pub(crate) fn show_text(issue: &Issue, quirks: &Quirks) -> String {
    let Issue {
        id,
        title,
        status,
        issue_type,
        assignee,
        description,
        ..
    } = issue;
    match quirks.text {
        Text::Plain | Text::Typed => {
            let assignee = if assignee.is_empty() {
                String::new()
            } else {
                format!("Assignee: {assignee}\n")
            };
            format!(
                "\n{id}: {title}\nStatus: {status}\nPriority: P{}\nType: {issue_type}\n{assignee}\nDescription:\n{description}\n\n",
                issue.priority
            )
        }
        Text::Dotted => format!(
            "\n{}{id} · {title}   [{} · {}]\nAssignee: {assignee} · Type: {issue_type}\n\nDESCRIPTION\n{description}\n\n",
            mark(issue),
            priority(issue, quirks),
            status.to_uppercase()
        ),
    }
}
