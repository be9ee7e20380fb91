//! The commands that only look: `ready`, `list`, `show`, `count`, `stale`.
use crate::call::{Call, Reply};
use crate::claim;
use crate::issues::{self, Filter};
use crate::render;
use crate::state::{Issue, State};
use agent_pipelines::clock;
use jiff::SignedDuration;
use serde_json::{Value, json};
use std::env;

pub(crate) fn ready(call: &Call) -> Reply {
    let sort = call.args.get("sort").unwrap_or("hybrid");
    if let Err(words) = issues::sort_ready(&mut [], sort) {
        return Reply::failed(words);
    }
    if call.args.has("claim") {
        return claim::first_ready(call, sort);
    }
    call.state(|state| {
        let found = ready_issues(call, state, sort);
        let limit = limit(call, call.quirks.ready.limit).min(found.len());
        let more = call.quirks.ready.tells_of_more && limit < found.len();
        let err = if more {
            format!(
                "Showing {limit} of {} ready issues; use --limit 0 for all\n",
                found.len()
            )
        } else {
            String::new()
        };
        Reply {
            err,
            ..ready_reply(call, state, &found[..limit])
        }
    })
}

/// What is ready and was asked for, sorted.
pub(crate) fn ready_issues<'a>(call: &Call, state: &'a State, sort: &str) -> Vec<&'a Issue> {
    let filter = Filter::of(&call.args);
    let mut found = issues::ready(state, &call.quirks);
    found.retain(|issue| filter.takes(issue));
    // The policy was looked at before.
    let _ = issues::sort_ready(&mut found, sort);
    found
}

fn ready_reply(call: &Call, state: &State, found: &[&Issue]) -> Reply {
    let quirks = &call.quirks;
    if !call.wants_json() {
        return Reply::text(ready_text(call, state, found));
    }
    if quirks.ready.with_dependencies {
        return call.json(&render::listed(found, state, quirks));
    }
    call.json(
        &found
            .iter()
            .map(|issue| render::plain(issue, quirks))
            .collect::<Vec<_>>(),
    )
}

fn ready_text(call: &Call, state: &State, found: &[&Issue]) -> String {
    let open = state.issues.iter().any(|issue| !issue.is_closed());
    match found {
        [] if !open && call.quirks.ready.knows_no_open_issues => "\n✨ No open issues\n\n".into(),
        [] => "\n✨ No ready work found (all issues have blocking dependencies)\n\n".into(),
        _ => {
            let lines = found
                .iter()
                .enumerate()
                .map(|(index, issue)| render::ready_line(index + 1, issue, &call.quirks));
            format!(
                "\n📋 Ready work ({} issues with no blockers):\n\n{}\n",
                found.len(),
                lines.collect::<String>()
            )
        }
    }
}

pub(crate) fn list(call: &Call) -> Reply {
    let (args, quirks) = (&call.args, &call.quirks);
    let agent = ["BD_AGENT_MODE", "CLAUDE_CODE"]
        .iter()
        .any(|name| env::var_os(name).is_some());
    let default = quirks
        .list
        .limit_for_agents
        .filter(|_| agent)
        .unwrap_or(quirks.list.limit);
    let hides_closed = quirks.list.hides_closed && !args.has("all") && args.get("status").is_none();
    let filter = Filter::of(args);
    call.state(|state| {
        let meant = |issue: &&Issue| {
            filter.takes(issue) && has_status(call, issue) && !(hides_closed && issue.is_closed())
        };
        let mut found: Vec<&Issue> = state.issues.iter().filter(meant).collect();
        issues::newest_first(&mut found);
        found.truncate(limit(call, default));
        if call.wants_json() {
            call.json(&render::listed(&found, state, quirks))
        } else {
            let by_id = state.by_id();
            Reply::text(
                found
                    .iter()
                    .map(|issue| render::list_line(issue, &by_id, quirks))
                    .collect::<String>(),
            )
        }
    })
}

fn has_status(call: &Call, issue: &Issue) -> bool {
    match call.args.get("status") {
        Some(statuses) if call.quirks.list.many_statuses => {
            statuses.split(',').any(|status| status == issue.status)
        }
        Some(status) => status == issue.status,
        None => true,
    }
}

/// 0 is no limit.
fn limit(call: &Call, default: usize) -> usize {
    let asked = call.args.get("limit").and_then(|text| text.parse().ok());
    match asked.unwrap_or(default) {
        0 => usize::MAX,
        limit => limit,
    }
}

pub(crate) fn show(call: &Call) -> Reply {
    let quirks = &call.quirks;
    call.state(|state| {
        let mut found = Vec::new();
        let mut err = String::new();
        for id in &call.args.words {
            match state.find(id) {
                Some(issue) => found.push(issue),
                None if quirks.direct => {
                    err += &format!("Error fetching {id}: {}\n", call.missing(id));
                }
                None => return call.error(&format!("resolving ID {id}: {}", call.missing(id))),
            }
        }
        if found.is_empty() {
            return Reply {
                err,
                ..Reply::default()
            };
        }
        let shown: Vec<_> = found
            .iter()
            .map(|issue| render::shown(issue, state, quirks))
            .collect();
        let text = || {
            found
                .iter()
                .map(|issue| render::show_text(issue, quirks))
                .collect()
        };
        Reply {
            err,
            ..call.either(&shown, text)
        }
    })
}

pub(crate) fn count(call: &Call) -> Reply {
    let filter = Filter::of(&call.args);
    call.state(|state| {
        let found: Vec<&Issue> = state
            .issues
            .iter()
            .filter(|issue| filter.takes(issue) && has_status(call, issue))
            .collect();
        if !call.args.has("by-status") {
            return call.either(&json!({ "count": found.len() }), || {
                format!("{}\n", found.len())
            });
        }
        let groups = issues::by_status(&found);
        let rows: Vec<Value> = groups
            .iter()
            .map(|(group, count)| json!({ "group": group, "count": count }))
            .collect();
        let text = || {
            groups
                .iter()
                .map(|(group, count)| format!("{group}: {count}\n"))
                .collect()
        };
        call.either(&json!({ "total": found.len(), "groups": rows }), text)
    })
}

pub(crate) fn stale(call: &Call) -> Reply {
    let days = call
        .args
        .get("days")
        .and_then(|days| days.parse().ok())
        .unwrap_or(30);
    let before = clock::now() - SignedDuration::from_hours(24 * days);
    call.state(|state| {
        let old = |issue: &&Issue| {
            !issue.is_closed() && has_status(call, issue) && issue.updated_at < before
        };
        let found: Vec<Issue> = state
            .issues
            .iter()
            .filter(old)
            .map(|issue| render::plain(issue, &call.quirks))
            .collect();
        call.either(&found, || format!("{} stale issues\n", found.len()))
    })
}
