//! What must hold of questions: none is lost or asked twice, no agent runs while one is open, and every answer reaches
//! exactly one agent.
use crate::engine::State;
use crate::model::*;
use proptest::prelude::*;
use std::collections::BTreeSet;

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
}

impl Questions {
    pub(super) fn check(&mut self, state: &State, event: &Event) -> Checked {
        match event {
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
                }
                self.settled.clear();
                Ok(())
            }
            _ => Ok(()),
        }
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
