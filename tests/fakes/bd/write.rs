//! The commands that change issues: `create`, `update`, `close`, `label`.
use crate::args::Args;
use crate::call::{Call, Reply};
use crate::claim::{self, Looked};
use crate::issues;
use crate::render;
use crate::state::{Issue, State};
use agent_pipelines::clock;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

/// facts §3.3; `tombstone` went with 1.0, which cannot be requested.
const STATUSES: &[&str] = &[
    "open",
    "in_progress",
    "blocked",
    "deferred",
    "closed",
    "pinned",
    "hooked",
    "tombstone",
];
const TYPES: &[&str] = &["bug", "feature", "task", "chore"];
/// facts §4.3: what only holds other issues.
const CONTAINERS: &[&str] = &[
    "epic",
    "molecule",
    "gate",
    "event",
    "message",
    "agent",
    "role",
    "rig",
    "convoy",
    "slot",
    "merge-request",
];

pub(crate) fn create(call: &Call) -> Reply {
    let args = &call.args;
    let Some(title) = args
        .get("title")
        .or_else(|| args.words.first().map(String::as_str))
        .filter(|title| !title.is_empty())
    else {
        return Reply::failed("Error: title required (or use --file to create from markdown)\n");
    };
    let priority = match args.get("priority").map(|text| (text, read_priority(text))) {
        None => 2,
        Some((_, Some(priority))) => priority,
        Some((text, None)) => {
            let hint = if call.quirks.json_errors {
                ", not words like high/medium/low"
            } else {
                ""
            };
            return Reply::failed(format!(
                "Error: invalid priority \"{text}\" (expected 0-4 or P0-P4{hint})\n"
            ));
        }
    };
    let mut err = String::new();
    if call.quirks.warns_of_role {
        err += "warning: beads.role not configured. Run 'bd init' to set.\n";
    }
    // facts §3.4: noise with exit code 0.
    if description(args).is_empty() {
        err += &format!("⚠ Creating issue '{title}' without description.\n");
    }
    let reply = call.change(|state| add(call, state, title, priority));
    Reply {
        err: err + &reply.err,
        ..reply
    }
}

fn description(args: &Args) -> &str {
    args.get("description")
        .or_else(|| args.get("body"))
        .unwrap_or_default()
}

fn read_priority(text: &str) -> Option<u8> {
    text.trim_start_matches(['P', 'p'])
        .parse()
        .ok()
        .filter(|priority| *priority <= 4)
}

fn add(call: &Call, state: &mut State, title: &str, priority: u8) -> Reply {
    let args = &call.args;
    let issue_type = args.get("type").unwrap_or("task");
    if !TYPES.contains(&issue_type) && !CONTAINERS.contains(&issue_type) {
        let what = format!("validation failed: invalid issue type: {issue_type}");
        let what = if call.quirks.direct {
            what
        } else {
            call.by_daemon(&format!("failed to create issue: {what}"))
        };
        return Reply::failed(format!("Error: {what}\n"));
    }
    let parent = args.get("parent").filter(|parent| !parent.is_empty());
    if let Some(parent) = parent.filter(|parent| state.find(parent).is_none()) {
        return Reply::failed(format!("Error: parent issue {parent} not found\n"));
    }
    let mut issue = Issue::new(state.new_id(parent), title.to_owned());
    description(args).clone_into(&mut issue.description);
    args.get("design")
        .unwrap_or_default()
        .clone_into(&mut issue.design);
    args.get("acceptance")
        .unwrap_or_default()
        .clone_into(&mut issue.acceptance_criteria);
    (issue.priority, issue.issue_type) = (priority, issue_type.into());
    issue.label(args.all("labels").into_iter().chain(args.all("label")));
    if let Some(parent) = parent {
        issue.depend_on(parent, "parent-child");
        if call.quirks.inherits_labels && !args.has("no-inherit-labels") {
            let inherited: Vec<String> = state
                .find(parent)
                .map(|parent| parent.labels.clone())
                .unwrap_or_default();
            issue.label(inherited.iter().map(String::as_str));
        }
    }
    if let Err(words) = depend(call, state, &mut issue) {
        return Reply::failed(words);
    }
    let answer = Issue {
        labels: Vec::new(),
        ..render::plain(&issue, &call.quirks)
    };
    state.issues.push(issue);
    if args.has("silent") {
        return Reply::text(format!("{}\n", answer.id));
    }
    call.either(&answer, || {
        format!(
            "✓ Created issue: {}\n  Title: {title}\n  Priority: P{priority}\n  Status: open\n",
            answer.id
        )
    })
}

