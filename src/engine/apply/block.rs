//! Records the progress of a parallel block.
use super::elapsed::passed_ms;
use crate::engine::state::{Phase, State};
use crate::model::{BranchReport, Cursor, Ending, Limit, NodeId, Usage};
use jiff::Timestamp;

impl State {
    pub(super) fn block_started(&mut self, cursor: Cursor, at: Timestamp) {
        let current = &mut self.current;
        current.cursor = cursor;
        current.iteration_started = Some(at);
        current.drain = None;
        // Branches that reached their goal stay done; the others continue.
        for report in current.branches.values_mut() {
            let done = |ending: &Ending| matches!(ending, Ending::Completed { .. });
            report.ending = report.ending.take().filter(done);
        }
        current.held_since = None;
        self.phase = Phase::Parallel;
        self.note_held_branches(at);
    }

    /// Replaces a branch's report, and adds what it used since the last one.
    pub(super) fn branch_reported(
        &mut self,
        branch: &NodeId,
        report: &BranchReport,
        at: Timestamp,
    ) {
        let known = self.current.branches.insert(branch.clone(), report.clone());
        let (iterations, usage) = known.map_or((0, Usage::default()), |known| {
            (known.iterations, known.usage)
        });
        self.session.iterations += report.iterations.saturating_sub(iterations);
        self.session.usage += report.usage.since(usage);
        self.session.spending.began_on(report.account);
        self.note_held_branches(at);
    }

    /// Records whether every branch that has not ended waits for you.
    pub(super) fn note_held_branches(&mut self, at: Timestamp) {
        self.count_branch_time(at);
        let since = self.current.held_since.unwrap_or(at);
        self.current.held_since = self.every_branch_asks().then_some(since);
    }

    /// Counts the time since every branch waits for you, or since it was counted last, as time in which the session did
    /// not run. Returns whether they wait.
    pub(super) fn count_branch_time(&mut self, at: Timestamp) -> bool {
        let Some(since) = &mut self.current.held_since else {
            return false;
        };
        let waited = passed_ms(since, at);
        self.session.unattended_ms = self.session.unattended_ms.saturating_add(waited);
        true
    }

    pub(super) fn block_draining(&mut self, limit: &Limit) {
        self.current.drain = Some(limit.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        Event, GivenAnswer, Next, NodeEnding, Permission, Permit, ProcessId, Question, QuestionId,
        Subject,
    };
    use jiff::SignedDuration;
    use std::collections::BTreeMap;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds)
    }

    fn name(branch: &str) -> NodeId {
        branch.parse().unwrap()
    }

    fn question() -> Question {
        let cursor = Cursor::before(0).next_iteration();
        let subject = Subject::Permission { cursor };
        Question {
            id: QuestionId(1),
            asked_at: at(0),
            by: subject.asker(),
            subject,
            text: String::new(),
            choices: Vec::new(),
            what_happens: BTreeMap::new(),
            permission: Some(Permission {
                request: "r".to_owned(),
                tool: "Bash".to_owned(),
                call: "make".to_owned(),
                same: "make".to_owned(),
                why: String::new(),
            }),
            until: None,
            remind_s: 0,
        }
    }

    fn runner_started() -> Event {
        Event::RunnerStarted {
            runner: ProcessId {
                pid: 1,
                start_ticks: 1,
                boot_id: String::new(),
                host: String::new(),
                namespace: None,
            },
            version: String::new(),
            slice: None,
        }
    }

    /// Two branches that have begun.
    fn block() -> State {
        let mut state = State::default();
        let started = Event::SessionStarted {
            session: "s".parse().unwrap(),
            run: "r".parse().unwrap(),
            plan: String::new(),
        };
        let cursor = Cursor::before(0).next_iteration();
        state.apply(&started, at(0));
        state.apply(&runner_started(), at(0));
        state.apply(&Event::BlockStarted { cursor }, at(0));
        for branch in ["one", "two"] {
            report(&mut state, branch, (None, None), 0);
        }
        state
    }

    fn report(
        state: &mut State,
        branch: &str,
        (question, ending): (Option<Question>, Option<Ending>),
        seconds: i64,
    ) {
        let report = BranchReport {
            seq: 1,
            iterations: 0,
            usage: Usage::default(),
            question,
            ending,
            account: None,
            billing: None,
        };
        let event = Event::BranchReported {
            step: 0,
            branch: name(branch),
            report,
        };
        state.apply(&event, at(seconds));
    }

    fn answer(state: &mut State, branch: &str, permit: Permit, seconds: i64) {
        let answer = GivenAnswer {
            id: QuestionId(1),
            text: String::new(),
            next: Next::Go,
            permit: Some(permit),
            by: "you".to_owned(),
            given_at: at(seconds),
        };
        let branch = Some(name(branch));
        state.apply(&Event::QuestionAnswered { branch, answer }, at(seconds));
    }

    #[test]
    fn the_runtime_clock_stands_still_only_while_every_branch_waits_for_you() {
        let mut state = block();
        let ran = |state: &State, seconds| state.ran(at(seconds)).as_secs();
        report(&mut state, "one", (Some(question()), None), 10);
        assert_eq!(ran(&state, 30), 30, "the other one works");
        let reason = NodeEnding::AllIterations { iterations: 1 };
        let done = Some(Ending::Completed { reason });
        report(&mut state, "two", (None, done), 30);
        assert_eq!(ran(&state, 100), 30);
        state.apply(&runner_started(), at(60));
        assert_eq!(ran(&state, 100), 30, "nor does a restart count it twice");
        answer(&mut state, "one", Permit::Once, 100);
        assert_eq!(ran(&state, 110), 40);
    }

    #[test]
    fn what_a_branch_is_allowed_for_the_session_is_an_order_for_all() {
        let mut state = block();
        report(&mut state, "one", (Some(question()), None), 1);
        answer(&mut state, "one", Permit::Once, 2);
        assert!(state.orders().allowed.is_empty());
        report(&mut state, "two", (Some(question()), None), 3);
        answer(&mut state, "two", Permit::Session, 4);
        let allowed = question().permission.unwrap().as_allowed();
        assert!(state.orders().allowed.contains(&allowed));
    }
}
