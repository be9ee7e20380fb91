//! Who works on what: claims, and the leases that newer versions put on them.
use crate::call::{Call, Reply};
use crate::quirks::Claim;
use crate::read;
use crate::render;
use crate::state::{Issue, State};
use agent_pipelines::clock;
use jiff::SignedDuration;
use serde_json::json;
use std::env;
use std::time::Duration;

/// How long a lease lasts without a heartbeat. Facts §3.1 has the leases; how long is from hearsay, see the README.
const LEASE: SignedDuration = SignedDuration::from_mins(5);

/// Whether a version that looks before it writes has looked already.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Looked {
    Before,
    NotYet,
}

/// Looks at the issue as a racing version does, then gives everybody else time; `Err` is the answer to a lost claim.
pub(crate) fn look_first(call: &Call) -> Result<Looked, Reply> {
    if call.quirks.claim != Claim::Racy || !call.args.has("claim") {
        return Ok(Looked::NotYet);
    }
    let holder = call.database.change(|state| {
        let holders = call
            .args
            .words
            .iter()
            .filter_map(|id| state.find(id))
            .filter(|issue| !issue.assignee.is_empty());
        (
            false,
            holders
                .map(|issue| (issue.id.clone(), issue.assignee.clone()))
                .next(),
        )
    });
    match holder {
        Ok(Some((id, holder))) => {
            Err(call.refusal(lost(call, &id, &format!("already claimed by {holder}"))))
        }
        Ok(None) => {
            let gap = env::var("FAKE_BD_CLAIM_GAP_MS")
                .ok()
                .and_then(|ms| ms.parse().ok())
                .unwrap_or(0);
            clock::wait_until(Duration::from_millis(gap), || false);
            Ok(Looked::Before)
        }
        Err(error) => Err(Reply::failed(format!("Error: {error}\n"))),
    }
}

/// Takes an issue for the actor, under the lock; `Err` is why not.
pub(crate) fn take(
    call: &Call,
    issue: &mut Issue,
    looked: Looked,
    leases: bool,
) -> Result<(), String> {
    let ours = issue.assignee == call.actor;
    let free = issue.assignee.is_empty();
    match call.quirks.claim {
        Claim::Racy if looked == Looked::Before || free => {}
        Claim::Racy => return Err(format!("already claimed by {}", issue.assignee)),
        Claim::Atomic if !free => {
            return Err(format!("issue already claimed by {}", issue.assignee));
        }
        Claim::Atomic if issue.is_closed() => {
            return Err(
                "CHECK constraint failed: (status = 'closed') = (closed_at IS NOT NULL)".into(),
            );
        }
        Claim::Atomic => {}
        Claim::OpenOnly if !free && !ours => {
            return Err(format!("issue already claimed by {}", issue.assignee));
        }
        Claim::OpenOnly if issue.status == "open" || (ours && issue.status == "in_progress") => {}
        Claim::OpenOnly => return Err(format!("issue not claimable: status {}", issue.status)),
    }
    issue.assignee.clone_from(&call.actor);
    issue.status = "in_progress".into();
    (issue.closed_at, issue.close_reason) = (None, String::new());
    if leases {
        renew(issue);
    }
    Ok(())
}

pub(crate) fn lost(call: &Call, id: &str, why: &str) -> String {
    if call.quirks.direct {
        format!("Error claiming {id}: {why}\n")
    } else {
        format!("Error updating {id}: {}\n", call.by_daemon(why))
    }
}

/// facts §3.1: every claim stamps a lease while `lease.auto` is on, which it is.
pub(crate) fn stamps(call: &Call, state: &State) -> bool {
    call.quirks.leases
        && state
            .config
            .get("lease.auto")
            .is_none_or(|value| value != "false")
}

fn renew(issue: &mut Issue) {
    let now = clock::now();
    (issue.heartbeat_at, issue.lease_expires_at) = (Some(now), Some(now + LEASE));
}

/// `ready --claim`: claims the first that is ready and unowned; `[]` when there is none (facts §3.2).
pub(crate) fn first_ready(call: &Call, sort: &str) -> Reply {
    call.change(|state| {
        let found = read::ready_issues(call, state, sort)
            .into_iter()
            .find(|issue| issue.assignee.is_empty());
        let Some(id) = found.map(|issue| issue.id.clone()) else {
            return call.either(&json!([]), || "\n✨ No ready work found\n\n".into());
        };
        let leases = stamps(call, state);
        let taken = state.find_mut(&id).map(|issue| {
            take(call, issue, Looked::NotYet, leases).map(|()| render::plain(issue, &call.quirks))
        });
        match taken {
            Some(Ok(issue)) => call.either(&[issue], || format!("✓ Claimed issue: {id}\n")),
            Some(Err(why)) => call.refusal(lost(call, &id, &why)),
            None => call.error(&call.missing(&id)),
        }
    })
}

/// facts §3.1 has the command; that only the assignee may, and only while there is a lease, is from hearsay, see the README.
pub(crate) fn heartbeat(call: &Call) -> Reply {
    let id = call.args.word(0);
    call.change(|state| {
        let Some(issue) = state.find_mut(id) else {
            return call.error(&format!("resolving ID {id}: {}", call.missing(id)));
        };
        if issue.assignee != call.actor {
            return Reply::failed(format!(
                "Error: heartbeat {id}: not claimed by {}\n",
                call.actor
            ));
        }
        if issue.lease_expires_at.is_none() {
            return Reply::failed(format!("Error: heartbeat {id}: the claim has no lease\n"));
        }
        renew(issue);
        call.either(&[render::plain(issue, &call.quirks)], || {
            format!("✓ Heartbeat: {id}\n")
        })
    })
}

/// `lease disarm [ID…]`, facts §3.1: for orchestrators that know by themselves who lives. Without ids all claims lose theirs.
pub(crate) fn lease(call: &Call) -> Reply {
    if call.args.word(0) != "disarm" {
        return Reply::text(
            "Manage leases\n\nUsage:\n  bd lease [command]\n\nAvailable Commands:\n  disarm\n",
        );
    }
    let ids = &call.args.words[1..];
    call.change(|state| {
        let mut disarmed = Vec::new();
        let meant = |issue: &&mut Issue| {
            issue.lease_expires_at.is_some() && (ids.is_empty() || ids.contains(&issue.id))
        };
        for issue in state.issues.iter_mut().filter(meant) {
            issue.drop_lease();
            disarmed.push(issue.id.clone());
        }
        call.either(&json!({ "disarmed": disarmed }), || {
            format!("✓ Disarmed {} leases\n", disarmed.len())
        })
    })
}