/// `--deps X`, `--deps blocks:X` and other kinds.
fn depend(call: &Call, state: &mut State, issue: &mut Issue) -> Result<(), String> {
    for dependency in call.args.all("deps") {
        let (kind, id) = dependency.split_once(':').unwrap_or(("", dependency));
        let Some(other) = state.find_mut(id) else {
            return Err(format!("Error: dependency {id}: {}\n", call.missing(id)));
        };
        match kind {
            "blocks" if call.quirks.blocks_reversed => other.depend_on(&issue.id, "blocks"),
            "" => issue.depend_on(id, "blocks"),
            kind => issue.depend_on(id, kind),
        }
    }
    Ok(())
}

pub(crate) fn update(call: &Call) -> Reply {
    let looked = match claim::look_first(call) {
        Ok(looked) => looked,
        Err(lost) => return lost,
    };
    call.change(|state| {
        let mut done = Vec::new();
        for id in &call.args.words {
            if state.find(id).is_none() {
                return if call.quirks.direct {
                    Reply {
                        err: format!("Error resolving {id}: {}\n", call.missing(id)),
                        ..Reply::default()
                    }
                } else {
                    call.error(&format!("resolving ID {id}: {}", call.missing(id)))
                };
            }
            match update_one(call, state, id, looked) {
                Ok(issue) => done.push(issue),
                Err(words) => return call.refusal(words),
            }
        }
        let text = || {
            done.iter()
                .map(|issue| format!("✓ Updated issue: {}\n", issue.id))
                .collect()
        };
        call.either(&done, text)
    })
}

fn update_one(call: &Call, state: &mut State, id: &str, looked: Looked) -> Result<Issue, String> {
    let args = &call.args;
    let leases = claim::stamps(call, state);
    if let Some(status) = args
        .get("status")
        .filter(|status| !is_status(state, status))
    {
        let what = format!("validate field update: invalid status: {status}");
        let what = if call.quirks.direct {
            what
        } else {
            call.by_daemon(&format!("failed to update issue: {what}"))
        };
        return Err(format!("Error updating {id}: {what}\n"));
    }
    let defer = args.get("defer").map(read_defer).transpose()?;
    let issue = state.find_mut(id).ok_or_else(|| call.missing(id))?;
    if args.has("claim") {
        claim::take(call, issue, looked, leases).map_err(|why| claim::lost(call, id, &why))?;
    }
    if let Some(status) = args.get("status") {
        set_status(issue, status);
    }
    if let Some(assignee) = args.get("assignee") {
        assignee.clone_into(&mut issue.assignee);
    }
    if let Some(description) = args.get("description") {
        description.clone_into(&mut issue.description);
    }
    if let Some(acceptance) = args.get("acceptance") {
        acceptance.clone_into(&mut issue.acceptance_criteria);
    }
    if let Some(until) = defer.filter(|_| call.quirks.defer == crate::quirks::Defer::Hides) {
        issue.defer_until = until;
    }
    issue.label(args.all("add-label"));
    if issue.status != "in_progress" {
        issue.drop_lease();
    }
    issue.updated_at = clock::now();
    Ok(render::plain(issue, &call.quirks))
}

