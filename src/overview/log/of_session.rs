//! Events of the log from the journal of a session.
use super::event::LogEvent;
use crate::model::{
    Ending, Event, FinishedAttempt, GateVerdict, Outcome, QueueStatus, QuotaDecision, WaitReason,
    WindowReading, repaired, touched_files,
};
use crate::text::clean;

/// Returns the event of a fact of a session.
pub(super) fn of_session(event: &Event) -> LogEvent {
    match event {
        Event::SessionStarted { .. } => LogEvent::SessionStarted {},
        Event::RunnerStarted { runner, slice, .. } => LogEvent::RunnerStarted {
            pid: runner.pid,
            slice: *slice,
        },
        Event::RunnerParked { until, why } => LogEvent::RunnerParked {
            reason: clean(why),
            until: *until,
        },
        Event::YieldRequested => LogEvent::YieldRequested {},
        Event::SessionResumed { max_iterations, .. } => LogEvent::SessionResumed {
            max_iterations: *max_iterations,
        },
        Event::PlanReplaced { .. } => LogEvent::PlanReplaced {},
        Event::SessionForked { from } => LogEvent::SessionForked {
            from_session: from.session.to_string(),
            iteration: from.iteration,
        },
        Event::IterationStarted { cursor, agent, .. } => LogEvent::IterationStarted {
            iteration: cursor.iteration,
            attempt: cursor.attempt,
            step: cursor.node,
            agent: agent.clone(),
        },
        Event::AgentStarted { cursor, shim, .. } => LogEvent::AgentStarted {
            iteration: cursor.iteration,
            attempt: cursor.attempt,
            step: cursor.node,
            pid: shim.pid,
        },
        Event::AgentExited(attempt) => agent_exited(attempt),
        Event::AgentBlocked { cursor, reason } => LogEvent::AgentBlocked {
            reason: clean(reason),
            iteration: cursor.iteration,
            attempt: cursor.attempt,
            step: cursor.node,
        },
        Event::BudgetReached { cursor, limit } => LogEvent::BudgetReached {
            reason: clean(&limit.to_string()),
            iteration: cursor.iteration,
        },
        Event::AccountChanged { account } => LogEvent::AccountChanged {
            account: account.as_str(),
        },
        Event::AccountAccepted => LogEvent::AccountAccepted {},
        Event::BudgetHeld { reason, until } => LogEvent::BudgetHeld {
            reason: clean(reason),
            until: *until,
        },
        Event::CostDoubted(doubt) => LogEvent::CostDoubted {
            reason: clean(&doubt.to_string()),
        },
        Event::BlockStarted { cursor } => LogEvent::BlockStarted {
            step: cursor.node,
            attempt: cursor.attempt,
        },
        Event::BranchReported {
            step,
            branch,
            report,
        } => LogEvent::BranchReported {
            reason: report.ending.as_ref().map_or_else(String::new, ending),
            branch: branch.to_string(),
            step: *step,
            iterations: report.iterations,
            cost_usd: report.usage.cost_usd,
        },
        Event::BlockDraining { limit } => LogEvent::BlockDraining {
            reason: clean(&limit.to_string()),
        },
        Event::GateAnswered {
            name,
            verdict,
            answer,
            usage,
            ..
        } => LogEvent::GateAnswered {
            verdict: verdict_name(verdict),
            reason: clean(verdict.reason()),
            gate: name.clone(),
            passed: answer.as_ref().map(|it| it.passed),
            score: answer.as_ref().and_then(|it| it.score),
            complete: answer.as_ref().and_then(|it| it.complete),
            cost_usd: usage.cost_usd,
        },
        Event::GateAccepted { files, by } => LogEvent::GateAccepted {
            files: files.iter().map(|file| file.path.clone()).collect(),
            by: clean(by),
        },
        Event::PhaseFinished { phase } => LogEvent::PhaseFinished {
            phase: clean(&phase.name),
        },
        Event::ProjectImported(_) => LogEvent::ProjectImported {},
        Event::QueueChecked {
            status,
            released,
            parked,
        } => queue_checked(status, released, parked),
        Event::TaskClaimed { cursor, task } => LogEvent::TaskClaimed {
            task: task.id.clone(),
            title: clean(&task.title),
            iteration: cursor.iteration,
        },
        Event::JournalRepaired {
            bytes, restored, ..
        } => LogEvent::JournalRepaired {
            reason: repaired(*bytes, *restored),
        },
        Event::FilesTouched { files, .. } => LogEvent::FilesTouched {
            reason: touched_files(files),
        },
        Event::QuotaRead {
            agent,
            windows,
            decision,
            ..
        } => quota_read(agent, windows, decision),
        Event::QuotaWarned {
            window,
            used,
            percent,
            resets_at,
        } => LogEvent::QuotaWarned {
            window: window.to_string(),
            used: used.fraction(),
            percent: *percent,
            resets_at: *resets_at,
        },
        Event::QuestionAsked { question } => LogEvent::QuestionAsked {
            question: question.id.to_string(),
            text: clean(&question.text),
            choices: question.choices.clone(),
        },
        Event::QuestionAnswered { answer, .. } => LogEvent::QuestionAnswered {
            question: answer.id.to_string(),
            answer: clean(&answer.text),
            by: clean(&answer.by),
        },
        Event::QuestionWithdrawn { id } => LogEvent::QuestionWithdrawn {
            question: id.to_string(),
        },
        Event::PermissionDecided {
            permission,
            decision,
            ..
        } => LogEvent::PermissionDecided {
            reason: clean(&decision.reason),
            tool: permission.tool.clone(),
            call: clean(&permission.call),
        },
        Event::UserSaid(said) => LogEvent::UserSaid {
            text: clean(&said.text),
            by: clean(&said.by),
        },
        Event::AgentTold {
            cursor, text, by, ..
        } => LogEvent::AgentTold {
            text: clean(text),
            by: clean(by),
            iteration: cursor.iteration,
        },
        Event::HookStarted(run) => LogEvent::HookStarted {
            hook: run.hook,
            event: run.moment.event.to_string(),
            attempt: run.tries,
        },
        Event::HookEnded { run, exit, .. } => LogEvent::HookEnded {
            reason: clean(&exit.reason),
            code: exit.code,
            hook: run.hook,
            event: run.moment.event.to_string(),
            attempt: run.tries,
        },
        Event::WaitStarted { reason, until } => LogEvent::WaitStarted {
            wait: wait_name(reason),
            reason: clean(&reason.to_string()),
            until: *until,
        },
        Event::WaitEnded => LogEvent::WaitEnded {},
        Event::PauseRequested { .. } => LogEvent::PauseRequested {},
        Event::ContinueRequested => LogEvent::ContinueRequested {},
        Event::StopRequested(stop) => LogEvent::StopRequested {
            by: clean(&stop.how),
        },
        Event::NodeFinished {
            node,
            id,
            ending: reason,
        } => LogEvent::NodeFinished {
            reason: clean(&reason.to_string()),
            node: id.to_string(),
            step: *node,
            reached_goal: reason.reached_goal(),
        },
        Event::SessionFinished { ending: how } => LogEvent::SessionFinished {
            status: how.status().as_str(),
            reason: ending(how),
        },
    }
}

