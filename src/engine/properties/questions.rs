//! What must hold of questions: none is lost or asked twice, no agent runs while one is open, and every answer reaches
//! exactly one agent.
use crate::engine::State;
use crate::model::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

type Checked = Result<(), TestCaseError>;

/// Checks the facts about questions before they are applied.
#[derive(Default)]
pub(super) struct Questions {
    open: Option<Question>,
    /// What agents asked and the session has not asked you yet.
    unasked: BTreeSet<Cursor>,
    /// What was confirmed: an answer other than a rejection settles it.
    settled: Vec<Subject>,
    asked: u32,
    /// Answers to agents that no agent has had.
    answers: BTreeSet<QuestionId>,
    /// What the branches of the current block asked last, and whether that is answered.
    branches: BTreeMap<NodeId, (QuestionId, bool)>,
}

impl Questions {
    pub(super) fn check(&mut self, state: &State, event: &Event) -> Checked {
        self.check_branches(state)?;
        match event {
            Event::AgentBlocked { cursor, .. } => {
                prop_assert_eq!(*cursor, state.current.cursor, "asked for another attempt");
                self.unasked.insert(*cursor);
                Ok(())
            }
            Event::BranchReported { branch, report, .. } => {
                self.branch_asks(branch, report);
                Ok(())
            }
            Event::QuestionAnswered {
                branch: Some(branch),
                answer,
            } => self.branch_answered(branch, answer.id),
            Event::AgentExited(attempt) => self.agent_exited(state, attempt),
            Event::QuestionAsked { question } => self.asked(question),
            Event::QuestionAnswered {
                branch: None,
                answer,
            } => self.answered(answer.id, answer.next),
            Event::IterationStarted { .. } | Event::BlockStarted { .. } => {
                prop_assert!(self.open.is_none(), "an agent runs while you are asked");
                prop_assert!(self.unasked.is_empty(), "a question was lost");
                Ok(())
            }
            Event::QuestionWithdrawn { id } => {
                let open = self.open.take();
                let was_open = open.is_some_and(|it| it.id == *id && it.is_permission());
                prop_assert!(was_open, "withdrew what is not asked");
                Ok(())
            }
            // The next agent that would be billed asks again, and so does a hook that fails again.
            Event::SessionFinished { .. } => {
                let is_asked_again = |open: &mut Question| {
                    matches!(open.subject, Subject::Billing | Subject::Hook { .. })
                };
                self.open.take_if(is_asked_again);
                Ok(())
            }
            Event::NodeFinished { .. } => {
                prop_assert!(self.unasked.is_empty(), "a question was lost");
                if !state.current.branches.is_empty() {
                    self.answers.clear();
                    self.branches.clear();
                }
                self.settled.clear();
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Checks that each branch is given the answer to what it asked, until it asks something else.
    fn check_branches(&self, state: &State) -> Checked {
        let given = state.orders().answers;
        for (branch, (id, is_answered)) in &self.branches {
            let has_answer = given.get(branch).is_some_and(|answer| answer.id == *id);
            prop_assert_eq!(has_answer, *is_answered, "{}: {}", branch, id);
        }
        Ok(())
    }

    fn branch_asks(&mut self, branch: &NodeId, report: &BranchReport) {
        if let Some(question) = &report.question {
            let known = self.branches.get(branch).filter(|it| it.0 == question.id);
            let is_answered = known.is_some_and(|it| it.1);
            self.branches
                .insert(branch.clone(), (question.id, is_answered));
        }
    }

    fn branch_answered(&mut self, branch: &NodeId, id: QuestionId) -> Checked {
        let asked = self.branches.get_mut(branch);
        let asked = asked.filter(|(asked, is_answered)| *asked == id && !*is_answered);
        let Some((_, is_answered)) = asked else {
            return Err(TestCaseError::fail("answered what no branch asks"));
        };
        *is_answered = true;
        Ok(())
    }

    fn agent_exited(&mut self, state: &State, attempt: &FinishedAttempt) -> Checked {
        self.open.take_if(|open| open.is_permission());
        if attempt.outcome.ends_iteration() {
            let had: BTreeSet<QuestionId> = state.session.answers.iter().map(|it| it.id).collect();
            prop_assert_eq!(&had, &self.answers, "an answer was lost, or given twice");
            self.answers.clear();
        }
        if let Outcome::Reported { status } = &attempt.outcome
            && status.decision == Decision::Ask
        {
            self.unasked.insert(attempt.cursor);
        }
        Ok(())
    }

    fn asked(&mut self, question: &Question) -> Checked {
        prop_assert!(self.open.is_none(), "two questions at once");
        prop_assert!(self.asked < question.id.0, "an id was used twice");
        self.asked = question.id.0;
        if let Subject::Agent { cursor } = question.subject {
            prop_assert!(self.unasked.remove(&cursor), "asked twice");
        }
        prop_assert!(!self.settled.contains(&question.subject), "confirmed twice");
        self.open = Some(question.clone());
        Ok(())
    }

    fn answered(&mut self, id: QuestionId, next: Next) -> Checked {
        let Some(question) = self.open.take() else {
            return Err(TestCaseError::fail("answered what is not asked"));
        };
        prop_assert_eq!(question.id, id, "answered another question");
        if question.takes_any_text() {
            self.answers.insert(id);
        }
        let is_repeatable = matches!(
            question.subject,
            Subject::BrokenGate
                | Subject::StalledQueue
                | Subject::Billing
                | Subject::Permission { .. }
                | Subject::ManyPermissions { .. }
                | Subject::Hook { .. }
        );
        if next != Next::Stop && !is_repeatable {
            self.settled.push(question.subject);
        }
        Ok(())
    }
}
