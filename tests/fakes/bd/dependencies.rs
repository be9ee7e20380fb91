//! What has to wait for what: `dep` and `blocked`.
use crate::call::{Call, Reply};
use crate::issues;
use crate::render;
use crate::state::{Issue, State};
use serde_json::json;

pub(crate) fn dep(call: &Call) -> Reply {
    match call.args.word(0) {
        "add" => call.change(|state| add(call, state)),
        "remove" => call.change(|state| remove(call, state)),
        "list" if call.quirks.dep_list => call.state(|state| match state.find(call.args.word(1)) {
            Some(issue) => call.either(&render::needed(issue, state, &call.quirks), || {
                format!("{} depends on:\n", issue.id)
            }),
            None => call.error(&format!(
                "resolving {}: {}",
                call.args.word(1),
                call.missing(call.args.word(1))
            )),
        }),
        _ => Reply::text(
            "Manage dependencies\n\nUsage:\n  bd dep [command]\n\nAvailable Commands:\n  add\n  remove\n",
        ),
    }
}

fn add(call: &Call, state: &mut State) -> Reply {
    let (id, on) = (call.args.word(1), call.args.word(2));
    if state.find(on).is_none() {
        return call.error(&format!(
            "resolving dependency ID {on}: {}",
            call.missing(on)
        ));
    }
    let Some(issue) = state.find(id) else {
        return call.error(&format!("resolving issue ID {id}: {}", call.missing(id)));
    };
    if issue
        .dependencies
        .iter()
        .any(|dependency| dependency.depends_on_id == on)
    {
        let what = format!(
            "failed to add dependency: UNIQUE constraint failed: {}",
            call.quirks.dependency_key
        );
        return call.error(&add_failed(call, &what));
    }
    if waits_for(state, on, id) {
        return call.error(&add_failed(
            call,
            &format!("cannot add dependency: would create a cycle ({id} → {on} → ... → {id})"),
        ));
    }
    if let Some(issue) = state.find_mut(id) {
        issue.depend_on(on, "blocks");
    }
    if call.wants_json() && !call.quirks.dep_add_answers {
        return Reply::text("\n");
    }
    let answer =
        json!({ "depends_on_id": on, "issue_id": id, "status": "added", "type": "blocks" });
    call.either(&answer, || {
        format!("✓ Added dependency: {id} depends on {on} (blocks)\n")
    })
}

fn add_failed(call: &Call, what: &str) -> String {
    if call.quirks.direct {
        what.to_owned()
    } else {
        call.by_daemon(&format!("failed to add dependency: {what}"))
    }
}

/// Whether an issue has to wait for another, also by way of third ones.
fn waits_for(state: &State, id: &str, other: &str) -> bool {
    let by_id = state.by_id();
    let mut seen = vec![id];
    let mut next = 0;
    while let Some(id) = seen.get(next).copied() {
        if id == other {
            return true;
        }
        let needed = by_id
            .get(id)
            .into_iter()
            .flat_map(|issue| issue.needs("blocks"));
        let new: Vec<&str> = needed.filter(|needed| !seen.contains(needed)).collect();
        seen.extend(new);
        next += 1;
    }
    false
}

fn remove(call: &Call, state: &mut State) -> Reply {
    let (id, on) = (call.args.word(1), call.args.word(2));
    let Some(issue) = state.find_mut(id) else {
        return call.error(&format!("resolving issue ID {id}: {}", call.missing(id)));
    };
    issue
        .dependencies
        .retain(|dependency| dependency.depends_on_id != on);
    let answer = json!({ "depends_on_id": on, "issue_id": id, "status": "removed" });
    call.either(&answer, || {
        format!("✓ Removed dependency: {id} no longer depends on {on}\n")
    })
}

pub(crate) fn blocked(call: &Call) -> Reply {
    call.state(|state| {
        let by_id = state.by_id();
        let waits =
            |issue: &&Issue| !issue.is_closed() && !issues::blockers(issue, &by_id).is_empty();
        let mut found: Vec<&Issue> = state.issues.iter().filter(waits).collect();
        if call.quirks.blocked_newest_first {
            found.reverse();
        }
        found.sort_by_key(|issue| issue.priority);
        let rows: Vec<_> = found
            .iter()
            .map(|issue| render::blocked(issue, &by_id, &call.quirks))
            .collect();
        let line = |row: &render::Blocked| {
            let (issue, by) = (&row.issue, &row.blocked_by);
            let priority = render::priority(issue, &call.quirks);
            format!(
                "[{priority}] {}: {}\n  Blocked by {} open dependencies: [{}]\n\n",
                issue.id,
                issue.title,
                by.len(),
                by.join(" ")
            )
        };
        call.either(&rows, || {
            format!(
                "\n🚫 Blocked issues ({}):\n\n{}",
                rows.len(),
                rows.iter().map(line).collect::<String>()
            )
        })
    })
}
