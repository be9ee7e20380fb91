//! What a session does now, and what comes next, in one line.
use crate::engine::Phase;
use crate::model::{SessionStatus, WaitReason};
use crate::store::session::Snapshot;
use crate::text;
use crate::ui::{self, duration, report, time};
use jiff::Timestamp;

/// Describes what the session does now.
pub(super) fn activity(snapshot: &Snapshot, status: SessionStatus, now: Timestamp) -> String {
    match (&snapshot.state.phase, status) {
        (Phase::Ended { ending }, _) => report::ending(ending),
        (_, SessionStatus::Crashed) => "nothing: its runner is gone".to_owned(),
        (_, SessionStatus::Asking) => asking(snapshot, now),
        (_, SessionStatus::Paused) => {
            format!(
                "paused; `ap continue {}` continues it",
                snapshot.plan.session
            )
        }
        (Phase::Parallel, _) => branches(snapshot) + then(snapshot),
        (Phase::Running { .. }, _) => agent(snapshot, now) + then(snapshot),
        (Phase::Waiting { reason, until, .. }, _) => {
            let left = duration::short(until.duration_since(now));
            let gives_up = reason.gives_up_at().map_or_else(String::new, |at| {
                format!("; the session gives up at {}", time::local(at, now))
            });
            let next = if snapshot.state.session.pausing {
                "then paused".to_owned()
            } else {
                next_try(snapshot, reason)
            };
            format!(
                "waiting until {} ({left} left) for: {reason}; {next}{gives_up}",
                time::local(*until, now)
            )
        }
        (Phase::New | Phase::Ready | Phase::Exited { .. }, _) => {
            hook(snapshot).unwrap_or_else(|| "between iterations".to_owned())
        }
    }
}

/// Describes the hook that runs, if one does.
fn hook(snapshot: &Snapshot) -> Option<String> {
    let (run, _) = snapshot.state.session.hooks.running?;
    let hook = snapshot.plan.hook(run.hook)?;
    let name = text::clean(hook.name());
    Some(format!("running hook `{name}` of {}", run.moment.event))
}

/// Describes what you are asked.
fn asking(snapshot: &Snapshot, now: Timestamp) -> String {
    let state = &snapshot.state;
    state.first_question().map_or_else(String::new, |question| {
        format!(
            "asks you, and {}: {}; `ap questions` shows how to answer",
            ui::question::deadline(question, now),
            text::clean(&question.text)
        )
    })
}

/// Returns what is tried when the wait is over.
fn next_try(snapshot: &Snapshot, reason: &WaitReason) -> String {
    let next = snapshot.state.current.next_attempt();
    match reason {
        WaitReason::Delay | WaitReason::Retry { .. } => {
            let iteration = next.iteration;
            match next.attempt {
                0 | 1 => format!("then iteration {iteration}"),
                attempt => format!("then attempt {attempt} of iteration {iteration}"),
            }
        }
        WaitReason::RateLimit { .. } | WaitReason::Throttle { .. } => format!(
            "then iteration {} is tried again, or at once with `ap continue`",
            next.iteration
        ),
        WaitReason::Quota { .. } => format!(
            "then iteration {} begins; sooner if more may be used, or at once with `ap continue`",
            next.iteration
        ),
        WaitReason::Outage { .. } => format!(
            "then iteration {} is tried again; sooner when another session is served, or at once with `ap continue`",
            next.iteration
        ),
        WaitReason::Environment { .. } => format!(
            "looked for every minute, then iteration {} is tried again; at once with `ap continue`",
            next.iteration
        ),
        WaitReason::Budget { .. } => "then the next agent starts; a larger `budgets` in config.yaml counts at once with `ap continue`".to_owned(),
        WaitReason::Question { .. } => String::new(),
        WaitReason::BusyQueue { .. } | WaitReason::Queue { .. } => {
            "then the queue is checked again".to_owned()
        }
    }
}

fn then(snapshot: &Snapshot) -> &'static str {
    if snapshot.state.session.pausing {
        ", then paused"
    } else {
        ""
    }
}

fn branches(snapshot: &Snapshot) -> String {
    let Snapshot { plan, state } = snapshot;
    let all = plan
        .block(state.current.cursor.node)
        .map_or(0, |block| block.branches.len());
    format!(
        "{} at work side by side",
        text::count(all.saturating_sub(state.current.ended_branches()), "branch")
    )
}

fn agent(snapshot: &Snapshot, now: Timestamp) -> String {
    let Snapshot { plan, state } = snapshot;
    let since = state
        .current
        .iteration_started
        .map_or_else(String::new, |at| {
            format!(" for {}", duration::short(now.duration_since(at)))
        });
    let has_fallback = state.node(plan).is_some_and(|node| node.agent.has_others());
    let name = if has_fallback {
        text::clean(&state.current.agent)
    } else {
        "agent".to_owned()
    };
    let attempt = match state.current.cursor.attempt {
        0 | 1 => String::new(),
        attempt => format!(", attempt {attempt}"),
    };
    format!("{name} at work{since}{attempt}")
}