/// One of bd's own, or one that `status.custom` names, with or without a category (facts §3.3).
fn is_status(state: &State, status: &str) -> bool {
    let custom = state.config.get("status.custom").map_or("", String::as_str);
    STATUSES.contains(&status)
        || custom.split(',').any(|own| {
            own.split(':')
                .next()
                .is_some_and(|name| name.trim() == status)
        })
}

fn set_status(issue: &mut Issue, status: &str) {
    status.clone_into(&mut issue.status);
    if issue.is_closed() {
        issue.closed_at.get_or_insert_with(clock::now);
    } else {
        (issue.closed_at, issue.close_reason) = (None, String::new());
    }
}

/// `+2d` was recorded; a time and nothing are taken as well.
fn read_defer(text: &str) -> Result<Option<Timestamp>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let days = text
        .strip_prefix('+')
        .and_then(|text| text.strip_suffix('d'))
        .and_then(|days| days.parse::<i64>().ok());
    let until = days
        .map(|days| clock::now() + SignedDuration::from_hours(24 * days))
        .or_else(|| text.parse().ok());
    until
        .map(Some)
        .ok_or_else(|| format!("Error: invalid --defer format \"{text}\"\n"))
}

pub(crate) fn close(call: &Call) -> Reply {
    let reason = call.args.get("reason").unwrap_or("Closed");
    call.change(|state| {
        let mut done = Vec::new();
        for id in &call.args.words {
            if let Some(why) = refused(call, state, id) {
                return call.refusal(format!("{why}\n"));
            }
            let Some(issue) = state.find_mut(id) else {
                return call.error(&format!("resolving ID {id}: {}", call.missing(id)));
            };
            set_status(issue, "closed");
            reason.clone_into(&mut issue.close_reason);
            issue.drop_lease();
            issue.updated_at = clock::now();
            done.push(render::plain(issue, &call.quirks));
        }
        call.either(&done, || {
            done.iter()
                .map(|issue| format!("✓ Closed {}: {reason}\n", issue.id))
                .collect()
        })
    })
}

/// Why an issue must not be closed yet.
fn refused(call: &Call, state: &State, id: &str) -> Option<String> {
    let issue = state
        .find(id)
        .filter(|issue| !issue.is_closed() && !call.args.has("force"))?;
    let by = issues::blockers(issue, &state.by_id());
    let children = state
        .issues
        .iter()
        .filter(|child| !child.is_closed() && child.is_child_of(id))
        .count();
    let why = if call.quirks.close.refuses_blocked && !by.is_empty() {
        format!(
            "cannot close {id}: blocked by open issues [{}] (use --force to override)",
            by.join(" ")
        )
    } else if call.quirks.close.refuses_open_children && issue.issue_type == "epic" && 0 < children
    {
        format!("cannot close {id}: {children} open children (use --force to override)")
    } else {
        return None;
    };
    Some(if call.quirks.direct {
        why
    } else {
        format!("Error closing {id}: {}", call.by_daemon(&why))
    })
}

pub(crate) fn label(call: &Call) -> Reply {
    let (what, id, label) = (call.args.word(0), call.args.word(1), call.args.word(2));
    call.change(|state| {
        let Some(issue) = state.find_mut(id) else {
            return call.error(&format!("resolving ID {id}: {}", call.missing(id)));
        };
        let status = match what {
            "list" => {
                return call.either(&issue.labels, || {
                    format!(
                        "\n🏷 Labels for {id}:\n  - {}\n\n",
                        issue.labels.join("\n  - ")
                    )
                });
            }
            "add" => {
                issue.label([label]);
                "added"
            }
            "remove" => {
                issue.labels.retain(|own| own != label);
                "removed"
            }
            _ => return Reply::text("Manage issue labels\n\nUsage:\n  bd label [command]\n"),
        };
        call.either(
            &[json!({ "issue_id": id, "label": label, "status": status })],
            || format!("✓ {status} label '{label}': {id}\n"),
        )
    })
}
