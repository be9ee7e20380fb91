//! The names that cc-autopipe gave its events.

/// An event of cc-autopipe, as today's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OldName {
    pub old: &'static str,
    /// The kinds that say it today; empty, if nothing does.
    pub kinds: &'static [&'static str],
}

const fn is(old: &'static str, kinds: &'static [&'static str]) -> OldName {
    OldName { old, kinds }
}

const NAMES: &[OldName] = &[
    is("cycle_start", &["iteration_started"]),
    is("cycle_end", &["agent_exited"]),
    is("hook_session_start", &["agent_started"]),
    is("cycle_in_progress", &["gate_answered"]),
    is("verify", &["gate_answered"]),
    is("verify_passed", &["gate_answered"]),
    is("verify_failed", &["gate_answered"]),
    is("verify_missing", &["gate_answered"]),
    is("verify_malformed", &["gate_answered"]),
    is("stop_failure", &["agent_exited"]),
    is("stop_failure_unknown", &["agent_exited"]),
    is(
        "paused",
        &[
            "wait_started",
            "status_changed",
            "fleet_paused",
            "pause_requested",
        ],
    ),
    is("resumed_from_pause", &["wait_ended", "status_changed"]),
    is(
        "resume",
        &["status_changed", "session_resumed", "continue_requested"],
    ),
    is(
        "blocked",
        &["agent_blocked", "status_changed", "question_asked"],
    ),
    is("task_started", &["task_claimed"]),
    is("task_switched", &["task_claimed"]),
    is("stage_completed", &["node_finished"]),
    is("task_verdict", &["gate_answered"]),
    is("phase_transition", &["phase_finished", "node_finished"]),
    is("done", &["session_finished", "status_changed"]),
    is("failed", &["session_finished", "status_changed"]),
    is("prd_complete", &["queue_checked", "session_finished"]),
    is("escalated_to_opus", &["iteration_started"]),
    is("escalation_skipped", &["iteration_started"]),
    is("escalation_reverted", &["iteration_started"]),
    is("meta_reflect_triggered", &["iteration_started"]),
    is("detach_resumed", &["wait_ended", "status_changed"]),
    is("detach_check_failed", &["wait_started"]),
    is("detached_timeout", &["question_asked"]),
    is("detach_corrupt_recovery", &["journal_repaired"]),
    is("detach_pipeline_stale", &["wait_started"]),
    is("network_probe_failed", &["wait_started"]),
    is("network_probe_recovered", &["wait_ended"]),
    is("network_probe_giving_up", &["session_finished"]),
    is("claude_invocation_transient", &["agent_exited"]),
    is("claude_invocation_retry_exhausted", &["session_finished"]),
    is("subprocess_alerted", &["notification_sent"]),
    is("stuck_warning", &["agent_exited"]),
    is("stuck_failed", &["agent_exited"]),
    is("auto_recovery_attempted", &["status_changed"]),
    is("auto_recovery_skipped", &["status_changed"]),
    is("phase_done_to_active", &["status_changed"]),
    is("phase_done_resume_skipped", &["status_changed"]),
    is("disk_cleanup", &["room_requested", "room_made"]),
];

/// Returns what says today what an event of cc-autopipe said.
pub fn old_name(name: &str) -> Option<&'static OldName> {
    NAMES.iter().find(|it| it.old == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::overview::log::EVENT_KINDS;

    #[test]
    fn old_names_stand_for_kinds_that_there_are_and_are_none_themselves() {
        let is_kind = |name: &str| EVENT_KINDS.iter().any(|(kind, _)| *kind == name);
        for name in NAMES {
            assert!(!is_kind(name.old), "{}", name.old);
            assert!(name.kinds.iter().all(|kind| is_kind(kind)), "{}", name.old);
        }
        assert_eq!(
            old_name("cycle_start").unwrap().kinds,
            ["iteration_started"]
        );
        assert_eq!(old_name("cycle_starts"), None);
    }
}
