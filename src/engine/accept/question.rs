//! Answers to questions.
use crate::engine::apply::OUT_OF_TIME;
use crate::engine::state::{Phase, State};
use crate::model::{
    Answer, Asker, Event, GivenAnswer, Next, NodeId, Permit, Question, Reply, Subject,
};
use jiff::Timestamp;

/// Returns the answer to the open question of the session, or of a branch.
pub(super) fn answered(state: &State, answer: &Answer) -> Option<Event> {
    if matches!(state.phase, Phase::New | Phase::Ended { .. }) {
        return None;
    }
    let is_meant = |(branch, question): &(Option<&NodeId>, &Question)| {
        *branch == answer.branch.as_ref() && question.id == answer.id
    };
    let (_, question) = state.open_questions().find(is_meant)?;
    let resolved = question.resolve(&answer.reply).ok()?;
    Some(Event::QuestionAnswered {
        branch: answer.branch.clone(),
        answer: GivenAnswer {
            id: answer.id,
            text: resolved.text,
            next: resolved.next,
            permit: resolved.permit,
            by: answer.by.clone(),
            given_at: answer.given_at,
        },
    })
}

/// Answers the open question as its definition says, once its time is up.
pub(super) fn out_of_time(state: &State, now: Timestamp) -> Option<Event> {
    let question = state.session.question.as_ref()?;
    let deadline = question.until.filter(|deadline| deadline.at <= now)?;
    Some(Event::QuestionAnswered {
        branch: None,
        answer: GivenAnswer {
            id: question.id,
            text: OUT_OF_TIME.to_owned(),
            // The node that would be skipped is another one.
            next: match (question.subject, deadline.next) {
                (Subject::AfterStep { .. }, Next::Skip) => Next::Stop,
                (_, next) => next,
            },
            permit: question.is_permission().then_some(Permit::Denied),
            by: "its time limit".to_owned(),
            given_at: now,
        },
    })
}

/// Accepts what a session asks, as `ap continue` does.
pub(super) fn approved(state: &State, now: Timestamp) -> Option<Event> {
    let question = state.session.question.as_ref();
    // An agent that asks wants an answer.
    let question = question.filter(|question| question.by != Asker::Agent)?;
    answered(
        state,
        &Answer {
            id: question.id,
            branch: None,
            reply: Reply::Approve(String::new()),
            by: "ap continue".to_owned(),
            given_at: now,
        },
    )
}
