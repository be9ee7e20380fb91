//! Counts iterations that change nothing: no commit, no changed file, no closed task, and the same report as before.
use super::state::State;
use crate::model::{Cursor, Limit, QueueStatus, Status, WorkTree};
use crate::plan::{Node, Plan};

impl State {
    /// Compares what an iteration left with what the last one left. The first one of a node is never idle.
    pub(super) fn compare_work(
        &mut self,
        cursor: Cursor,
        status: &Status,
        tree: Option<&WorkTree>,
    ) {
        let before = self
            .session
            .history
            .back()
            .filter(|last| last.node == cursor.node);
        let same_report = before.is_some_and(|last| last.status.says_the_same(status));
        let current = &mut self.current;
        let idle = same_report && WorkTree::same(current.tree.as_ref(), tree);
        current.counters.idle = if idle { current.counters.idle + 1 } else { 0 };
        current.tree = tree.cloned();
    }

    /// Compares the number of open tasks with the last one: a closed or an added task is a change.
    pub(super) fn compare_tasks(&mut self, status: &QueueStatus) {
        let Some(left) = status.left() else { return };
        if self.current.tasks_left.replace(left) != Some(left) {
            self.current.counters.idle = 0;
        }
    }
}

/// Whether the idle limit applies. `fixed` nodes are exempt unless the limit was set explicitly.
pub fn idle_limit_applies(plan: &Plan, node: &Node) -> bool {
    let guardrails = &plan.guardrails;
    let limited = guardrails.idle_limit_explicit || !node.termination.is_fixed();
    0 < guardrails.max_idle_iterations && limited
}

/// Returns the idle limit if the node's agents have reached it. Agents that are about to agree that nothing is left to
/// do need not change anything.
pub(super) fn idle_limit(plan: &Plan, state: &State, node: &Node) -> Option<Limit> {
    let max = plan.guardrails.max_idle_iterations;
    let reached = idle_limit_applies(plan, node)
        && max <= state.current.counters.idle
        && !state.current.in_iteration();
    (reached && !node.termination.is_agreeing(&state.evidence(node))).then_some(Limit::Idle { max })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Event, FinishedAttempt, Outcome};

    /// Ends an iteration of a node and returns how many in a row have changed nothing.
    fn after(
        state: &mut State,
        node: u32,
        iteration: u32,
        report: &str,
        tree: Option<(&str, Option<&str>)>,
    ) -> u32 {
        let cursor = Cursor {
            node,
            iteration,
            attempt: 1,
        };
        let status = Status::parse(report).unwrap();
        let own = |text: &str| text.to_owned();
        let tree = tree.map(|(commit, changes)| WorkTree {
            commit: Some(own(commit)),
            changes: changes.map(own),
            ..WorkTree::default()
        });
        state.apply(
            &Event::AgentExited(FinishedAttempt {
                tree,
                ..FinishedAttempt::new(cursor, Outcome::Reported { status })
            }),
            jiff::Timestamp::UNIX_EPOCH,
        );
        state.current.counters.idle
    }

    const SAME: &str = r#"{"decision":"continue","summary":"looked"}"#;

    #[test]
    fn only_what_can_be_seen_to_be_the_same_is_idle() {
        let mut state = State::default();
        let clean = Some(("c1", Some("")));
        assert_eq!(
            after(&mut state, 0, 1, SAME, clean),
            0,
            "nothing to compare with"
        );
        assert_eq!(after(&mut state, 0, 2, SAME, clean), 1);
        // A reason is words about the same thing.
        assert_eq!(
            after(
                &mut state,
                0,
                3,
                r#"{"decision":"continue","summary":"looked","reason":"again"}"#,
                clean
            ),
            2
        );
        assert_eq!(
            after(
                &mut state,
                0,
                4,
                r#"{"decision":"stop","summary":"looked"}"#,
                clean
            ),
            0,
            "another decision"
        );
        assert_eq!(after(&mut state, 0, 5, SAME, clean), 0);
        assert_eq!(
            after(&mut state, 0, 6, SAME, Some(("c2", Some("")))),
            0,
            "a commit"
        );
        assert_eq!(
            after(&mut state, 0, 7, SAME, Some(("c2", Some("f")))),
            0,
            "a file"
        );
        assert_eq!(after(&mut state, 0, 8, SAME, Some(("c2", Some("f")))), 1);
        assert_eq!(
            after(&mut state, 0, 9, SAME, Some(("c2", None))),
            0,
            "git did not say"
        );
        assert_eq!(
            after(&mut state, 0, 10, SAME, Some(("c2", None))),
            0,
            "nor this time"
        );
        assert_eq!(after(&mut state, 0, 11, SAME, None), 0);
        assert_eq!(
            after(&mut state, 0, 12, SAME, None),
            1,
            "no repository: reports alone tell"
        );
        assert_eq!(after(&mut state, 1, 1, SAME, None), 0, "another node");
    }

    #[test]
    fn a_task_more_or_less_is_progress() {
        let mut state = State::default();
        let left = |state: &mut State, left: u32| {
            let status = QueueStatus::Stalled {
                blocked: Vec::new(),
                left,
            };
            state.apply(
                &Event::QueueChecked {
                    status,
                    released: Vec::new(),
                    parked: Vec::new(),
                },
                jiff::Timestamp::UNIX_EPOCH,
            );
            state.current.counters.idle
        };
        left(&mut state, 3);
        after(&mut state, 0, 1, SAME, None);
        assert_eq!(
            (after(&mut state, 0, 2, SAME, None), left(&mut state, 3)),
            (1, 1),
            "as many as before"
        );
        assert_eq!(
            (after(&mut state, 0, 3, SAME, None), left(&mut state, 2)),
            (2, 0),
            "one was closed"
        );
    }
}