fn ending(how: &Ending) -> String {
    match how {
        Ending::Completed { reason } => clean(&reason.to_string()),
        Ending::Failed { .. }
        | Ending::LimitReached { .. }
        | Ending::Stopped { .. }
        | Ending::Interrupted { .. } => how.shortfall().unwrap_or_default(),
    }
}

fn agent_exited(attempt: &FinishedAttempt) -> LogEvent {
    let FinishedAttempt {
        cursor,
        outcome,
        usage,
        effect,
        ..
    } = attempt;
    let status = match outcome {
        Outcome::Reported { status } => Some(status),
        _ => None,
    };
    let reason = match outcome {
        // What the agent says of itself.
        Outcome::Reported { status } => status.reason.clone(),
        other => other.to_string(),
    };
    LogEvent::AgentExited {
        outcome: outcome_name(outcome),
        reason: clean(&reason),
        class: attempt.class,
        decision: status.map(|it| it.decision),
        summary: status.map_or_else(String::new, |it| clean(&it.summary)),
        ends_iteration: outcome.ends_iteration(),
        iteration: cursor.iteration,
        attempt: cursor.attempt,
        step: cursor.node,
        cost_usd: usage.cost_usd,
        input_tokens: usage.input_tokens,
        output_tokens: usage.output_tokens,
        turns: usage.turns,
        tasks_closed: effect.as_ref().and_then(|it| it.tasks_closed),
        commits: effect.as_ref().and_then(|it| it.commits),
        files: effect.as_ref().and_then(|it| it.files),
    }
}

