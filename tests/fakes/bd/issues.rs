//! Which issues are meant, and which of them are ready.
use crate::args::Args;
use crate::quirks::{Defer, Quirks};
use crate::state::{Issue, State};
use agent_pipelines::clock;
use std::cmp::Reverse;
use std::collections::HashMap;

/// The flags that choose issues; without any, all are meant.
pub(crate) struct Filter<'a> {
    labels: Vec<&'a str>,
    any_label: Vec<&'a str>,
    without: Vec<&'a str>,
    kind: Option<&'a str>,
    parent: Option<&'a str>,
    unassigned: bool,
}

impl<'a> Filter<'a> {
    pub(crate) fn of(args: &'a Args) -> Self {
        Self {
            labels: args.all("label"),
            any_label: args.all("label-any"),
            without: args.all("exclude-label"),
            kind: args.get("type"),
            parent: args.get("parent"),
            unassigned: args.has("unassigned"),
        }
    }

    pub(crate) fn takes(&self, issue: &Issue) -> bool {
        let has = |label: &&str| issue.labels.iter().any(|own| own == label);
        self.labels.iter().all(has)
            && (self.any_label.is_empty() || self.any_label.iter().any(has))
            && !self.without.iter().any(has)
            && self.kind.is_none_or(|kind| issue.issue_type == kind)
            && self.parent.is_none_or(|parent| issue.is_child_of(parent))
            && (!self.unassigned || issue.assignee.is_empty())
    }
}

/// The ids that still keep an issue from being begun.
pub(crate) fn blockers<'a>(issue: &'a Issue, by_id: &HashMap<&str, &Issue>) -> Vec<&'a str> {
    issue
        .needs("blocks")
        .filter(|id| by_id.get(id).is_some_and(|blocker| !blocker.is_closed()))
        .collect()
}

/// What can be begun, whatever its labels, in the order of creation.
pub(crate) fn ready<'a>(state: &'a State, quirks: &Quirks) -> Vec<&'a Issue> {
    let by_id = state.by_id();
    let now = clock::now();
    let begun = |issue: &Issue| quirks.ready.with_in_progress && issue.status == "in_progress";
    let waits = |issue: &Issue| {
        quirks.defer == Defer::Hides && issue.defer_until.is_some_and(|until| now < until)
    };
    let fits = |issue: &&Issue| {
        (issue.status == "open" || begun(issue))
            && !waits(issue)
            && blockers(issue, &by_id).is_empty()
    };
    state.issues.iter().filter(fits).collect()
}

/// Sorts as `ready` does; nothing that was recorded tells `hybrid` from `priority`.
pub(crate) fn sort_ready(issues: &mut [&Issue], policy: &str) -> Result<(), String> {
    match policy {
        "hybrid" | "priority" => issues.sort_by_key(|issue| issue.priority),
        "oldest" => {}
        _ => {
            return Err(format!(
                "Error: invalid sort policy '{policy}'. Valid values: hybrid, priority, oldest\n"
            ));
        }
    }
    Ok(())
}

/// Sorts as `list` does: what matters most first, and of that the newest.
pub(crate) fn newest_first(issues: &mut Vec<&Issue>) {
    issues.reverse();
    issues.sort_by_key(|issue| issue.priority);
}

/// How many there are of each status; the recordings have them in no certain order.
pub(crate) fn by_status<'a>(issues: &[&'a Issue]) -> Vec<(&'a str, usize)> {
    let mut groups: HashMap<&str, usize> = HashMap::new();
    for issue in issues {
        *groups.entry(issue.status.as_str()).or_default() += 1;
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(status, count)| (Reverse(*count), *status));
    groups
}
