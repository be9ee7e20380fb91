//! What must hold of what is said to agents at work, and of the permissions they ask for: every text reaches an agent,
//! every request is decided at most once, and only a running agent waits.
use crate::engine::State;
use crate::model::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

type Checked = Result<(), TestCaseError>;

/// Checks the facts about what is said before they are applied.
#[derive(Default)]
pub(super) struct Talk {
    /// The texts that no finished agent began with, and whether the current one did.
    said: BTreeMap<String, bool>,
    told: BTreeSet<String>,
    /// The requests of the agent at work that were decided.
    decided: BTreeSet<String>,
    /// The request about which you are asked.
    asked: Option<String>,
}

impl Talk {
    pub(super) fn check(&mut self, state: &State, event: &Event) -> Checked {
        match event {
            Event::UserSaid(said) => {
                let is_new = self.said.insert(said.id.clone(), false).is_none();
                prop_assert!(is_new && !self.told.contains(&said.id), "said twice");
            }
            Event::AgentTold { id, .. } => {
                prop_assert!(state.phase.is_running(), "told an agent that is gone");
                prop_assert!(self.told.insert(id.clone()), "told twice");
            }
            Event::IterationStarted { .. } => {
                prop_assert!(self.asked.is_none(), "asked by an agent that is gone");
                prop_assert!(
                    state.permission_question().is_none(),
                    "a permission of an agent that is gone is still asked for"
                );
                self.decided.clear();
                self.said.values_mut().for_each(|begun| *begun = true);
            }
            Event::AgentExited(attempt) => {
                self.asked = None;
                if attempt.outcome.ends_iteration() {
                    let kept = state.session.said.iter();
                    let kept: BTreeMap<String, bool> = kept
                        .map(|text| (text.said.id.clone(), text.in_context))
                        .collect();
                    prop_assert_eq!(&kept, &self.said, "a text was lost");
                    self.said.retain(|_, begun| !*begun);
                }
            }
            Event::QuestionAsked { question } if question.is_permission() => {
                prop_assert!(state.phase.is_running(), "an agent that is gone asks");
                let permission = question.permission.as_ref();
                self.asked = permission.map(|it| it.request.clone());
                let is_decided = self
                    .asked
                    .as_ref()
                    .is_some_and(|it| self.decided.contains(it));
                prop_assert!(!is_decided, "asked for what is decided");
            }
            Event::QuestionWithdrawn { .. } => self.asked = None,
            Event::QuestionAnswered { answer, .. } if answer.permit.is_some() => {
                let request = self.asked.take();
                let question = state.permission_question();
                let subject = question.map(|question| question.subject);
                if let (Some(Subject::Permission { .. }), Some(request)) = (subject, request) {
                    prop_assert!(self.decided.insert(request), "decided twice");
                }
            }
            Event::PermissionDecided { decision, .. } => {
                let is_new = self.decided.insert(decision.request.clone());
                prop_assert!(is_new, "decided twice");
            }
            _ => {}
        }
        Ok(())
    }
}