fn outcome_name(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Reported { .. } => "reported",
        Outcome::Unreported { .. } => "unreported",
        Outcome::Crashed { .. } => "crashed",
        Outcome::Refused { .. } => "refused",
        Outcome::TimedOut { .. } => "timed_out",
        Outcome::RateLimited { .. } => "rate_limited",
        Outcome::Throttled { .. } => "throttled",
        Outcome::Outage { .. } => "outage",
        Outcome::Environment { .. } => "environment",
        Outcome::BudgetExhausted { .. } => "budget_exhausted",
        Outcome::Lost { .. } => "lost",
        Outcome::Cancelled => "cancelled",
    }
}

fn verdict_name(verdict: &GateVerdict) -> &'static str {
    match verdict {
        GateVerdict::Stop { .. } => "stop",
        GateVerdict::Continue { .. } => "continue",
        GateVerdict::InProgress { .. } => "in_progress",
        GateVerdict::Broken { .. } => "broken",
        GateVerdict::Unavailable { .. } => "unavailable",
    }
}

fn wait_name(reason: &WaitReason) -> &'static str {
    match reason {
        WaitReason::Delay => "delay",
        WaitReason::Retry { .. } => "retry",
        WaitReason::RateLimit { .. } => "rate_limit",
        WaitReason::Throttle { .. } => "throttle",
        WaitReason::Outage { .. } => "outage",
        WaitReason::Environment { .. } => "environment",
        WaitReason::Quota { .. } => "quota",
        WaitReason::Budget { .. } => "budget",
        WaitReason::BusyQueue { .. } => "busy_queue",
        WaitReason::Question { .. } => "question",
        WaitReason::Queue { .. } => "queue",
    }
}

fn queue_checked(status: &QueueStatus, released: &[String], parked: &[String]) -> LogEvent {
    let (name, reason, closed) = match status {
        QueueStatus::Done { closed } => ("done", String::new(), Some(*closed)),
        QueueStatus::Work { .. } => ("work", String::new(), None),
        QueueStatus::Wait { by, .. } => ("wait", by.join(", "), None),
        QueueStatus::ReleaseStale { ids } => ("release_stale", ids.join(", "), None),
        QueueStatus::Stalled { blocked, .. } => ("stalled", blocked.join(", "), None),
        QueueStatus::NoItems { looked_for, .. } => ("no_items", looked_for.clone(), None),
        QueueStatus::Busy { error } => ("busy", error.clone(), None),
        QueueStatus::Unknown { error } => ("unknown", error.clone(), None),
    };
    LogEvent::QueueChecked {
        status: name,
        reason: clean(&reason),
        open: status.left(),
        closed,
        released: released.to_vec(),
        parked: parked.to_vec(),
    }
}

fn quota_read(agent: &str, windows: &[WindowReading], decision: &QuotaDecision) -> LogEvent {
    let used = windows.iter().filter_map(|reading| {
        let share = reading.used?;
        Some((reading.window.to_string(), share.fraction()))
    });
    let (decision, reason, until) = match decision {
        QuotaDecision::Go => ("go", String::new(), None),
        QuotaDecision::Hold { until, reason } => ("hold", clean(reason), Some(*until)),
    };
    LogEvent::QuotaRead {
        decision,
        reason,
        until,
        agent: agent.to_owned(),
        used: used.collect(),
    }
}
